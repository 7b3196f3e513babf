"""Every answer other than success, in the shapes of seed 002: fields to lists with 400, ``detail`` elsewhere."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from rest_framework import exceptions

from commonhold.server.credentials.refusals import Refusal

NON_FIELD_ERRORS = "non_field_errors"
_log = logging.getLogger(__name__)


class NotAccepted(exceptions.AuthenticationFailed):
    """Credentials that were sent and are not good: 401 with its reason and, where one fits, a constant (rule 3.2)."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(_(refusal.detail))
        self.refusal = refusal


class Gone(exceptions.APIException):
    """410: a dataset that was removed, shown to those who could have seen it (decision 19)."""

    status_code = 410
    default_detail = gettext_lazy("This dataset was removed.")


class Deleted(exceptions.APIException):
    """410: a submission that was deleted, shown to those who could have seen it."""

    status_code = 410
    default_detail = gettext_lazy("This submission was deleted.")


class Withheld(exceptions.APIException):
    """451 with its Link header (rule 1.13)."""

    status_code = 451
    default_detail = gettext_lazy("Unavailable for legal reasons.")


class BodyTooLarge(exceptions.APIException):
    """413: more than any request here has to say."""

    status_code = 413
    default_detail = gettext_lazy("The request body is too large.")


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer other than success: status, body, headers."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


def problem_of(error: Exception, legal_url: str = "") -> Problem:
    """Return what ``error`` is answered with; whatever is not foreseen is 500, and logged.

    Args:
        error: what was raised.
        legal_url: the page that says why datasets are withheld, for the Link header of a 451.
    """
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        error = BodyTooLarge()
    if isinstance(error, exceptions.APIException):
        return _foreseen(error, legal_url)
    if isinstance(error, DisallowedHost):
        return Problem(400, {NON_FIELD_ERRORS: [_("This site does not answer to that host name.")]})
    if isinstance(error, SuspiciousOperation):
        return Problem(400, {NON_FIELD_ERRORS: [_("Malformed request.")]})
    _log.error("unexpected failure", exc_info=error)
    return Problem(500, {"detail": _("Internal Server Error")})


def _foreseen(error: exceptions.APIException, legal_url: str) -> Problem:
    if isinstance(error, (exceptions.ValidationError, exceptions.ParseError)):
        return Problem(400, invalid(error.detail))
    headers: dict[str, str] = {}
    body: dict[str, Any] = {"detail": str(error.detail)}
    if isinstance(error, NotAccepted) and error.refusal.code:
        body["code"] = error.refusal.code
    if isinstance(error, exceptions.Throttled):
        body["detail"] = throttled(error.wait)
        if error.wait is not None:
            headers["Retry-After"] = str(error.wait)
    if isinstance(error, Withheld) and legal_url:
        headers["Link"] = f'<{legal_url}>; rel="blocked-by"'
    return Problem(error.status_code, body, headers)


def invalid(detail: Any) -> dict[str, Any]:
    """Return the body of a 400: always an object of lists; what belongs to no field stands under its own key."""
    plain = _plain(detail)
    if isinstance(plain, dict):
        return plain
    return {NON_FIELD_ERRORS: plain if isinstance(plain, list) else [plain]}


def throttled(wait: int | None) -> str:
    """Return the sentence of a 429, in the words and the plural of the current language (rule 8.1)."""
    sentence = _("Request was throttled.")
    if wait is None:
        return sentence
    expected = ngettext(
        "Expected available in %(wait)d second.", "Expected available in %(wait)d seconds.", wait
    ) % {"wait": wait}
    return f"{sentence} {expected}"


def _plain(detail: Any) -> Any:
    """Return DRF's nested details with plain strings that can be encoded, whatever was sent and is told back."""
    if isinstance(detail, dict):
        return {str(key): _plain(value) for key, value in detail.items()}
    if isinstance(detail, (list, tuple)):
        return [_plain(value) for value in detail]
    return str(detail).encode(errors="replace").decode()
