"""Asking to publish, and what operators answer. A new organization comes into being with the right, not before."""

import re
import secrets

from django.db import IntegrityError, transaction
from django.db.models import Case, IntegerField, QuerySet, When

from commonhold.server.audit.actions import record
from commonhold.server.kit import clock
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.kit.viewer import OPERATOR, OWNER, Viewer
from commonhold.server.organizations.actions import NotAllowedError, save_organization, set_membership
from commonhold.server.organizations.models import GRANTED, PENDING, REFUSED, Organization, RightsRequest
from commonhold.server.organizations.rules import may_manage


class AlreadyAskedError(ValueError):
    """A request of this person waits for its answer."""


class DecidedError(ValueError):
    """The request was decided meanwhile."""


def ask(viewer: Viewer, *, organization: int | None, proposed_name: str, message: str) -> RightsRequest:
    """Ask for the right to publish, for an organization the viewer owns or (None) for a new one of that name.

    Raises:
        NotAllowedError: the organization is not theirs, or nobody is known behind the request.
        AlreadyAskedError: as it says.
    """
    if viewer.person is None or (organization is not None and not may_manage(viewer, organization)):
        raise NotAllowedError
    try:
        with transaction.atomic():
            made = RightsRequest.objects.create(
                person_id=viewer.person,
                organization_id=organization,
                proposed_name="" if organization else proposed_name,
                message=message,
            )
            record(viewer, "organizations.rights_asked", "rights_request", made.public_id)
    except IntegrityError:
        raise AlreadyAskedError from None
    return made


@transaction.atomic
def decide(viewer: Viewer, public_id: str, *, grants: bool, reason: str) -> RightsRequest:
    """Grant or refuse a request.

    Raises:
        NotAllowedError: the viewer is no operator.
        DecidedError: it was decided meanwhile, or there is none.
    """
    if OPERATOR not in viewer.site_roles:
        raise NotAllowedError
    asked = (
        RightsRequest.objects.select_for_update(of=("self",))
        .filter(public_id=public_id, status=PENDING)
        .first()
    )
    if asked is None:
        raise DecidedError
    if grants:
        asked.organization = _grant(viewer, asked)
    asked.status, asked.reason = GRANTED if grants else REFUSED, reason
    asked.decided_at, asked.decided_by = clock.now(), viewer.person
    asked.save()
    record(viewer, f"organizations.rights_{asked.status}", "rights_request", asked.public_id)
    return asked


def _grant(viewer: Viewer, asked: RightsRequest) -> Organization:
    organization = asked.organization
    if organization is not None:
        save_organization(viewer, organization, {"can_publish": True})
        return organization
    organization = Organization(slug=_slug(asked.proposed_name))
    save_organization(
        viewer, organization, {"name": {DEFAULT_LOCALE: asked.proposed_name}, "can_publish": True}
    )
    set_membership(viewer, person=asked.person_id, organization=organization.pk, role=OWNER)
    return organization


def _slug(name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:60] or "organization"
    taken = Organization.objects.filter(slug=stem).exists()
    return f"{stem}-{secrets.token_hex(4)}" if taken else stem


def requests_of(viewer: Viewer) -> list[RightsRequest]:
    """Return what the viewer asked for, newest first."""
    return list(
        RightsRequest.objects.filter(person_id=viewer.person)
        .select_related("organization")
        .order_by("-requested_at")[:20]
    )


def all_requests(viewer: Viewer) -> QuerySet[RightsRequest]:
    """Return every request, those that wait first, longest first; nothing to those who are no operators."""
    if OPERATOR not in viewer.site_roles:
        return RightsRequest.objects.none()
    waiting_first = Case(When(status=PENDING, then=0), default=1, output_field=IntegerField())
    return RightsRequest.objects.select_related("person", "organization").order_by(
        waiting_first, "requested_at", "pk"
    )
