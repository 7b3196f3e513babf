"""Texts that must be read back, but not from the database alone: encrypted under a key of the site's secret.

The current secret seals; the current and the retired ones open, so that a rotation loses nothing.
"""

import base64
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from commonhold.server.kit.secrets import derive_all


def seal(secrets: tuple[str, ...], purpose: str, text: str) -> str:
    """Return ``text`` encrypted for ``purpose`` under the first of the site's secrets."""
    return _cipher(secrets, purpose).encrypt(text.encode()).decode()


def unseal(secrets: tuple[str, ...], purpose: str, sealed: str) -> str | None:
    """Return the text behind :func:`seal`; None where none of the secrets is the one it was sealed under."""
    try:
        return _cipher(secrets, purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        return None


@cache
def _cipher(secrets: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in derive_all(secrets, purpose)])
