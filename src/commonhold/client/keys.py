"""The form of an API key, so that a typo is told before a request is spent on it.

A key of Commonhold is ``chk_``, 43 base62 characters (256 random bits) and 6 more: the CRC-32 of all that
precedes them, in base62, padded with zeros on the left. Other sites have other forms, so a foreign one is no
error.
"""

import re
import zlib

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIX = "chk_"
_FORM = re.compile(r"chk_[0-9A-Za-z]{49}")
_SENDABLE = re.compile(r"[\x21-\x7e]{1,4096}")


def checksum(text: str) -> str:
    """Return the six base62 characters that end a key beginning with ``text``."""
    number = zlib.crc32(text.encode("ascii"))
    digits = ""
    while number:
        number, remainder = divmod(number, 62)
        digits = _ALPHABET[remainder] + digits
    return digits.rjust(6, "0")


def fault(key: str) -> str | None:
    """Say why ``key`` cannot be right, in half a sentence, or return None.

    Only keys that begin with ``chk_`` are held to this project's form.
    """
    if not _SENDABLE.fullmatch(key):
        return "it is empty, or holds spaces or characters that no key has"
    if not key.startswith(_PREFIX):
        return None
    if not _FORM.fullmatch(key):
        return f"a key that begins with chk_ has 53 letters and digits, this one has {len(key)} characters"
    if checksum(key[:-6]) != key[-6:]:
        return "its last six characters do not fit the rest, so a character was lost or changed"
    return None


def is_foreign(key: str) -> bool:
    """Whether the key has a form that this project does not make."""
    return not key.startswith(_PREFIX)
