"""Why a credential was not accepted, in the words of the v4 conventions (rules 3.11 to 3.20)."""

from dataclasses import dataclass

from django.utils.translation import gettext_noop

INVALID_HEADER = "ERROR_INVALID_HEADER"
SIGNATURE_EXPIRED = "ERROR_SIGNATURE_EXPIRED"
DECODING_SIGNATURE = "ERROR_DECODING_SIGNATURE"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A credential that was not accepted.

    Attributes:
        detail: English text, the key under which its translations are found.
        code: one of the three constants of seed 002, or None where none of them fits.
    """

    detail: str
    code: str | None = None


class RefusedError(Exception):
    """A credential was not accepted; ``refusal`` says why."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.detail)
        self.refusal = refusal


NO_CREDENTIALS = Refusal(
    gettext_noop("Invalid Authorization header. No credentials provided."), INVALID_HEADER
)
SPACES = Refusal(
    gettext_noop("Invalid Authorization header. Credentials string should not contain spaces."),
    INVALID_HEADER,
)
EXPIRED = Refusal(gettext_noop("Signature has expired."), SIGNATURE_EXPIRED)
UNDECODABLE = Refusal(gettext_noop("Error decoding signature."), DECODING_SIGNATURE)
INCORRECT = Refusal(gettext_noop("Incorrect authentication credentials."))
NO_ISSUER = Refusal(gettext_noop("JWT iss (issuer) claim is missing."), DECODING_SIGNATURE)
UNKNOWN_ISSUER = Refusal(gettext_noop("Unknown JWT iss (issuer)."), DECODING_SIGNATURE)
INVALID_TOKEN = Refusal(gettext_noop("Invalid JWT Token."), DECODING_SIGNATURE)
NO_EXP = Refusal(gettext_noop('Invalid JWT: Token is missing the "exp" claim.'), DECODING_SIGNATURE)
NO_IAT = Refusal(gettext_noop('Invalid JWT: Token is missing the "iat" claim.'), DECODING_SIGNATURE)
INVALID_IAT = Refusal(
    gettext_noop(
        "JWT iat (issued at time) is invalid. Make sure your system clock is synchronized with something like TLSdate."
    ),
    DECODING_SIGNATURE,
)
TOO_LONG = Refusal(gettext_noop("JWT exp (expiration) is too long."), DECODING_SIGNATURE)
WRONG_TYPE = Refusal(gettext_noop("Wrong type for one or more keys in payload"), DECODING_SIGNATURE)
NOT_REFRESHABLE = Refusal(
    gettext_noop("API key based tokens are not refreshable, don't include `orig_iat` in their payload."),
    DECODING_SIGNATURE,
)
DISABLED = Refusal(gettext_noop("User account is disabled."))
