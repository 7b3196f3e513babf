"""Making and revoking API keys."""

import datetime as dt
from collections.abc import Iterable

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.config.environment import environment
from commonhold.server.credentials import keys
from commonhold.server.credentials.models import ApiKey
from commonhold.server.kit import clock
from commonhold.server.kit.secrets import derive, digest
from commonhold.server.kit.viewer import PUBLISH, SCOPES, Viewer
from commonhold.server.organizations.models import Organization

PURPOSE = "api-key"


class KeyNameTakenError(ValueError):
    """The person already has a live key of that name for that organization."""


@transaction.atomic
def create_key(
    viewer: Viewer | None,
    *,
    person: int,
    organization: int,
    name: str,
    scopes: Iterable[str] = SCOPES,
    expires_at: dt.datetime | None = None,
    key: str | None = None,
) -> tuple[ApiKey, str]:
    """Make a key, or take the given one, and return it with its text, which is shown once and kept nowhere.

    A key made before its organization may publish never has that scope: it has to be made anew (collective-api.md 4.3).

    Raises:
        KeyNameTakenError: a live key of that name exists.
        ValueError: the given text is no key.
    """
    text = key or keys.new_key()
    if not keys.is_well_formed(text):
        message = "That is no API key: its form or its checksum is wrong."
        raise ValueError(message)
    if ApiKey.objects.filter(
        person_id=person, organization_id=organization, name=name, revoked_at__isnull=True
    ).exists():
        message = f"There is already a key named {name!r}."
        raise KeyNameTakenError(message)
    may_publish = Organization.objects.filter(pk=organization, can_publish=True).exists()
    row = ApiKey.objects.create(
        name=name,
        person_id=person,
        organization_id=organization,
        prefix=keys.prefix_of(text),
        digest=digest(derive(environment().secret_key, PURPOSE), text),
        scopes=[scope for scope in SCOPES if scope in set(scopes) and (scope != PUBLISH or may_publish)],
        expires_at=expires_at,
    )
    record(viewer, "credentials.key_created", "api_key", row.pk, prefix=row.prefix, scopes=row.scopes)
    return row, text


@transaction.atomic
def revoke_key(viewer: Viewer | None, row: ApiKey) -> None:
    """End a key at once; revoking twice is no error."""
    changed = ApiKey.objects.filter(pk=row.pk, revoked_at__isnull=True).update(revoked_at=clock.now())
    if changed:
        record(viewer, "credentials.key_revoked", "api_key", row.pk, prefix=row.prefix)
