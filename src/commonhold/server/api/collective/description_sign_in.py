"""How programs sign in and out, described."""

from commonhold.server.api.collective import device, shapes
from commonhold.server.api.collective.responses import (
    STANDING,
    STATUS_401,
    STATUS_413,
    STATUS_415,
    STATUS_429,
    ok,
)
from commonhold.server.kit.openapi import Operation, Response

_REFUSED = {401: STATUS_401, 413: STATUS_413, 415: STATUS_415, 429: STATUS_429}
_MALFORMED = Response("Malformed request: `details` names each mistake.", shapes.Error, STANDING)
_NOT_YET = Response(
    "`error` is `authorization_pending` (ask again after `interval` seconds), `slow_down` (wait five seconds longer from now "
    "on), `access_denied` or `expired_token` (do not ask again), or the request is malformed.",
    shapes.Error, STANDING,
)  # fmt: skip

SIGN_IN = (
    Operation(
        "/device/authorize", "post", "beginDeviceSignIn", "Begin to sign a program in",
        "For programs that have no key yet, after RFC 8628. Show the person `userCode` and `verificationUri`, or open "
        "`verificationUriComplete`; meanwhile ask `POST /device/token` every `interval` seconds. Without `scopes`, the key "
        "may read and download. Needs no key; limited per address.",
        {200: ok("The codes.", device.DeviceCodes), 400: _MALFORMED, **_REFUSED},
        body=device.DeviceRequest, body_required=False, tags=("Account",),
    ),
    Operation(
        "/device/token", "post", "finishDeviceSignIn", "Fetch the key of a program that signs in",
        "The API key, once the person has confirmed it on the web page; it is told this once. Needs no key.",
        {200: ok("The key.", device.DeviceKey), 400: _NOT_YET, **_REFUSED},
        body=device.DeviceTokenRequest, tags=("Account",),
    ),
    Operation(
        "/account/key", "delete", "revokeKey", "Revoke the key you send",
        "Ends the key with which the request is made, at once and for good.",
        {204: Response("It is revoked.", None, STANDING), 401: STATUS_401, 429: STATUS_429},
        security=("apiKey", "basic"), tags=("Account",),
    ),
)  # fmt: skip
