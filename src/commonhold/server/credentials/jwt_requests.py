"""Checking the token of a ``JWT`` request: HS256, at most 300 seconds, five of leeway (rules 3.20 and 10).

The order of the checks is part of the contract, so the claims are checked here; the library checks form and signature.
"""

import math
from typing import Any

import jwt

from commonhold.server.credentials import refusals
from commonhold.server.credentials.holders import COLUMNS, JOINS, caller_of
from commonhold.server.credentials.jwt_credentials import decrypted
from commonhold.server.credentials.queries import Caller
from commonhold.server.credentials.refusals import Refusal, RefusedError
from commonhold.server.kit import clock, sql

ALGORITHM = "HS256"
LONGEST_LIFE_SECONDS = 300
LEEWAY_SECONDS = 5
LONGEST_TOKEN = 8192
_LONGEST_ISSUER = 100
# Everything but the signature is checked below.
_SIGNATURE_ONLY: Any = {
    "verify_signature": True, "verify_exp": False, "verify_nbf": False, "verify_iat": False, "verify_aud": False,
    "verify_iss": False, "verify_sub": False, "verify_jti": False,
}  # fmt: skip

_HOLDER = (
    f"SELECT c.encrypted_secret, {COLUMNS} FROM credentials_jwtcredential c {JOINS} "  # noqa: S608  constants only
    "WHERE c.issuer = %s AND c.revoked_at IS NULL LIMIT 1000"
)


def caller_with_jwt(token: str) -> Caller:
    """Return who signed ``token``, in one statement.

    Raises:
        RefusedError: it is not accepted; the first reason in the order of rule 3.20.
    """
    issuer = _issuer(_unverified(token))
    rows = sql.rows(_HOLDER, [issuer]) if issuer is not None else []
    if not rows:
        raise RefusedError(refusals.UNKNOWN_ISSUER)
    secret = decrypted(rows[0][0])
    if secret is None:
        raise RefusedError(refusals.UNKNOWN_ISSUER)
    check_claims(_verified(token, secret), clock.now().timestamp())
    caller = caller_of(rows)
    if caller is None:
        raise RefusedError(refusals.DISABLED)
    return caller


def _unverified(token: str) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise RefusedError(refusals.UNDECODABLE)
    try:
        return jwt.decode(token, options={"verify_signature": False})
    except (jwt.InvalidTokenError, RecursionError, ValueError):
        raise RefusedError(refusals.UNDECODABLE) from None


def _issuer(claims: dict[str, Any]) -> str | None:
    if "iss" not in claims:
        raise RefusedError(refusals.NO_ISSUER)
    issuer = claims["iss"]
    if not isinstance(issuer, str) or len(issuer) > _LONGEST_ISSUER or not issuer.isprintable():
        return None
    return issuer


def _verified(token: str, secret: str) -> dict[str, Any]:
    try:
        # The secret's own characters are the key (rule 10.3).
        return jwt.decode(token, secret.encode(), algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
    except jwt.InvalidAlgorithmError:
        raise RefusedError(refusals.INVALID_TOKEN) from None
    except jwt.DecodeError:
        raise RefusedError(refusals.UNDECODABLE) from None
    except jwt.InvalidTokenError:
        raise RefusedError(refusals.INVALID_TOKEN) from None


def check_claims(claims: dict[str, Any], now: float) -> None:
    """Check a token's times, in the order of rule 3.20, rows 7 to 12.

    Args:
        claims: of a token whose signature holds.
        now: seconds since 1970.

    Raises:
        RefusedError: the first of them that does not hold.
    """
    refused = _missing(claims) or _times(claims, now)
    if refused is None and "orig_iat" in claims:
        refused = refusals.NOT_REFRESHABLE
    if refused is not None:
        raise RefusedError(refused)


def _missing(claims: dict[str, Any]) -> Refusal | None:
    if claims.get("exp") is None:
        return refusals.NO_EXP
    return refusals.NO_IAT if claims.get("iat") is None else None


def _times(claims: dict[str, Any], now: float) -> Refusal | None:
    issued, expires = _number(claims["iat"]), _number(claims["exp"])
    if issued is None or issued > now + LEEWAY_SECONDS:
        return refusals.INVALID_IAT  # milliseconds lie far ahead, too
    if expires is None:
        return refusals.UNDECODABLE
    if expires <= now - LEEWAY_SECONDS:
        return refusals.EXPIRED
    if isinstance(claims["iat"], str) or isinstance(claims["exp"], str):
        return refusals.WRONG_TYPE
    return refusals.TOO_LONG if expires - issued > LONGEST_LIFE_SECONDS else None


def _number(value: Any) -> float | None:
    """Return a time as a number; digits in a string count here and are refused later (row 11)."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(int(value)) if isinstance(value, str) else float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
