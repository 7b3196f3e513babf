"""The bodies under ``/api/``, as types: what is sent, and what the OpenAPI document says is sent.

Names are those of seed 000 and of the official client. Keys the seed shows keep the seed's meaning and type.
"""

from collections.abc import Sequence
from typing import Annotated

import msgspec
from msgspec import Meta

from commonhold.server.catalogue.queries import DatasetRow, File
from commonhold.server.kit import clock
from commonhold.server.kit.translation import pick
from commonhold.server.kit.viewer import Viewer

Digits = Annotated[str, Meta(pattern="^[0-9]+$", description="A number of bytes, as decimal digits.")]
Checksum = Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")]
Moment = Annotated[
    str, Meta(description="UTC, as 2025-08-26T12:00:00Z.", extra_json_schema={"format": "date-time"})
]


class Shape(msgspec.Struct, rename="camel", frozen=True):
    """A JSON object with camelCase keys."""


class OrganizationReference(Shape):
    """Who publishes a dataset."""

    name: str
    slug: str


class Pricing(Shape):
    """What a dataset costs; everything but ``isPaid`` is null for a free one. The rate is a decimal string."""

    is_paid: bool
    base_price_cents: int | None = None
    currency: str | None = None
    platform_fee_rate: str | None = None
    platform_fee_cents: int | None = None
    total_price_cents: int | None = None


class Described(Shape, kw_only=True):
    """What a list item and the details have in common."""

    id: str
    slug: str
    name: str
    short_description: str | None
    long_description: str | None
    locale: str | None
    created_at: Moment
    updated_at: Moment
    organization: OrganizationReference
    license: str | None
    license_abbreviation: str | None
    license_url: str | None
    task: str | None
    format: str | None
    dataset_url: str
    filename: str | None
    checksum: Checksum | None
    visibility: str
    pricing: Pricing
    is_paid: bool
    base_price_cents: int | None
    version: int | None
    has_sample: bool
    submission_id: str | msgspec.UnsetType = msgspec.UNSET


class DatasetSummary(Described, kw_only=True):
    """A dataset in a list; ``sizeBytes`` is a number here (decision 5)."""

    size_bytes: int | None


class DatasetDetails(Described, kw_only=True):
    """A dataset by itself; ``sizeBytes`` is a string of digits, as the seed shows."""

    size_bytes: Digits | None


class DatasetList(Shape):
    """A page of datasets; a page past the end is empty."""

    items: list[DatasetSummary]
    total: int


class DatasetVersion(Shape):
    """One edition of a dataset's archive."""

    version: int
    filename: str
    size_bytes: Digits
    checksum: Checksum
    created_at: Moment | None
    notes: str | None
    is_current: bool


class VersionList(Shape):
    """Every version of a dataset, the newest first."""

    items: list[DatasetVersion]
    total: int


class DatasetFilters(Shape):
    """What a list can be narrowed to: every task there is, and what the catalogue carries now of the rest."""

    tasks: list[str]
    locales: list[str]
    licenses: list[str]
    formats: list[str]


class DownloadSession(Shape):
    """A granted download. The URL answers Range requests until ``expiresAt``."""

    access_record_id: str
    download_token: str
    download_url: str
    expires_at: Moment
    size_bytes: Digits
    content_type: str
    filename: str
    checksum: Checksum
    version: int


class SampleSession(Shape):
    """A granted download of a sample."""

    download_url: str
    expires_at: Moment
    size_bytes: Digits
    content_type: str
    filename: str
    checksum: Checksum


class Pieces(Shape):
    """The SHA-256 of each piece of an archive, in order: a client proves and repairs pieces one by one."""

    dataset_id: str
    version: int
    filename: str
    size_bytes: Digits
    checksum: Checksum
    algorithm: str
    piece_size: int
    pieces: list[Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]]


class AccountPerson(Shape):
    """Whose key it is."""

    name: str
    email: str


class AccountKey(Shape):
    """The key itself, without its secret."""

    name: str
    prefix: str
    scopes: list[str]
    expires_at: Moment | None


class DailyLimit(Shape):
    """Where the organization stands today; null is no limit."""

    period: str
    limit: int | None
    used: int
    remaining: int | None
    resets_at: Moment


