"""Reads of the catalogue. The hot ones are single statements that hand over plain rows."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.search import index
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer

NEWEST, SIZE, RELEVANCE = "newest", "size", "relevance"


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """A dataset with its current (or the asked) version, as read in one statement; texts are locale-to-text objects."""

    row_id: int
    public_id: str
    slug: str
    organization: int
    organization_slug: str
    organization_name: Mapping[str, str]
    platform_fee_rate: str
    visibility: str
    status: str
    status_reason: str
    default_locale: str
    name: Mapping[str, str]
    short_description: Mapping[str, str]
    long_description: Mapping[str, str]
    locale: str
    task: str
    format: str
    license_abbreviation: str
    license_name: str
    license_url: str
    is_paid: bool
    base_price_cents: int | None
    currency: str
    has_sample: bool
    submission_public_id: str
    created_at: dt.datetime
    updated_at: dt.datetime
    version_id: int | None
    version: int | None
    filename: str | None
    size_bytes: int | None
    sha256: str | None
    version_created_at: dt.datetime | None
    contact_name: str
    contact_email: str
    show_contact: bool


# The columns of DatasetRow, in its order.
COLUMNS = """
d.id, d.public_id, d.slug, d.organization_id, o.slug, o.name,
coalesce(nullif(d.platform_fee_rate, ''), o.platform_fee_rate), d.visibility, d.status,
d.status_reason, d.default_locale, d.name, d.short_description, d.long_description, d.locale, d.task, d.format,
d.license_abbreviation, d.license_name, d.license_url, d.is_paid, d.base_price_cents, d.currency, d.has_sample,
d.submission_public_id, d.created_at, d.updated_at, v.id, v.number, v.filename, v.size_bytes, v.sha256,
v.created_at, d.contact_name, d.contact_email, d.show_contact
"""
_JSON = (5, 11, 12, 13)
_TIMES = (25, 26, 32)

OWNER = "JOIN organizations_organization o ON o.id = d.organization_id"
CURRENT_VERSION = "LEFT JOIN catalogue_datasetversion v ON v.id = d.current_version_id"
# Reads the rows of what a statement has found as ``hits``.
ROWS_OF_HITS = (
    f"SELECT {COLUMNS} FROM hits h JOIN catalogue_dataset d ON d.id = h.id {OWNER} {CURRENT_VERSION}"  # noqa: S608
)
_NUMBERED = "LEFT JOIN catalogue_datasetversion v ON v.dataset_id = d.id AND v.number = %s"


def dataset(viewer: Viewer, name: str, version: int | None = None) -> DatasetRow | None:
    """Return the dataset with this public id or slug, whatever the viewer may do with it: ``access.rules`` decides.

    Args:
        viewer: who is asking.
        name: public id, or slug.
        version: the version to show; None for the current one.
    """
    del viewer  # the answer must not depend on it: a refusal has to tell "private" from "not there"
    statement = (
        f"SELECT {COLUMNS} FROM catalogue_dataset d "  # noqa: S608  built of this module's own pieces only
        f"{OWNER} {CURRENT_VERSION if version is None else _NUMBERED} "
        "WHERE d.public_id = %s OR d.slug = %s LIMIT 2"
    )
    parameters = [name, name] if version is None else [version, name, name]
    found = sql.rows(statement, parameters)
    if not found:
        return None
    return read_row(next((row for row in found if row[1] == name), found[0]))


@dataclass(frozen=True, slots=True)
class VersionRow:
    """One edition of a dataset's archive."""

    number: int
    filename: str
    size_bytes: int
    sha256: str
    notes: Mapping[str, str]
    created_at: dt.datetime | None


def versions(viewer: Viewer, dataset: int, *, limit: int, offset: int) -> list[VersionRow]:
    """Return one page of the versions of a dataset (row id) that the viewer was already found to see, newest first."""
    del viewer  # they are the same for all
    found = sql.rows(
        "SELECT number, filename, size_bytes, sha256, notes, created_at FROM catalogue_datasetversion "
        "WHERE dataset_id = %s ORDER BY number DESC LIMIT %s OFFSET %s",
        [dataset, limit, offset],
    )
    return [VersionRow(*row[:4], sql.as_json(row[4]), sql.as_utc(row[5])) for row in found]


