"""Who belongs to an organization: invitations and their answers, roles, leaving. There is always an owner."""

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet

from commonhold.server.accounts.models import Person
from commonhold.server.audit.actions import record
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import OWNER, ROLES, Viewer
from commonhold.server.organizations.actions import NotAllowedError, end_membership, set_membership
from commonhold.server.organizations.models import (
    ACCEPTED,
    DECLINED,
    PENDING,
    WITHDRAWN,
    Invitation,
    Membership,
    Organization,
)
from commonhold.server.organizations.rules import leaves_an_owner, may_manage

INVITATION_LASTS = dt.timedelta(days=14)
MOST_PENDING = 100
MOST_SHOWN = 500


class LastOwnerError(ValueError):
    """The organization would be left without an owner."""


class AlreadyMemberError(ValueError):
    """The address belongs to a member."""


class TooManyInvitationsError(ValueError):
    """As many invitations as an organization may have wait for their answer."""


class InvitationGoneError(ValueError):
    """The invitation was answered, withdrawn or is too old."""


def _locked(viewer: Viewer, organization: int) -> Organization:
    """Return the organization, with its members held still until the change is done.

    Raises:
        NotAllowedError: the viewer may not say who belongs to it, or it is a personal one.
    """
    row = Organization.objects.select_for_update().get(pk=organization)
    if not may_manage(viewer, row.pk) or row.personal_of_id is not None:
        raise NotAllowedError
    return row


@transaction.atomic
def invite(viewer: Viewer, organization: int, email: str, role: str) -> Invitation:
    """Ask the owner of an address to join; asking again renews what waits, with the new role.

    Raises:
        NotAllowedError, AlreadyMemberError, TooManyInvitationsError: as they say.
        ValueError: there is no such role.
    """
    row = _locked(viewer, organization)
    email = email.strip().lower()
    if role not in ROLES:
        raise ValueError(role)
    if Membership.objects.filter(organization=row, person__email=email).exists():
        raise AlreadyMemberError
    waiting = Invitation.objects.filter(organization=row, status=PENDING)
    invitation = waiting.filter(email=email).first()
    if invitation is None:
        if waiting.count() >= MOST_PENDING:
            raise TooManyInvitationsError
        invitation = Invitation(organization=row, email=email)
    invitation.role, invitation.invited_by = role, viewer.person
    invitation.expires_at = clock.now() + INVITATION_LASTS
    invitation.save()
    # The address is in the invitation and not in the trail, which outlives people.
    record(viewer, "organizations.invited", "organization", row.slug, invitation=invitation.pk, role=role)
    return invitation


@transaction.atomic
def withdraw(viewer: Viewer, organization: int, public_id: str) -> None:
    """Take an invitation back; one that is answered stays as it is."""
    row = _locked(viewer, organization)
    _answer(viewer, Invitation.objects.filter(organization=row, public_id=public_id), WITHDRAWN)


@transaction.atomic
def answer(viewer: Viewer, public_id: str, *, accepts: bool) -> Organization:
    """Accept or decline an invitation to the viewer's own address.

    Raises:
        InvitationGoneError: there is none that waits.
    """
    person = Person.objects.get(pk=viewer.person)
    waiting = Invitation.objects.filter(
        public_id=public_id, email=person.email, status=PENDING, expires_at__gt=clock.now()
    )
    invitation = waiting.select_related("organization").first()
    if invitation is None or not _answer(viewer, waiting, ACCEPTED if accepts else DECLINED):
        raise InvitationGoneError
    known = Membership.objects.filter(person=person, organization=invitation.organization).exists()
    if accepts and not known:  # somebody who got a role another way meanwhile keeps it
        set_membership(
            viewer, person=person.pk, organization=invitation.organization_id, role=invitation.role
        )
    return invitation.organization


def _answer(viewer: Viewer, found: QuerySet[Invitation], status: str) -> bool:
    numbers = list(found.filter(status=PENDING).values_list("pk", flat=True))
    changed = Invitation.objects.filter(pk__in=numbers, status=PENDING).update(
        status=status, answered_at=clock.now()
    )
    if changed:
        record(viewer, f"organizations.invitation_{status}", "invitation", numbers[0])
    return bool(changed)


@transaction.atomic
def change_role(viewer: Viewer, organization: int, person: int, role: str) -> None:
    """Give a member another role.

    Raises:
        NotAllowedError, LastOwnerError: as they say.
        ValueError: there is no such role, or the person is no member.
    """
    row = _locked(viewer, organization)
    if role not in ROLES or not Membership.objects.filter(organization=row, person_id=person).exists():
        raise ValueError(role)
    _keep_an_owner(row, person, role)
    set_membership(viewer, person=person, organization=row.pk, role=role)


@transaction.atomic
def remove(viewer: Viewer, organization: int, person: int) -> None:
    """End somebody's part in an organization.

    Raises:
        NotAllowedError, LastOwnerError: as they say.
    """
    row = _locked(viewer, organization)
    _keep_an_owner(row, person, None)
    end_membership(viewer, person=person, organization=row.pk)


@transaction.atomic
def leave(viewer: Viewer, organization: int) -> None:
    """End the viewer's own part in an organization.

    Raises:
        NotAllowedError: it is their personal one, or they are no member.
        LastOwnerError: nobody else owns it.
    """
    row = Organization.objects.select_for_update().get(pk=organization)
    if viewer.person is None or row.personal_of_id is not None or not viewer.is_member_of(row.pk):
        raise NotAllowedError
    _keep_an_owner(row, viewer.person, None)
    end_membership(viewer, person=viewer.person, organization=row.pk)


def _keep_an_owner(organization: Organization, person: int, role: str | None) -> None:
    owners = Membership.objects.filter(organization=organization, role=OWNER).values_list(
        "person_id", flat=True
    )
    if person in owners and not leaves_an_owner(owners, person, role):
        raise LastOwnerError


def owned_alone(person: int) -> list[Organization]:
    """Return the organizations, personal ones aside, that nobody but this person owns."""
    owned = Organization.objects.filter(
        personal_of__isnull=True, memberships__person_id=person, memberships__role=OWNER
    )
    others = Membership.objects.filter(role=OWNER).exclude(person_id=person).values("organization_id")
    return list(owned.exclude(pk__in=others).order_by("slug"))


def invitations_to(viewer: Viewer) -> list[Invitation]:
    """Return the invitations that wait for the viewer's answer."""
    email = Person.objects.filter(pk=viewer.person).values_list("email", flat=True).first()
    waiting = Invitation.objects.filter(email=email or "", status=PENDING, expires_at__gt=clock.now())
    return list(waiting.select_related("organization").order_by("-created_at")[:MOST_PENDING])


def invitations_of(viewer: Viewer, organization: int) -> list[Invitation]:
    """Return the invitations of an organization that wait; nothing to those who do not manage it."""
    if not may_manage(viewer, organization):
        return []
    return list(
        Invitation.objects.filter(organization_id=organization, status=PENDING).order_by("-created_at")
    )


def members_of(viewer: Viewer, organization: int) -> list[Membership]:
    """Return an organization's members with their people, longest first; nothing to those who are none of them."""
    if not viewer.is_member_of(organization):
        return []
    found = Membership.objects.filter(organization_id=organization).select_related("person")
    return list(found.order_by("pk")[:MOST_SHOWN])
