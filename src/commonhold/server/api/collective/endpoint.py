"""What every endpoint under ``/api/`` does before and after its own work: identify, count, answer, explain."""

import base64
import binascii
import logging
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.views import APIView

from commonhold.server.api.addresses import base_url
from commonhold.server.api.collective import problems
from commonhold.server.api.collective.problems import Problem
from commonhold.server.credentials import last_use
from commonhold.server.credentials.queries import Caller, caller_with_key
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import ANONYMOUS
from commonhold.server.limits.limiter import Standing, limiter
from commonhold.server.organizations.rules import effective_limits
from commonhold.server.site import read_only
from commonhold.server.site.queries import switches

LARGEST_BODY = 2 * 1024 * 1024

_log = logging.getLogger(__name__)
_encoder = msgspec.json.Encoder()


def answer(body: Any, status: int = 200) -> HttpResponse:
    """Return ``body`` (a struct or plain values) as a JSON response."""
    content = _encoder.encode(body)
    # Without a stated length the server would send it in chunks.
    headers = {"Content-Type": "application/json", "Content-Length": str(len(content))}
    return HttpResponse(content, status=status, headers=headers)


class Endpoint(APIView):
    """An endpoint of the Data Collective API.

    Attributes:
        requires_key: whether a stranger is turned away even where the catalogue is open.
        limited: whether requests count against the request limit.
        caller: who asks, once ``initial`` has run.
    """

    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()
    requires_key = True
    limited = True
    caller: Caller
    standing: Standing | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002  DRF's signature
        """Find out who asks, and count the request against what they may send."""
        try:
            self.caller = identify(request._request)  # noqa: SLF001  the plain request is several times cheaper
        except Problem:
            self._count(_stranger(request))
            raise
        if self.caller.viewer.is_anonymous:
            self._count(_stranger(request))
            if self.requires_key or not switches().open_catalogue:
                raise problems.unauthenticated(
                    "Send an API key as “Authorization: Bearer YOUR_API_KEY”. Keys are made on your profile page."
                )
        else:
            self._count(f"organization:{self.caller.viewer.organization}")

    def _count(self, identity: str) -> None:
        if not self.limited:
            return
        stranger = not hasattr(self, "caller") or self.caller.viewer.is_anonymous
        rate = settings.ENVIRONMENT.request_limit if stranger else self.caller.limits.requests
        self.standing = limiter().hit(identity, rate)
        if self.standing and not self.standing.allowed:
            raise Problem(
                429,
                problems.REQUEST_LIMIT,
                f"Too many requests: {self.standing.limit} are allowed in the current window. "
                f"Try again in {self.standing.retry_after} s.",
                headers={"Retry-After": str(self.standing.retry_after)},
                type="request_limit",
            )

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """Add where the caller stands with its request limit, unless the answer already speaks of another limit."""
        if self.standing and not response.has_header("X-RateLimit-Limit"):
            response["X-RateLimit-Limit"] = str(self.standing.limit)
            response["X-RateLimit-Remaining"] = str(self.standing.remaining)
        finalized: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        return finalized

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:  # noqa: ARG002
        """Answer JSON whatever is asked for: the seed knows nothing else."""
        return self.renderer_classes[0](), "application/json"

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Turn whatever was raised into the seed's shape of an error."""
        if read_only.is_refusal(exc):
            raise exc  # answered where all such refusals are: site.middleware
        problem = exc if isinstance(exc, Problem) else _problem_of(exc)
        if problem is None:
            _log.error("unexpected failure", exc_info=exc)
            problem = Problem(
                500, problems.INTERNAL_ERROR, "This is our fault; it was noted. Please try again later."
            )
        response = answer(problem.body, problem.status)
        for name, value in problem.headers.items():
            response[name] = value
        if problem.status == 405:
            response["Allow"] = ", ".join(self.allowed_methods)
        return response


