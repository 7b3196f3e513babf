"""What a data collective answers, as plain frozen values.

Unknown keys are ignored, missing optional ones are empty, and what matters for money, quota or bytes
(identifiers, sizes, checksums, addresses) is held to its type: a wrong one is a :class:`ProtocolError`, never
a surprise later. ``raw`` keeps the whole answer, for what this version does not name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import urlsplit

from commonhold.client.errors import ProtocolError

_HEX = re.compile(r"[0-9a-f]{64}")
#: 16 TiB: sixteen times what the contract allows, and far below what overflows anything.
LARGEST_FILE = 1 << 44
_SMALLEST_PIECE, _LARGEST_PIECE = 1 << 16, 1 << 30


def _wrong(what: str, value: object) -> ProtocolError:
    return ProtocolError(
        f"The site's answer holds {what} that cannot be right: {value!r:.80}.",
        hint="Check the address of the API; if it is right, tell the people who run the site.",
    )


def mapping(value: object, what: str = "an answer") -> Mapping[str, Any]:
    """Return ``value`` when it is a JSON object."""
    if not isinstance(value, Mapping):
        raise _wrong(what, value)
    return value


def text(source: Mapping[str, Any], key: str) -> str:
    """Return a text of a JSON object, an empty one where there is none."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def needed(source: Mapping[str, Any], key: str) -> str:
    """Return a text of a JSON object that has to have one."""
    value = source.get(key)
    if not isinstance(value, str) or not value or len(value) > 8192:
        raise _wrong(f"a {key}", value)
    return value


def whole(value: object, what: str) -> int:
    """Read a whole number at or above zero that may be written as digits.

    Raises:
        ProtocolError: it is anything else, or beyond :data:`LARGEST_FILE`.
    """
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_FILE:
        raise _wrong(what, value)
    return value


def _optional_whole(source: Mapping[str, Any], key: str) -> int | None:
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
        raise _wrong("a checksum", value)
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


@dataclass(frozen=True)
class Dataset:
    """One dataset, as a list or its own page describes it. What was not told is empty, or None."""

    id: str
    slug: str
    name: str
    short_description: str
    long_description: str
    locale: str
    task: str
    format: str
    license: str
    license_abbreviation: str
    organization: str
    organization_slug: str
    size_bytes: int | None
    checksum: str | None
    filename: str | None
    version: int | None
    visibility: str
    created_at: str
    updated_at: str
    page: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a dataset")
        organization = source.get("organization")
        owner: Mapping[str, Any] = organization if isinstance(organization, Mapping) else {}
        return cls(
            id=needed(source, "id"),
            slug=text(source, "slug"),
            name=text(source, "name"),
            short_description=text(source, "shortDescription"),
            long_description=text(source, "longDescription"),
            locale=text(source, "locale"),
            task=text(source, "task"),
            format=text(source, "format"),
            license=text(source, "license"),
            license_abbreviation=text(source, "licenseAbbreviation"),
            organization=text(owner, "name"),
            organization_slug=text(owner, "slug"),
            size_bytes=_optional_whole(source, "sizeBytes"),
            checksum=sha256(source.get("checksum")),
            filename=text(source, "filename") or None,
            version=_optional_whole(source, "version"),
            visibility=text(source, "visibility"),
            created_at=text(source, "createdAt"),
            updated_at=text(source, "updatedAt"),
            page=web_address(source.get("datasetUrl")),
            raw=source,
        )


@dataclass(frozen=True)
class DatasetPage:
    """One page of a search: its datasets and how many there are in all."""

    items: tuple[Dataset, ...]
    total: int
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a list")
        items = source.get("items")
        if not isinstance(items, list):
            raise _wrong("a list of items", items)
        return cls(tuple(Dataset.read(item) for item in items), whole(source.get("total"), "a total"), source)


@dataclass(frozen=True)
class Version:
    """One edition of a dataset's archive."""

    number: int
    filename: str
    size_bytes: int | None
    checksum: str | None
    created_at: str
    notes: str
    is_current: bool
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a version")
        return cls(
            number=whole(source.get("version"), "a version"),
            filename=text(source, "filename"),
            size_bytes=_optional_whole(source, "sizeBytes"),
            checksum=sha256(source.get("checksum")),
            created_at=text(source, "createdAt"),
            notes=text(source, "notes"),
            is_current=source.get("isCurrent") is True,
            raw=source,
        )


