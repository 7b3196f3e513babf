"""Signing in without a key: a code is shown, a person confirms it on the web, the key is fetched once (RFC 8628)."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from commonhold.client import errors
from commonhold.client.deferred import Deferred
from commonhold.client.wire import LARGEST_ANSWER, Wire

if TYPE_CHECKING:
    from commonhold.client import people
else:
    people = Deferred("commonhold.client.people")

_SLOWER = 5
_PENDING, _SLOW_DOWN = "authorization_pending", "slow_down"
_ENDS = {
    "access_denied": "The sign-in was denied on the web page.",
    "expired_token": "The code has expired.",
}


class SignInCalls(Wire):
    """Calls that bring a key, and end one. None of the first two sends the key one has."""

    def begin_sign_in(
        self, *, program: str, machine: str, scopes: Sequence[str] | None = None
    ) -> "people.DeviceCodes":
        """Begin to sign in.

        Args:
            program: what asks, as the page shows it.
            machine: what the key will be named after.
            scopes: ``read``, ``download``, ``publish``; None for the site's usual ones.
        """
        body: dict[str, Any] = {"program": program, "machine": machine}
        if scopes is not None:
            body["scopes"] = list(scopes)
        return people.DeviceCodes.read(
            self._call("POST", "/device/authorize", {}, LARGEST_ANSWER, body, keyless=True)[0]
        )

    def finish_sign_in(self, codes: "people.DeviceCodes") -> "people.DeviceKey | None":
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
        return people.DeviceKey.read(answer)

    def await_sign_in(self, codes: "people.DeviceCodes") -> "people.DeviceKey":
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
