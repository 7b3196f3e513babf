"""From a row about a person to a caller who acts for themselves: JWT requests and session tokens."""

from collections.abc import Sequence
from typing import Any

from commonhold.server.config.environment import environment
from commonhold.server.credentials.queries import Caller
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import OPERATOR, REVIEWER, SCOPES, Viewer
from commonhold.server.organizations.rules import effective_limits

# A person with all memberships, one row for each, in the same statement as the credential. Acting for their personal
# organization (decision 4), they still see what their other organizations see.
COLUMNS = "p.id, p.is_active, p.is_reviewer, p.is_operator, o.id, o.slug, o.limits, m.organization_id, m.role"
JOINS = """
JOIN accounts_person p ON p.id = c.person_id
LEFT JOIN organizations_organization o ON o.personal_of_id = p.id
LEFT JOIN organizations_membership m ON m.person_id = p.id
"""
_FIELDS = 9


def caller_of(rows: Sequence[tuple[Any, ...]]) -> Caller | None:
    """Return who is behind the rows, whose last columns are :data:`COLUMNS`; None where they may not come in."""
    person, is_active, is_reviewer, is_operator, organization, slug, limits = rows[0][-_FIELDS:-2]
    if not is_active:
        return None
    viewer = Viewer(
        person=person,
        organization=organization,
        memberships={row[-2]: row[-1] for row in rows if row[-2] is not None},
        site_roles=frozenset(
            name for name, held in ((REVIEWER, is_reviewer), (OPERATOR, is_operator)) if held
        ),
        scopes=frozenset(SCOPES),
    )
    own = sql.as_json(limits) if limits is not None else {}
    return Caller(viewer, effective_limits(own, environment()), slug or "")