@dataclass(frozen=True)
class Session:
    """A granted download: where the bytes are, until when, and what they must be.

    ``version`` is None on sites that do not number versions, ``checksum`` on those that tell none.
    ``lifetime`` is in seconds from the answer, None where it is unknown.
    """

    url: str = field(repr=False)
    filename: str | None
    size_bytes: int
    checksum: str | None
    expires_at: datetime | None
    version: int | None
    lifetime: float | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object, now: datetime | None = None) -> Self:
        """Read one from a JSON object; ``now`` is the time by the site's clock, where it told it."""
        source = mapping(answer, "a download session")
        expires = instant(source.get("expiresAt"))
        life = (expires - (now or datetime.now(UTC))).total_seconds() if expires else 0.0
        url = web_address(source.get("downloadUrl"))
        if url is None:
            raise _wrong("a download address", "…")
        return cls(
            url=url,
            filename=text(source, "filename") or None,
            size_bytes=whole(source.get("sizeBytes"), "a size"),
            checksum=sha256(source.get("checksum")),
            expires_at=expires,
            # An end that has passed already tells of clocks that differ, not of the address.
            lifetime=life if life > 0 else None,
            version=_optional_whole(source, "version"),
            raw=source,
        )


@dataclass(frozen=True)
class Pieces:
    """The SHA-256 of every piece of a file, each ``piece_size`` bytes long but the last."""

    size_bytes: int
    checksum: str | None
    version: int | None
    piece_size: int
    digests: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read them from a JSON object, holding the count of pieces to the size of the file."""
        source = mapping(answer, "a list of pieces")
        size, step = whole(source.get("sizeBytes"), "a size"), whole(source.get("pieceSize"), "a piece size")
        listed = source.get("pieces")
        if text(source, "algorithm").lower() != "sha256" or not _SMALLEST_PIECE <= step <= _LARGEST_PIECE:
            raise _wrong("a piece size", step)
        if not isinstance(listed, list) or len(listed) != -(-size // step):
            raise _wrong("a count of pieces", len(listed) if isinstance(listed, list) else listed)
        digests = [sha256(piece) for piece in listed]
        if None in digests:
            raise _wrong("a piece", None)
        return cls(
            size_bytes=size,
            checksum=sha256(source.get("checksum")),
            version=_optional_whole(source, "version"),
            piece_size=step,
            digests=tuple(bytes.fromhex(digest) for digest in digests if digest),
        )


@dataclass(frozen=True)
class Limit:
    """One limit of an organization. ``limit`` and ``remaining`` are None where there is none."""

    period: str
    limit: int | None
    used: int
    remaining: int | None
    resets_at: str

    @classmethod
    def read(cls, answer: object) -> Self | None:
        """Read one from a JSON object; None where the site does not tell it."""
        if not isinstance(answer, Mapping):
            return None
        return cls(
            period=text(answer, "period"),
            limit=_optional_whole(answer, "limit"),
            used=_optional_whole(answer, "used") or 0,
            remaining=_optional_whole(answer, "remaining"),
            resets_at=text(answer, "resetsAt"),
        )


@dataclass(frozen=True)
class Account:
    """Who a key speaks for, what it may do, and what is left of its organization's limits."""

    name: str
    email: str
    organization: str
    organization_slug: str
    key_name: str
    key_prefix: str
    scopes: tuple[str, ...]
    key_expires_at: str | None
    downloads: Limit | None
    bandwidth: Limit | None
    requests: str | None
    storage_origin: str | None
    raw: Mapping[str, Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "an account")

        def part(key: str) -> Mapping[str, Any]:
            value = source.get(key)
            return value if isinstance(value, Mapping) else {}

        person, organization, key, limits = part("person"), part("organization"), part("key"), part("limits")
        requests = limits.get("requests")
        scopes = key.get("scopes")
        return cls(
            name=text(person, "name"),
            email=text(person, "email"),
            organization=text(organization, "name"),
            organization_slug=text(organization, "slug"),
            key_name=text(key, "name"),
            key_prefix=text(key, "prefix"),
            scopes=tuple(scope for scope in scopes if isinstance(scope, str))
            if isinstance(scopes, list)
            else (),
            key_expires_at=text(key, "expiresAt") or None,
            downloads=Limit.read(limits.get("downloads")),
            bandwidth=Limit.read(limits.get("bandwidth")),
            requests=(text(requests, "limit") or None) if isinstance(requests, Mapping) else None,
            storage_origin=web_address(source.get("storageOrigin")),
            raw=source,
        )
