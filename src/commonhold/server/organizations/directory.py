"""Organizations, people's own among them, as operators look them up."""

from django.db.models import Count, Q

from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization


def organizations(
    viewer: Viewer, *, words: str = "", kind: str = "", before: int | None = None, limit: int
) -> list[Organization]:
    """Return organizations, newest first, with ``people`` counted; none to those who are no operators.

    Args:
        viewer: who asks.
        words: part of the slug, or of the address of whom a personal one belongs to.
        kind: ``publishing``, ``personal`` or ``other``; all of them without it.
        before: row id to go on from.
        limit: how many at most.
    """
    if not viewer.is_operator:
        return []
    found = Organization.objects.all()
    if words:
        found = found.filter(Q(slug__icontains=words) | Q(personal_of__email__icontains=words))
    kinds = {
        "publishing": Q(can_publish=True),
        "personal": Q(personal_of__isnull=False),
        "other": Q(can_publish=False, personal_of__isnull=True),
    }
    if kind in kinds:
        found = found.filter(kinds[kind])
    if before:
        found = found.filter(pk__lt=before)
    return list(
        found.select_related("personal_of").annotate(people=Count("memberships")).order_by("-pk")[:limit]
    )


def organization(viewer: Viewer, slug: str) -> Organization | None:
    """Return one organization, a personal one too; none to those who are no operators."""
    if not viewer.is_operator:
        return None
    return Organization.objects.filter(slug=slug).select_related("personal_of").first()
