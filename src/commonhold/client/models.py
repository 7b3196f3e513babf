"""What a data collective says of datasets and grants, as plain frozen values.

Unknown keys are ignored, missing optional ones are empty, and what matters is held to its type (:mod:`.fields`).
``raw`` keeps the whole answer, for what this version does not name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self

from commonhold.client.fields import (
    instant,
    mapping,
    needed,
    optional_whole,
    sha256,
    text,
    web_address,
    whole,
    wrong,
)

_SMALLEST_PIECE, _LARGEST_PIECE = 1 << 16, 1 << 30


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
            size_bytes=optional_whole(source, "sizeBytes"),
            checksum=sha256(source.get("checksum")),
            filename=text(source, "filename") or None,
            version=optional_whole(source, "version"),
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
            raise wrong("a list of items", items)
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
            size_bytes=optional_whole(source, "sizeBytes"),
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
            raise wrong("a download address", "…")
        return cls(
            url=url,
            filename=text(source, "filename") or None,
            size_bytes=whole(source.get("sizeBytes"), "a size"),
            checksum=sha256(source.get("checksum")),
            expires_at=expires,
            # An end that has passed already tells of clocks that differ, not of the address.
            lifetime=life if life > 0 else None,
            version=optional_whole(source, "version"),
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
            raise wrong("a piece size", step)
        if not isinstance(listed, list) or len(listed) != -(-size // step):
            raise wrong("a count of pieces", len(listed) if isinstance(listed, list) else listed)
        digests = [sha256(piece) for piece in listed]
        if None in digests:
            raise wrong("a piece", None)
        return cls(
            size_bytes=size,
            checksum=sha256(source.get("checksum")),
            version=optional_whole(source, "version"),
            piece_size=step,
            digests=tuple(bytes.fromhex(digest) for digest in digests if digest),
        )