class RequestLimit(Shape):
    """How many requests the organization may send."""

    limit: str | None


class AccountLimits(Shape):
    """All limits of the organization."""

    downloads: DailyLimit
    bandwidth: DailyLimit
    requests: RequestLimit


class Account(Shape):
    """Who the key stands for and what is left of today; ``storageOrigin`` is where downloads come from."""

    person: AccountPerson
    organization: OrganizationReference
    key: AccountKey
    limits: AccountLimits
    storage_origin: str


class Health(Shape):
    """The site answers."""

    status: str


class QuotaLimit(Shape):
    """The seed's ``limit`` object."""

    period: str
    remaining: int
    resets_at: Moment


class Error(Shape, omit_defaults=True):
    """Every refusal. ``error`` is fixed English text; ``message`` says what is wrong here and what to do next."""

    error: str
    message: str | None = None
    details: dict[str, str] | None = None
    limit: QuotaLimit | None = None
    type: str | None = None
    reason: str | None = None
    agree_url: str | None = None
    request_url: str | None = None


def details(viewer: Viewer, row: DatasetRow, lang: str | None, site: str) -> DatasetDetails:
    """Return a dataset as its details show it."""
    size = None if row.size_bytes is None else str(row.size_bytes)
    return DatasetDetails(size_bytes=size, **_described(viewer, row, lang, site))


def summary(viewer: Viewer, row: DatasetRow, lang: str | None, site: str) -> DatasetSummary:
    """Return a dataset as a list shows it."""
    return DatasetSummary(size_bytes=row.size_bytes, **_described(viewer, row, lang, site))


def versions(row: DatasetRow, files: Sequence[File], lang: str | None) -> VersionList:
    """Return a dataset's versions as the API lists them."""
    found = [
        DatasetVersion(
            version=file.number or 0,
            filename=file.filename,
            size_bytes=str(file.size_bytes),
            checksum=f"sha256:{file.sha256}",
            created_at=clock.iso(file.created_at) if file.created_at else None,
            notes=pick(file.notes, lang, row.default_locale),
            is_current=file.number == row.version,
        )
        for file in files
    ]
    return VersionList(items=found, total=len(found))


def _described(viewer: Viewer, row: DatasetRow, lang: str | None, site: str) -> dict[str, object]:
    default = row.default_locale
    described: dict[str, object] = {
        "id": row.public_id,
        "slug": row.slug,
        "name": pick(row.name, lang, default) or row.slug,
        "short_description": pick(row.short_description, lang, default),
        "long_description": pick(row.long_description, lang, default),
        "locale": row.locale or None,
        "created_at": clock.iso(row.created_at),
        "updated_at": clock.iso(row.updated_at),
        "organization": OrganizationReference(
            name=pick(row.organization_name, lang, "en-US") or next(iter(row.organization_name.values()), ""),
            slug=row.organization_slug,
        ),
        "license": row.license_name or row.license_abbreviation or None,
        "license_abbreviation": row.license_abbreviation or None,
        "license_url": row.license_url or None,
        "task": row.task or None,
        "format": row.format or None,
        "dataset_url": f"{site}/datasets/{row.public_id}",
        "filename": row.filename,
        "checksum": f"sha256:{row.sha256}" if row.sha256 else None,
        "visibility": row.visibility,
        "pricing": _pricing(row),
        "is_paid": bool(row.is_paid),
        "base_price_cents": row.base_price_cents if row.is_paid else None,
        "version": row.version,
        "has_sample": bool(row.has_sample),
    }
    if row.submission_public_id and viewer.is_member_of(row.organization):
        described["submission_id"] = row.submission_public_id
    return described


_FREE = Pricing(is_paid=False)


def _pricing(row: DatasetRow) -> Pricing:
    if not row.is_paid or row.base_price_cents is None:
        return _FREE
    fee = round(row.base_price_cents * float(row.platform_fee_rate))
    return Pricing(
        is_paid=True,
        base_price_cents=row.base_price_cents,
        currency=row.currency or "usd",
        platform_fee_rate=row.platform_fee_rate,
        platform_fee_cents=fee,
        total_price_cents=row.base_price_cents + fee,
    )
