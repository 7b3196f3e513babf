"""The form of API keys: pure functions, no I/O."""

import re
import secrets
import zlib

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
PREFIX = "chk_"
_FORM = re.compile(r"chk_[0-9A-Za-z]{49}")


def _base62(number: int, length: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, 62)
        digits = _ALPHABET[rest] + digits
    return digits.rjust(length, "0")


def new_key() -> str:
    """Return a new key: ``chk_``, 256 random bits in 43 base-62 characters, and their CRC-32 in 6."""
    body = PREFIX + _base62(secrets.randbits(256), 43)
    return body + _base62(zlib.crc32(body.encode()), 6)


def is_well_formed(text: str) -> bool:
    """Whether ``text`` has the form of a key and its checksum fits, so that a typo never reaches the database."""
    return bool(_FORM.fullmatch(text)) and _base62(zlib.crc32(text[:47].encode()), 6) == text[47:]


def prefix_of(key: str) -> str:
    """Return the part of a key that may be shown and written down: its first 12 characters."""
    return key[:12]
