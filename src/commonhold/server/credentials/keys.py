"""The written form of an API key: ``chk_``, 43 characters of chance, 6 characters of check sum.

The check sum (CRC-32 of everything before it) is no secret and no protection. It tells a mistyped or cut-off
key from a real one without asking the database, and lets scanners for leaked secrets find ours without false
alarms.
"""

import secrets
import zlib

PREFIX = "chk_"
LENGTH = 53
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHARACTERS = frozenset(_ALPHABET)
_SECRET_LENGTH = 43
_CHECK_LENGTH = 6
_SHOWN_LENGTH = 12


def new_key() -> str:
    """Return a new key that carries 256 random bits."""
    body = PREFIX + _base62(secrets.randbits(256), _SECRET_LENGTH)
    return body + _check_sum(body)


def is_well_formed(text: str) -> bool:
    """Tell whether ``text`` could be a key at all: prefix, length, alphabet and check sum are right."""
    if len(text) != LENGTH or not text.startswith(PREFIX):
        return False
    if not _CHARACTERS.issuperset(text[len(PREFIX) :]):
        return False
    return _check_sum(text[:-_CHECK_LENGTH]) == text[-_CHECK_LENGTH:]


def prefix_of(key: str) -> str:
    """Return the part of a key that may be shown, enough for its owner to tell it from their others."""
    return key[:_SHOWN_LENGTH]


def _check_sum(body: str) -> str:
    return _base62(zlib.crc32(body.encode("ascii")), _CHECK_LENGTH)


def _base62(number: int, width: int) -> str:
    digits = []
    for _ in range(width):
        number, digit = divmod(number, 62)
        digits.append(_ALPHABET[digit])
    return "".join(reversed(digits))
