"""Hot reads of organizations and members, as plain rows.

Personal organizations show to their own person only (decision 4).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class OrganizationRow:
    """An organization, its texts as locale-to-text objects."""

    row_id: int
    public_id: str
    slug: str
    name: Mapping[str, str]
    description: Mapping[str, str]
    website: str
    can_publish: bool
    personal_of: int | None
    created_at: dt.datetime


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One person's part in an organization."""

    name: str
    email: str
    role: str
    since: dt.datetime


_COLUMNS = "o.id, o.public_id, o.slug, o.name, o.description, o.website, o.can_publish, o.personal_of_id, o.created_at"


def organization(viewer: Viewer, slug: str) -> OrganizationRow | None:
    """Return the organization with this slug, if the viewer may know of it."""
    found = sql.row(f"SELECT {_COLUMNS} FROM organizations_organization o WHERE o.slug = %s", [slug])  # noqa: S608  constants
    row = _row(found) if found else None
    return row if row and row.personal_of in (None, viewer.person) else None


def listed(viewer: Viewer, *, limit: int, offset: int) -> list[OrganizationRow]:
    """Return one page of the organizations that show to everybody, by slug."""
    del viewer  # the list is the same for all
    statement = (
        f"SELECT {_COLUMNS} FROM organizations_organization o WHERE o.personal_of_id IS NULL "  # noqa: S608  constants
        "ORDER BY o.slug LIMIT %s OFFSET %s"
    )
    return [_row(found) for found in sql.rows(statement, [limit, offset])]


def count_listed(viewer: Viewer) -> int:
    """Return how many organizations show to everybody."""
    del viewer  # as above
    found = sql.row("SELECT count(*) FROM organizations_organization WHERE personal_of_id IS NULL")
    return int(found[0]) if found else 0


def members(viewer: Viewer, organization: int, *, limit: int, offset: int) -> list[MemberRow]:
    """Return one page of an organization's members, longest first; nothing to those who are none of them."""
    if not viewer.is_member_of(organization):
        return []
    found = sql.rows(
        "SELECT p.name, p.email, m.role, m.since FROM organizations_membership m "
        "JOIN accounts_person p ON p.id = m.person_id WHERE m.organization_id = %s ORDER BY m.id LIMIT %s OFFSET %s",
        [organization, limit, offset],
    )
    return [MemberRow(name, email, role, _time(since)) for name, email, role, since in found]


def count_members(viewer: Viewer, organization: int) -> int:
    """Return how many members an organization has; 0 to those who are none of them."""
    if not viewer.is_member_of(organization):
        return 0
    found = sql.row(
        "SELECT count(*) FROM organizations_membership WHERE organization_id = %s", [organization]
    )
    return int(found[0]) if found else 0


def memberships_of(viewer: Viewer) -> list[tuple[OrganizationRow, str]]:
    """Return the organizations the viewer acts in, as far as the credential shows, with the role in each."""
    own = sorted(viewer.memberships)
    if not own:
        return []
    statement = (
        f"SELECT {_COLUMNS} FROM organizations_organization o "  # noqa: S608  placeholders only
        f"WHERE o.id IN ({sql.placeholders(own)}) ORDER BY o.slug"
    )
    return [(row, viewer.memberships[row.row_id]) for row in map(_row, sql.rows(statement, own))]


def _row(found: tuple[object, ...]) -> OrganizationRow:
    row_id, public_id, slug, name, description, website, can_publish, personal_of, created_at = found
    return OrganizationRow(
        row_id, public_id, slug, sql.as_json(name), sql.as_json(description), website, bool(can_publish),  # type: ignore[arg-type]
        personal_of, _time(created_at),  # type: ignore[arg-type]
    )  # fmt: skip


def _time(value: object) -> dt.datetime:
    moment = sql.as_utc(value)  # type: ignore[arg-type]  as each database hands it over
    if moment is None:
        message = "a time that is never null is null"
        raise TypeError(message)
    return moment
