"""The fields of a site's answers, each held to its type.

What matters for money, quota or bytes (identifiers, sizes, checksums, addresses) is never guessed at: a wrong one is a
:class:`ProtocolError`, never a surprise later.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from commonhold.client.errors import ProtocolError

_HEX = re.compile(r"[0-9a-f]{64}")
#: 16 TiB: sixteen times what the contract allows, and far below what overflows anything.
LARGEST_FILE = 1 << 44


def wrong(what: str, value: object) -> ProtocolError:
    """Say that an answer holds something that cannot be right."""
    return ProtocolError(
        f"The site's answer holds {what} that cannot be right: {value!r:.80}.",
        hint="Check the address of the API; if it is right, tell the people who run the site.",
    )


def mapping(value: object, what: str = "an answer") -> Mapping[str, Any]:
    """Return ``value`` when it is a JSON object."""
    if not isinstance(value, Mapping):
        raise wrong(what, value)
    return value


def text(source: Mapping[str, Any], key: str) -> str:
    """Return a text of a JSON object, an empty one where there is none."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def needed(source: Mapping[str, Any], key: str) -> str:
    """Return a text of a JSON object that has to have one."""
    value = source.get(key)
    if not isinstance(value, str) or not value or len(value) > 8192:
        raise wrong(f"a {key}", value)
    return value


def whole(value: object, what: str) -> int:
    """Read a whole number at or above zero that may be written as digits.

    Raises:
        ProtocolError: it is anything else, or beyond :data:`LARGEST_FILE`.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_FILE:
        raise wrong(what, value)
    return value


def optional_whole(source: Mapping[str, Any], key: str) -> int | None:
    """Read a whole number of a JSON object, None where there is none."""
    return None if source.get(key) is None else whole(source[key], f"a {key}")


def sha256(value: object) -> str | None:
    """Read a checksum (``sha256:<hex>`` or bare hex) into 64 lower-case hex digits; None where there is none.

    Raises:
        ProtocolError: there is one, and it is no SHA-256.
    """
    if value is None or value == "":
        return None
    digits = value.lower().removeprefix("sha256:") if isinstance(value, str) else ""
    if not _HEX.fullmatch(digits):
        raise wrong("a checksum", value)
    return digits


def instant(value: object) -> datetime | None:
    """Read an ISO 8601 instant; None where there is none that can be read. Without an offset it is UTC."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def web_address(value: object) -> str | None:
    """Return ``value`` when it is an absolute http or https address, else None."""
    if not isinstance(value, str) or len(value) > 16_384:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.hostname else None