def count_versions(viewer: Viewer, dataset: int) -> int:
    """Return how many versions :func:`versions` pages through."""
    del viewer  # as above
    found = sql.row("SELECT count(*) FROM catalogue_datasetversion WHERE dataset_id = %s", [dataset])
    return int(found[0]) if found else 0


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to; several values of one key mean "any of them"."""

    query: str = ""
    tasks: Sequence[str] = ()
    locales: Sequence[str] = ()
    licenses: Sequence[str] = ()
    formats: Sequence[str] = ()
    organizations: Sequence[str] = ()
    visibilities: Sequence[str] = ()
    created_since: dt.datetime | None = None
    has_sample: bool = False
    is_paid: bool | None = None
    sort: str = NEWEST
    descending: bool = True

    def __post_init__(self) -> None:
        """Make equal what asks for the same, however it was collected."""
        for name in ("tasks", "locales", "licenses", "formats", "organizations", "visibilities"):
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(slots=True)
class Selection:
    """A list's FROM and WHERE with their parameters, in the order in which they stand."""

    joins: str = ""
    conditions: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, condition: str, *parameters: Any) -> None:
        """Narrow the list to what fulfils a condition."""
        self.conditions.append(condition)
        self.parameters += parameters

    def add_any(self, column: str, values: Sequence[Any]) -> None:
        """Narrow the list to what has one of the values, where there are any."""
        if values:
            self.add(f"{column} IN ({sql.placeholders(values)})", *values)

    def text(self, joins: str = "") -> str:
        """Return FROM and WHERE, with further joins where they are needed; a count needs none."""
        return f"FROM catalogue_dataset d {self.joins} {joins} WHERE {' AND '.join(self.conditions)}"


def newest(viewer: Viewer, *, limit: int, offset: int) -> tuple[list[DatasetRow], int]:
    """Return one page of everything in the viewer's list, newest first, and the list's length.

    The length is kept, and a deep page starts from a kept key (``stretches``): no page costs more than a few hundred
    rows, wherever it lies. Two statements.
    """
    total, start = stretches.find(viewer, offset)
    if offset >= total:
        return [], total
    own = sorted(viewer.memberships)
    condition, parameters = visible_condition(viewer)
    skip = "%s"
    if start.since is None:
        parameters = [*parameters, limit, start.skip]
    else:
        condition += " AND (d.created_at, d.id) < (%s, %s)"
        parameters = [*parameters, start.since, start.since_id, limit, start.skip]
        if own:
            skip = (
                "%s - (SELECT count(*) FROM catalogue_dataset p "  # noqa: S608  as above
                "WHERE p.status = 'published' AND p.visibility = 'private' "
                f"AND p.organization_id IN ({sql.placeholders(own)}) AND (p.created_at, p.id) >= (%s, %s))"
            )
            parameters += [*own, start.since, start.since_id]
    # What is skipped is passed over in the index, and joined to nothing.
    statement = (
        f"WITH hits AS (SELECT d.id FROM catalogue_dataset d WHERE {condition} "  # noqa: S608  as above
        f"ORDER BY d.created_at DESC, d.id DESC LIMIT %s OFFSET {skip}) "
        f"{ROWS_OF_HITS} ORDER BY d.created_at DESC, d.id DESC"
    )
    return [read_row(row) for row in sql.rows(statement, parameters)], total


def filter_values(viewer: Viewer) -> dict[str, list[str]]:
    """Return the locales, licences and formats that the viewer's list carries now, each sorted."""
    where, parameters = visible_condition(viewer)
    found: dict[str, list[str]] = {}
    for name, column in (("locales", "locale"), ("licenses", "license_abbreviation"), ("formats", "format")):
        statement = (
            f"SELECT DISTINCT d.{column} FROM catalogue_dataset d "  # noqa: S608  as above
            f"WHERE {where} AND d.{column} <> '' ORDER BY 1 LIMIT 1000"
        )
        found[name] = [row[0] for row in sql.rows(statement, parameters)]
    return found


def visible_condition(viewer: Viewer) -> tuple[str, list[Any]]:
    """Return the one condition, with parameters, under which a dataset ``d`` shows in the viewer's lists.

    The same rule as ``rules.is_listed_for``, in SQL; every list, count and facet goes through here.
    """
    mine = sorted(viewer.memberships)
    if not mine:
        return "d.status = 'published' AND d.visibility IN ('public', 'restricted')", []
    condition = (
        "d.status = 'published' AND (d.visibility IN ('public', 'restricted') "
        f"OR d.organization_id IN ({sql.placeholders(mine)}))"
    )
    return condition, list(mine)