def identify(request: HttpRequest) -> Caller:
    """Return who sent the request.

    ``Bearer`` and ``Basic`` with the key as the password are both accepted (decision 2); what was sent is always
    checked, even where nothing is required.

    Raises:
        Problem: 401, where credentials were sent and are not good.
    """
    header = request.META.get("HTTP_AUTHORIZATION", "")
    if not header:
        return Caller(ANONYMOUS, effective_limits({}, settings.ENVIRONMENT), "")
    scheme, _, rest = header.partition(" ")
    text = rest.strip() if scheme.lower() == "bearer" else _basic(rest) if scheme.lower() == "basic" else ""
    caller = caller_with_key(text) if text else None
    if caller is None or caller.viewer.credential is None:
        raise problems.unauthenticated(
            "The API key is not valid: it may be mistyped, expired or revoked. Your profile page lists your keys."
        )
    last_use.note(caller.viewer.credential)
    return caller


def object_body(request: Request) -> dict[str, Any]:
    """Return the JSON object that was sent; an empty body is an empty object, whatever its declared type.

    Raises:
        Problem: 400, 413 or 415.
    """
    plain = request._request  # noqa: SLF001  as above
    length = plain.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        raise problems.invalid({"body": "Content-Length must be a number."})
    if int(length) > LARGEST_BODY:
        raise Problem(413, problems.BODY_TOO_LARGE, f"A request body here has at most {LARGEST_BODY} bytes.")
    if int(length) == 0:
        return {}
    kind = plain.content_type.lower()
    if kind != "application/json":
        raise Problem(415, problems.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json.")
    try:
        body = msgspec.json.decode(plain.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise problems.invalid({"body": "Must be valid JSON."}) from None
    if not isinstance(body, dict):
        raise problems.invalid({"body": "Must be a JSON object."})
    return body


def daily_limit(*, limit: int, resets_in: int, resets_at: str, kind: str | None, message: str) -> Problem:
    """Return the 429 of a day that is used up, with the seed's ``limit`` object and the three headers."""
    body: dict[str, Any] = {"limit": {"period": "daily", "remaining": 0, "resetsAt": resets_at}}
    if kind:
        body["type"] = kind
    headers = {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": "0", "Retry-After": str(resets_in)}
    return Problem(429, problems.DAILY_LIMIT, message, headers=headers, **body)


def _basic(encoded: str) -> str:
    try:
        _, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password


def _stranger(request: Request) -> str:
    return f"address:{request._request.META.get('REMOTE_ADDR', '')}"  # noqa: SLF001  as above


def _problem_of(error: Exception) -> Problem | None:
    if isinstance(error, exceptions.MethodNotAllowed):
        return Problem(
            405, problems.METHOD_NOT_ALLOWED, "This address does not know that method; see the Allow header."
        )
    if isinstance(error, exceptions.UnsupportedMediaType):
        return Problem(
            415, problems.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json."
        )
    if isinstance(error, DisallowedHost):
        return problems.invalid({"Host": "Must be a name that this site answers to."})
    if isinstance(error, SuspiciousOperation):
        return problems.invalid({"request": "Must be well formed."})
    return None


class OpenEndpoint(Endpoint):
    """An endpoint that asks nobody who they are and counts no request."""

    limited = False

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Let everybody in."""


class UnknownRoute(Endpoint):
    """Whatever no other route of ``/api/`` answers."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Count by address only: nobody needs to be known to be told that nothing is here."""
        self._count(_stranger(request))
        raise Problem(
            404,
            problems.ROUTE_NOT_FOUND,
            f"No endpoint lies at this address. The list: {_reference(request)}",
        )


def _reference(request: Request) -> str:
    return f"{base_url(request._request)}/api-reference"  # noqa: SLF001  as above


def seconds_until(moment: Any) -> int:
    """Return the whole seconds until ``moment``, at least 1."""
    return max(1, int((moment - clock.now()).total_seconds() + 0.999))
