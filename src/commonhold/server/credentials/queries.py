"""From the text of a credential to who is asking."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from commonhold.server.config.environment import environment
from commonhold.server.credentials import keys, refusals
from commonhold.server.credentials.actions import PURPOSE
from commonhold.server.credentials.models import ApiKey
from commonhold.server.credentials.refusals import Refusal
from commonhold.server.kit import clock, sql
from commonhold.server.kit.secrets import derive_all, digest
from commonhold.server.kit.viewer import OPERATOR, REVIEWER, Viewer
from commonhold.server.organizations.rules import Limits, effective_limits


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent a request, and what their organization may use."""

    viewer: Viewer
    limits: Limits
    organization_slug: str


_HOLDER = """
SELECT k.id, k.scopes, k.expires_at, p.id, p.is_reviewer, p.is_operator, o.id, o.slug, o.limits, m.role
FROM credentials_apikey k
JOIN accounts_person p ON p.id = k.person_id AND p.is_active
JOIN organizations_organization o ON o.id = k.organization_id
JOIN organizations_membership m ON m.person_id = p.id AND m.organization_id = o.id
WHERE k.revoked_at IS NULL AND k.digest IN ("""


def caller_with_key(text: str) -> Caller | None:
    """Return whose key ``text`` is, in one statement; None where it is unknown, expired, revoked or misspelled.

    A key lives only while its person is active and still a member of its organization.
    """
    if not keys.is_well_formed(text):
        return None
    digests = [digest(key, text) for key in _digest_keys()]
    found = sql.row(_HOLDER + sql.placeholders(digests) + ")", digests)
    if found is None:
        return None
    key, scopes, expires_at, person, is_reviewer, is_operator, organization, slug, limits, role = found
    if _is_past(sql.as_utc(expires_at)):
        return None
    viewer = Viewer(
        person=person,
        organization=organization,
        memberships={organization: role},
        site_roles=frozenset(
            name for name, held in ((REVIEWER, is_reviewer), (OPERATOR, is_operator)) if held
        ),
        scopes=frozenset(sql.as_json(scopes)),
        credential=key,
    )
    return Caller(viewer, effective_limits(sql.as_json(limits), environment()), slug)


def why_not(text: str) -> Refusal:
    """Return why :func:`caller_with_key` found nobody: expired, revoked with its person or by them, or never a key."""
    if not keys.is_well_formed(text):
        return refusals.UNDECODABLE
    row = ApiKey.objects.filter(digest__in=[digest(key, text) for key in _digest_keys()]).first()
    if row is None:
        return refusals.UNDECODABLE
    return refusals.EXPIRED if row.revoked_at is None and _is_past(row.expires_at) else refusals.INCORRECT


def keys_of(viewer: Viewer) -> QuerySet[ApiKey]:
    """Return the viewer's own live keys, newest first."""
    return (
        ApiKey.objects.filter(person_id=viewer.person, revoked_at__isnull=True)
        .select_related("organization")
        .order_by("-created_at", "-id")
    )


def account_of(viewer: Viewer) -> dict[str, Any] | None:
    """Return person, organization and key behind an API key, as plain values."""
    key = (
        ApiKey.objects.filter(pk=viewer.credential, person_id=viewer.person)
        .select_related("person", "organization")
        .first()
    )
    if key is None:
        return None
    return {
        "person": {"name": key.person.name, "email": key.person.email, "locale": key.person.locale},
        "organization": {"name": key.organization.name, "slug": key.organization.slug},
        "key": {"name": key.name, "prefix": key.prefix, "scopes": key.scopes, "expires_at": key.expires_at},
    }


_cached: tuple[bytes, ...] = ()


def _digest_keys() -> tuple[bytes, ...]:
    global _cached  # noqa: PLW0603  derived once for the process: the secrets never change within it
    if not _cached:
        _cached = derive_all(environment().secrets, PURPOSE)
    return _cached


def _is_past(moment: dt.datetime | None) -> bool:
    return moment is not None and moment <= clock.now()
