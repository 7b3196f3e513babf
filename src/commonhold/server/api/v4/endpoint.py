"""What every endpoint of the v4 API does before and after its own work: language, who asks, limits, answers, errors."""

from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from rest_framework import exceptions
from rest_framework.permissions import BasePermission
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from commonhold.server.api.addresses import base_url
from commonhold.server.api.v4.authentication import BearerAuthentication, JwtAuthentication
from commonhold.server.api.v4.errors import problem_of
from commonhold.server.api.v4.parsing import FormParser, JSONParser, MultiPartParser
from commonhold.server.kit.translation import best_locale
from commonhold.server.kit.viewer import ANONYMOUS, READ, Viewer
from commonhold.server.limits.limiter import Standing, limiter
from commonhold.server.site import read_only

SAFE = ("GET", "HEAD", "OPTIONS")
_MOST_INDENT = 8
_encoder = msgspec.json.Encoder()


class MayRead(BasePermission):
    """An API key without the scope ``read`` reads nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  DRF's signature
        """Tell whether the request may go on."""
        return request.user is None or READ in request.user.viewer.scopes


class SignedInToChange(BasePermission):
    """Reading is for everybody; anything else needs to know who asks."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  as above
        """Tell whether the request may go on."""
        return request.method in SAFE or request.user is not None


class SignedIn(BasePermission):
    """Nothing here is for strangers."""

    def has_permission(self, request: Request, view: APIView) -> bool:  # noqa: ARG002  as above
        """Tell whether the request may go on."""
        return request.user is not None


class RequestThrottle(BaseThrottle):
    """Requests of an organization, strangers' of an address (decision 8)."""

    def __init__(self) -> None:
        self._standing: Standing | None = None

    def allow_request(self, request: Request, view: APIView) -> bool:
        """Count the request, and tell whether it may go on."""
        if request.user is None:
            self._standing = limiter().hit(_address(request), settings.ENVIRONMENT.request_limit)
        else:
            identity = f"organization:{request.user.viewer.organization}"
            self._standing = limiter().hit(identity, request.user.limits.requests)
        view.standing = self._standing
        return self._standing is None or self._standing.allowed

    def wait(self) -> float | None:
        """Return the seconds until the next request is allowed."""
        return self._standing.retry_after if self._standing else None


class Endpoint(APIView):
    """An endpoint of the v4 API.

    Attributes:
        locale: the current language (rule 6.9).
        standing: where the caller stands with its request limit.
    """

    authentication_classes = (BearerAuthentication, JwtAuthentication)
    permission_classes = (MayRead, SignedInToChange)
    throttle_classes = (RequestThrottle,)
    renderer_classes = (JSONRenderer,)
    parser_classes = (JSONParser, FormParser, MultiPartParser)
    locale: str
    standing: Standing | None = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer in the language that was asked for."""
        if request.encoding not in (None, "utf-8"):
            request.encoding = "utf-8"  # a charset of the sender's choice must not read the address
        self.locale = best_locale(request.GET.get("lang"), request.META.get("HTTP_ACCEPT_LANGUAGE"))
        translation.activate(self.locale.lower())
        try:
            return super().dispatch(request, *args, **kwargs)
        finally:
            translation.deactivate()

    @property
    def viewer(self) -> Viewer:
        """Who asks."""
        return self.request.user.viewer if self.request.user else ANONYMOUS

    @property
    def flat_locale(self) -> str | None:
        """The locale in which translated fields are single strings, or None: then they are objects (6.1 to 6.4)."""
        plain = self.request._request  # noqa: SLF001  the plain request is several times cheaper
        return self.locale if plain.method in ("GET", "HEAD") and plain.GET.get("lang") else None

    @property
    def site_url(self) -> str:
        """The site's address."""
        return base_url(self.request._request)  # noqa: SLF001  as above

    def answer(self, body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
        """Return ``body`` (a struct or plain values) as a JSON response."""
        content = _encoder.encode(body)
        if indent := _indent(getattr(self.request, "accepted_media_type", "")):
            content = msgspec.json.format(content, indent=indent)
        # Without a stated length the server would send it in chunks.
        stated = {"Content-Type": "application/json", "Content-Length": str(len(content)), **(headers or {})}
        return HttpResponse(content, status=status, headers=stated)

    def nothing(self) -> HttpResponse:
        """Return 204."""
        response = HttpResponse(status=204)
        del response["Content-Type"]
        return response

    def perform_authentication(self, request: Request) -> None:
        """Find out who asks; failures count against the sender's address."""
        try:
            super().perform_authentication(request)
        except exceptions.AuthenticationFailed:
            limiter().hit(_address(request), settings.ENVIRONMENT.request_limit)
            raise

    def handle_exception(self, exc: Exception) -> HttpResponse:
        """Turn whatever was raised into the shapes of seed 002."""
        if read_only.is_refusal(exc):
            raise exc  # answered where all such refusals are: site.middleware
        headers: dict[str, str] = {}
        if isinstance(exc, (exceptions.NotAuthenticated, exceptions.AuthenticationFailed)):
            if challenge := self.get_authenticate_header(self.request):
                headers["WWW-Authenticate"] = challenge
        elif isinstance(exc, exceptions.MethodNotAllowed):
            headers["Allow"] = ", ".join(self.allowed_methods)
        problem = problem_of(exc, settings.ENVIRONMENT.legal_url)
        return self.answer(problem.body, problem.status, {**headers, **problem.headers})

    def finalize_response(
        self,
        request: Request,
        response: HttpResponseBase,
        *args: Any,
        **kwargs: Any,
    ) -> HttpResponseBase:
        """Say what the answer depends on, and where the caller stands with its request limit."""
        if self.standing:
            response["X-RateLimit-Limit"] = str(self.standing.limit)
            response["X-RateLimit-Remaining"] = str(self.standing.remaining)
        finalized: HttpResponseBase = super().finalize_response(request, response, *args, **kwargs)
        finalized["Vary"] = "Accept, Accept-Language, Authorization"
        return finalized


class Unknown(Endpoint):
    """Whatever no other route of the v4 API answers: 404 for everybody, whoever they say they are."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ARG002  DRF's signature
        """Routing comes before everything else (rule 2.9), but the request counts."""
        limiter().hit(_address(request), settings.ENVIRONMENT.request_limit)
        raise exceptions.NotFound


def _address(request: Request) -> str:
    return f"address:{request._request.META.get('REMOTE_ADDR', '')}"  # noqa: SLF001  as above


def _indent(accepted: str) -> int:
    """Return the indentation asked for as ``application/json; indent=4`` (rule 2.8); 0 for none."""
    _, _, value = accepted.partition("indent=")
    digits = value.strip().split(";")[0].strip()
    return min(int(digits), _MOST_INDENT) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 0
