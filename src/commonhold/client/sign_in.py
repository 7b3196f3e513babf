"""Signing in without a key: a code is shown, a person confirms it on the web, the key is fetched once (RFC 8628)."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from commonhold.client import errors
from commonhold.client.models import mapping, needed, text, web_address, whole
from commonhold.client.wire import LARGEST_ANSWER, Wire

_SHORTEST_INTERVAL, _LONGEST_INTERVAL = 1, 60
_LONGEST_LIFE = 3600
_SLOWER = 5
_PENDING, _SLOW_DOWN = "authorization_pending", "slow_down"
_ENDS = {
    "access_denied": "The sign-in was denied on the web page.",
    "expired_token": "The code has expired.",
}


@dataclass(frozen=True)
class DeviceCodes:
    """A sign-in that waits: what to show, what to open, and how often to ask. Times are in seconds."""

    device_code: str = field(repr=False)
    user_code: str
    page: str
    page_with_code: str
    expires_in: int
    interval: int

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read them from a JSON object."""
        source = mapping(answer, "a sign-in")
        page = web_address(source.get("verificationUri"))
        if page is None:
            raise errors.ProtocolError(
                "The site names no page to sign in at.", hint="Tell the people who run it."
            )
        return cls(
            device_code=needed(source, "deviceCode"),
            user_code=needed(source, "userCode")[:40],
            page=page,
            page_with_code=web_address(source.get("verificationUriComplete")) or page,
            expires_in=min(whole(source.get("expiresIn"), "an end"), _LONGEST_LIFE),
            interval=min(
                max(whole(source.get("interval", 5), "an interval"), _SHORTEST_INTERVAL), _LONGEST_INTERVAL
            ),
        )


@dataclass(frozen=True)
class DeviceKey:
    """The key that a person confirmed."""

    key: str = field(repr=False)
    name: str
    scopes: tuple[str, ...]
    expires_at: str | None

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a key")
        scopes = source.get("scopes")
        return cls(
            key=needed(source, "apiKey"),
            name=text(source, "name"),
            scopes=tuple(str(scope) for scope in scopes) if isinstance(scopes, list) else (),
            expires_at=text(source, "expiresAt") or None,
        )


class SignInCalls(Wire):
    """Calls that bring a key, and end one. None of the first two sends the key one has."""

    def begin_sign_in(
        self, *, program: str, machine: str, scopes: Sequence[str] | None = None
    ) -> DeviceCodes:
        """Begin to sign in.

        Args:
            program: what asks, as the page shows it.
            machine: what the key will be named after.
            scopes: ``read``, ``download``, ``publish``; None for the site's usual ones.
        """
        body: dict[str, Any] = {"program": program, "machine": machine}
        if scopes is not None:
            body["scopes"] = list(scopes)
        return DeviceCodes.read(
            self._call("POST", "/device/authorize", {}, LARGEST_ANSWER, body, keyless=True)[0]
        )

    def finish_sign_in(self, codes: DeviceCodes) -> DeviceKey | None:
        """Ask once for the key; None while nobody has confirmed it yet.

        Raises:
            SlowDownError: it was asked for too early.
            NotAllowedError: it was denied, or its time is over.
        """
        body = {"deviceCode": codes.device_code}
        try:
            answer, _ = self._call("POST", "/device/token", {}, LARGEST_ANSWER, body, keyless=True)
        except errors.UsageError as error:
            if error.error == _PENDING:
                return None
            if error.error == _SLOW_DOWN:
                raise SlowDownError(error.message, status=error.status, error=error.error) from error
            if error.error in _ENDS:
                raise errors.NotAllowedError(
                    _ENDS[error.error],
                    hint="Begin anew with: commonhold login",
                    status=error.status,
                    error=error.error,
                    body=error.body,
                ) from error
            raise
        return DeviceKey.read(answer)

    def await_sign_in(self, codes: DeviceCodes) -> DeviceKey:
        """Ask for the key until a person has confirmed it.

        Raises:
            NotAllowedError: it was denied, or nobody came in time.
        """
        interval = float(codes.interval)
        deadline = time.monotonic() + codes.expires_in + interval
        while time.monotonic() < deadline:
            self.wait(interval)
            try:
                key = self.finish_sign_in(codes)
            except SlowDownError:
                interval += _SLOWER
                continue
            except errors.UnreachableError:
                continue  # a wait of minutes outlives a network that is gone for seconds; the deadline ends it
            if key is not None:
                return key
        raise errors.NotAllowedError(_ENDS["expired_token"], hint="Begin anew with: commonhold login")

    def revoke_key(self) -> None:
        """End the key that is in use, at once and for good."""
        self.send("DELETE", "/account/key")


class SlowDownError(errors.LimitError):
    """It was asked for too early."""
