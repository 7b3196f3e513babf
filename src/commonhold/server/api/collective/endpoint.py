"""What every endpoint under ``/api/`` does before and after its own work: identify, count, answer, explain."""

import base64
import binascii
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from django.conf import settings
from django.core.exceptions import DisallowedHost, SuspiciousOperation
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.views import View

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


class Endpoint(View):
    """An endpoint of the Data Collective API.

    Attributes:
        requires_key: whether a stranger is turned away even where the catalogue is open.
        limited: whether requests count against the request limit.
        caller: who asks, once ``admit`` has run.
    """

    requires_key = True
    limited = True
    caller: Caller
    standing: Standing | None = None
    csrf_exempt = True  # no cookie opens these routes, so nobody can ride on one

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Callable[..., HttpResponse]:
        """Return the endpoint as a view; forms' tokens are no business of it."""
        view = super().as_view(**initkwargs)
        view.csrf_exempt = True
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Admit the caller, call the method's function, and turn what is raised into the seed's shape."""
        try:
            self.admit(request)
            function = getattr(self, (request.method or "").lower(), None)
            if function is None or request.method not in self.allowed:
                raise Problem(
                    405,
                    problems.METHOD_NOT_ALLOWED,
                    "This address has other methods: see Allow.",
                )
            response: HttpResponse = function(request, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  told as a 500 and logged with its trace
            response = self._explained(error)
        if self.standing and not response.has_header("X-RateLimit-Limit"):
            response.headers["X-RateLimit-Limit"] = str(self.standing.limit)
            response.headers["X-RateLimit-Remaining"] = str(self.standing.remaining)
        return response

    def admit(self, request: HttpRequest) -> None:
        """Find out who asks, and count the request against what they may send.

        Raises:
            Problem: 401 or 429.
        """
        try:
            self.caller = identify(request)
        except Problem:
            self.count(stranger(request), settings.ENVIRONMENT.request_limit)
            raise
        viewer = self.caller.viewer
        if not viewer.is_anonymous:
            self.count(f"organization:{viewer.organization}", self.caller.limits.requests)
            return
        self.count(stranger(request), settings.ENVIRONMENT.request_limit)
        if self.requires_key or not switches().open_catalogue:
            raise problems.unauthenticated(
                "Send an API key as “Authorization: Bearer YOUR_API_KEY”. Keys are made on your profile page."
            )

    def count(self, identity: str, rate: str | None) -> None:
        """Count one request of ``identity``.

        Raises:
            Problem: 429, once the window is full.
        """
        if not self.limited:
            return
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

    @cached_property
    def allowed(self) -> list[str]:
        """The methods this endpoint answers."""
        names = [name.upper() for name in self.http_method_names if hasattr(self, name)]
        return names if "GET" in names else [name for name in names if name != "HEAD"]

    def head(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Answer as GET would; the server leaves the body out."""
        return self.get(request, *args, **kwargs)  # type: ignore[attr-defined,no-any-return]

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:  # noqa: ARG002
        """Say which methods there are."""
        return HttpResponse(status=204, headers={"Allow": ", ".join(self.allowed)})

    def understood(self, error: Exception) -> Problem | None:
        """Return the refusal that an exception stands for, or None where it is an unexpected failure."""
        return error if isinstance(error, Problem) else _problem_of(error)

    def _explained(self, error: Exception) -> HttpResponse:
        if read_only.is_refusal(error):
            raise error  # answered where all such refusals are: site.middleware
        problem = self.understood(error)
        if problem is None:
            _log.error("unexpected failure", exc_info=error)
            close_old_connections()  # a connection that failed is not used again
            problem = Problem(
                500, problems.INTERNAL_ERROR, "This is our fault; it was noted. Please try again later."
            )
        response = answer(problem.body, problem.status)
        for name, value in problem.headers.items():
            response.headers[name] = value
        if problem.status == 405:
            response.headers["Allow"] = ", ".join(self.allowed)
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


def object_body(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent; an empty body is an empty object, whatever its declared type.

    Raises:
        Problem: 400, 413 or 415.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdigit():
        raise problems.invalid({"body": "Content-Length must be a number."})
    if int(length) > LARGEST_BODY:
        raise Problem(413, problems.BODY_TOO_LARGE, f"A request body here has at most {LARGEST_BODY} bytes.")
    if int(length) == 0:
        return {}
    kind = (request.content_type or "").lower()
    if kind != "application/json":
        raise Problem(415, problems.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json.")
    try:
        body = msgspec.json.decode(request.body)
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


def stranger(request: HttpRequest) -> str:
    """Return the identity under which requests of strangers are counted: their address."""
    return f"address:{request.META.get('REMOTE_ADDR', '')}"


def _problem_of(error: Exception) -> Problem | None:
    if isinstance(error, DisallowedHost):
        return problems.invalid({"Host": "Must be a name that this site answers to."})
    if isinstance(error, SuspiciousOperation):
        return problems.invalid({"request": "Must be well formed."})
    return None


class OpenEndpoint(Endpoint):
    """An endpoint that asks nobody who they are and counts no request."""

    limited = False

    def admit(self, request: HttpRequest) -> None:
        """Let everybody in."""


class UnknownRoute(Endpoint):
    """Whatever no other route of ``/api/`` answers."""

    def admit(self, request: HttpRequest) -> None:
        """Count by address only: nobody needs to be known to be told that nothing is here."""
        self.count(stranger(request), settings.ENVIRONMENT.request_limit)
        reference = f"{base_url(request)}/api-reference"
        raise Problem(
            404, problems.ROUTE_NOT_FOUND, f"No endpoint lies at this address. The list: {reference}"
        )


def seconds_until(moment: Any) -> int:
    """Return the whole seconds until ``moment``, at least 1."""
    return max(1, int((moment - clock.now()).total_seconds() + 0.999))
