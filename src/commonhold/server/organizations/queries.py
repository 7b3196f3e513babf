"""Reads of organizations and memberships."""

from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Membership, Organization


def memberships_of(person: int) -> list[Membership]:
    """Return a person's memberships with person and organization, in one statement; the personal organization first."""
    found = list(
        Membership.objects.filter(person_id=person)
        .select_related("person", "organization")
        .order_by("organization__slug")
    )
    return sorted(found, key=lambda membership: membership.organization.personal_of_id is None)


def organization(viewer: Viewer, slug: str) -> Organization | None:
    """Return the organization of that name. Personal ones are never shown to anybody (decision 4)."""
    del viewer  # the profile of an organization is open to everyone
    return Organization.objects.filter(slug=slug, personal_of__isnull=True).first()


def publishers_of(organization: int) -> list[Membership]:
    """Return who may publish for an organization, so that they can be told of what waits for them."""
    return list(
        Membership.objects.filter(
            organization_id=organization, role__in=["owner", "publisher"], person__is_active=True
        ).select_related("person")[:100]
    )
