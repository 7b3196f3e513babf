"""Signing in without a key, for programs: codes first, then the key that a person confirmed (RFC 8628)."""

from typing import Annotated, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from msgspec import Meta

from commonhold.server.api.addresses import base_url
from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import Endpoint, answer, identify, object_body, stranger
from commonhold.server.api.collective.publishing import moment
from commonhold.server.api.collective.shapes import Moment, Shape
from commonhold.server.credentials import device_sign_in
from commonhold.server.credentials.device_sign_in import LONGEST_MACHINE, LONGEST_PROGRAM, NotYetError
from commonhold.server.kit.viewer import DOWNLOAD, READ, SCOPES

_LONGEST_CODE = 1000
_MESSAGES = {
    device_sign_in.PENDING: "Nobody has entered the code yet.",
    device_sign_in.SLOW_DOWN: "Wait five seconds longer between two requests.",
    device_sign_in.DENIED: "The person said no.",
    device_sign_in.EXPIRED: "The code has expired or was used. Begin anew.",
}


class DeviceRequest(Shape):
    """Which program asks, on which machine, and what it wants to be allowed."""

    program: Annotated[str, Meta(max_length=LONGEST_PROGRAM)] = "A program"
    machine: Annotated[str, Meta(max_length=LONGEST_MACHINE)] = "device"
    scopes: list[str] | None = None


class DeviceCodes(Shape):
    """``userCode`` is shown to the person; ``deviceCode`` is the program's own secret. Times are in seconds."""

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class DeviceTokenRequest(Shape):
    """The secret of the program."""

    device_code: str


class DeviceKey(Shape):
    """The key, told this once."""

    api_key: str
    name: str
    scopes: list[str]
    expires_at: Moment | None


class StrangersEndpoint(Endpoint):
    """An endpoint for those who have no key yet; credentials that are sent are checked all the same."""

    def admit(self, request: HttpRequest) -> None:
        """Count by address."""
        self.count(stranger(request), settings.ENVIRONMENT.request_limit)
        self.caller = identify(request)


class Authorize(StrangersEndpoint):
    """``POST /device/authorize``."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin a sign-in and return its codes."""
        body = object_body(request)
        mistakes: dict[str, str] = {}
        program = _line(body, "program", "A program", LONGEST_PROGRAM, mistakes)
        machine = _line(body, "machine", "device", LONGEST_MACHINE, mistakes)
        scopes = body.get("scopes")
        if scopes is None:
            scopes = [READ, DOWNLOAD]
        if not isinstance(scopes, list) or not scopes or any(scope not in SCOPES for scope in scopes):
            mistakes["scopes"] = f"Must be some of: {', '.join(SCOPES)}."
        if mistakes:
            raise problems.invalid(mistakes)
        self.count(f"device:{stranger(request)}", device_sign_in.ASKED_RATE)
        address = request.META.get("REMOTE_ADDR", "")
        begun = device_sign_in.begin(program=program, machine=machine, address=address, scopes=scopes)
        page = f"{base_url(request)}/device"
        response = answer(
            DeviceCodes(
                device_code=begun.device_code,
                user_code=begun.user_code,
                verification_uri=page,
                verification_uri_complete=f"{page}?{urlencode({'code': begun.user_code})}",
                expires_in=begun.expires_in,
                interval=device_sign_in.INTERVAL_SECONDS,
            )
        )
        response["Cache-Control"] = "no-store"
        return response


class Token(StrangersEndpoint):
    """``POST /device/token``."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Return the key, once a person has confirmed it."""
        code = object_body(request).get("deviceCode")
        if not isinstance(code, str) or not 0 < len(code) <= _LONGEST_CODE:
            raise problems.invalid({"deviceCode": "Must be the code that /device/authorize returned."})
        try:
            key, text = device_sign_in.collect(code)
        except NotYetError as error:
            raise problems.Problem(400, error.kind, _MESSAGES[error.kind]) from None
        response = answer(DeviceKey(text, key.name, key.scopes, moment(key.expires_at)))
        response["Cache-Control"] = "no-store"
        return response


def _line(body: dict[str, Any], name: str, default: str, longest: int, mistakes: dict[str, str]) -> str:
    """Return a name a stranger gave: one line, without characters that hide or turn text around."""
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value.strip()) <= longest:
        mistakes[name] = f"Must be one line of 1 to {longest} visible characters."
        return default
    return value.strip()