def select(viewer: Viewer, filters: Filters) -> Selection | None:
    """Return which datasets of the viewer's list the filters leave; None for a query without a word."""
    selection = Selection()
    if filters.query:
        match = index.match(filters.query)
        if match is None:
            return None
        selection.joins = match.join
        selection.parameters += match.parameters
    condition, parameters = visible_condition(viewer)
    selection.add(condition, *parameters)
    selection.add_any("d.task", filters.tasks)
    selection.add_any("d.locale", filters.locales)
    selection.add_any("d.license_abbreviation", filters.licenses)
    selection.add_any("d.format", filters.formats)
    if filters.organizations:
        among = sql.placeholders(filters.organizations)
        selection.add(
            f"d.organization_id IN (SELECT id FROM organizations_organization WHERE slug IN ({among}))",  # noqa: S608
            *filters.organizations,
        )
    selection.add_any("d.visibility", filters.visibilities)
    if filters.created_since is not None:
        selection.add("d.created_at >= %s", filters.created_since)
    if filters.has_sample:
        selection.add("d.has_sample")
    if filters.is_paid is not None:
        selection.add("d.is_paid" if filters.is_paid else "NOT d.is_paid")
    return selection


def read_row(values: tuple[Any, ...]) -> DatasetRow:
    """Return a row of :data:`COLUMNS` as a dataset."""
    converted = list(values)
    for position in _JSON:
        converted[position] = sql.as_json(values[position])
    for position in _TIMES:
        converted[position] = sql.as_utc(values[position])
    return DatasetRow(*converted)


@dataclass(frozen=True, slots=True)
class File:
    """A version of a dataset, or its sample (``number`` None), as its page lists it."""

    number: int | None
    filename: str
    size_bytes: int
    sha256: str
    created_at: dt.datetime | None
    notes: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Datasheet:
    """What only a dataset's own page shows of it; texts are locale-to-text objects."""

    restrictions: Mapping[str, str]
    forbidden_usage: Mapping[str, str]
    additional_conditions: Mapping[str, str]
    contact_name: str
    contact_email: str
    versions: Sequence[File]
    sample: File | None
    beside: Sequence[Any] = ()


_DATASHEET = """
SELECT d.restrictions, d.forbidden_usage, d.additional_conditions, d.show_contact, d.contact_name, d.contact_email,
       v.number, v.filename, v.size_bytes, v.sha256, v.created_at, v.notes,
       s.filename, s.size_bytes, s.sha256, s.created_at{beside}
FROM catalogue_dataset d
LEFT JOIN catalogue_datasetversion v ON v.dataset_id = d.id
LEFT JOIN catalogue_sample s ON s.dataset_id = d.id
WHERE d.id = %s ORDER BY v.number DESC LIMIT %s
"""


def datasheet(
    viewer: Viewer, dataset: int, versions: int = 100, beside: Sequence[sql.Scalar] = ()
) -> Datasheet:
    """Return the rest of a dataset that the viewer was already allowed to see, in one statement.

    Args:
        viewer: who sees it.
        dataset: row id.
        versions: how many of its versions at most, the newest.
        beside: values that another room wants read in the same statement.
    """
    del viewer  # allowed already
    statement = _DATASHEET.format(beside="".join(f", ({scalar.statement})" for scalar in beside))
    more = [parameter for scalar in beside for parameter in scalar.parameters]
    found = sql.rows(statement, [*more, dataset, versions])
    restrictions, forbidden, additional, show_contact, contact_name, contact_email = found[0][:6]
    files = [
        File(number, filename, size, sha256, sql.as_utc(created_at), sql.as_json(notes) or {})
        for number, filename, size, sha256, created_at, notes in (row[6:12] for row in found)
        if number is not None
    ]
    name, size, sha256, created_at = found[0][12:16]
    return Datasheet(
        restrictions=sql.as_json(restrictions) or {},
        forbidden_usage=sql.as_json(forbidden) or {},
        additional_conditions=sql.as_json(additional) or {},
        contact_name=contact_name if show_contact else "",
        contact_email=contact_email if show_contact else "",
        versions=files,
        sample=File(None, name, size, sha256, sql.as_utc(created_at), {}) if name else None,
        beside=found[0][16:],
    )


def facets(viewer: Viewer) -> dict[str, list[str]]:
    """Return the tasks, locales, licences and formats that the viewer's list carries, in one statement."""
    where, parameters = visible_condition(viewer)
    columns = {"task": "task", "locale": "locale", "license": "license_abbreviation", "format": "format"}
    statement = " UNION ALL ".join(
        f"SELECT '{name}', d.{column} FROM catalogue_dataset d WHERE {where} AND d.{column} <> '' GROUP BY d.{column}"  # noqa: S608  as above
        for name, column in columns.items()
    )
    found: dict[str, list[str]] = {name: [] for name in columns}
    for name, value in sql.rows(statement, parameters * len(columns)):
        found[name].append(value)
    return {name: sorted(values) for name, values in found.items()}
