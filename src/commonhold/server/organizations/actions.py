"""Changes to organizations and memberships."""

import re
import secrets
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from commonhold.server.accounts.news import PersonJoined, PersonLeft
from commonhold.server.audit.actions import record
from commonhold.server.kit import events
from commonhold.server.kit.translation import (
    DEFAULT_LOCALE,
    DefaultTextMissingError,
    default_locale_of,
    merge,
)
from commonhold.server.kit.viewer import OWNER, Viewer
from commonhold.server.organizations.models import Invitation, Membership, Organization
from commonhold.server.organizations.rules import may_describe


def give_personal_organization(news: PersonJoined) -> None:
    """Give a new person the organization of their own that decision 4 promises: never listed, never publishing."""
    stem = re.sub(r"[^a-z0-9]+", "-", news.email.split("@")[0].lower()).strip("-")[:40] or "person"
    organization = Organization.objects.create(
        slug=f"{stem}-{secrets.token_hex(4)}",
        name={DEFAULT_LOCALE: news.name or news.email.split("@")[0]},
        personal_of_id=news.person,
    )
    Membership.objects.create(person_id=news.person, organization=organization, role=OWNER)


@transaction.atomic
def save_organization(viewer: Viewer | None, organization: Organization, changes: Mapping[str, Any]) -> bool:
    """Write ``changes`` to an organization, new or known, and return whether anything changed."""
    fresh = organization.pk is None
    changed = {
        name: value for name, value in changes.items() if fresh or getattr(organization, name) != value
    }
    if not changed and not fresh:
        return False
    for name, value in changed.items():
        setattr(organization, name, value)
    organization.save()
    verb = "organizations.created" if fresh else "organizations.changed"
    record(viewer, verb, "organization", organization.slug, fields=sorted(changed))
    return True


class NotAllowedError(PermissionError):
    """The viewer's role does not let them do this."""


@transaction.atomic
def describe_organization(
    viewer: Viewer,
    organization: int,
    *,
    texts: Mapping[str, Mapping[str, str | None] | None],
    plain: Mapping[str, Any],
) -> None:
    """Change name, description and website: what an organization's owners do.

    Args:
        viewer: who changes it.
        organization: row id.
        texts: translations to merge, of ``name`` and ``description``; None takes all of a description away.
        plain: ``website``.

    Raises:
        NotAllowedError: the viewer may not.
        DefaultTextMissingError: a field would lose its text in the default locale, with the field as a note.
    """
    row = Organization.objects.select_for_update().get(pk=organization)
    if not may_describe(viewer, row.pk):
        raise NotAllowedError
    changes = dict(plain)
    default = default_locale_of(row.name)
    for column, given in texts.items():
        try:
            changes[column] = merge(getattr(row, column), given, default, required=column == "name")
        except DefaultTextMissingError as error:
            error.add_note(column)
            raise
    save_organization(viewer, row, changes)


@transaction.atomic
def set_membership(viewer: Viewer | None, *, person: int, organization: int, role: str) -> None:
    """Give a person a role in an organization, or change it."""
    _, created = Membership.objects.update_or_create(
        person_id=person, organization_id=organization, defaults={"role": role}
    )
    verb = "organizations.member_added" if created else "organizations.role_changed"
    record(viewer, verb, "organization", organization, person=person, role=role)


@transaction.atomic
def end_membership(viewer: Viewer | None, *, person: int, organization: int) -> None:
    """End a person's part in an organization; their keys for it stop working at once."""
    ended, _ = Membership.objects.filter(person_id=person, organization_id=organization).delete()
    if ended:
        record(viewer, "organizations.member_removed", "organization", organization, person=person)


def forget_person(news: PersonLeft) -> None:
    """Delete invitations to somebody who leaves; memberships and the personal organization go with their row."""
    Invitation.objects.filter(email__in=news.addresses).delete()


def listen() -> None:
    """Subscribe to the news this room acts on."""
    events.subscribe(PersonJoined, give_personal_organization)
    events.subscribe(PersonLeft, forget_person)
