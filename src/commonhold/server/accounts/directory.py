"""People, as operators look them up."""

from django.db.models import Q

from commonhold.server.accounts.models import Person
from commonhold.server.kit.viewer import OPERATOR, REVIEWER, Viewer

ACTIVE, DEACTIVATED = "active", "deactivated"
# To how many operators a letter about what waits goes.
MOST_OPERATORS = 50


def people(
    viewer: Viewer, *, words: str = "", role: str = "", state: str = "", before: int | None = None, limit: int
) -> list[Person]:
    """Return people, newest first, those below the row id ``before``; none to those who are no operators.

    Args:
        viewer: who asks.
        words: part of address or name.
        role: ``reviewer`` or ``operator``.
        state: ``active`` or ``deactivated``.
        before: row id to go on from.
        limit: how many at most.
    """
    if not viewer.is_operator:
        return []
    found = Person.objects.all()
    if words:
        found = found.filter(Q(email__icontains=words) | Q(name__icontains=words))
    if role in {REVIEWER, OPERATOR}:
        found = found.filter(**{f"is_{role}": True})
    if state in {ACTIVE, DEACTIVATED}:
        found = found.filter(is_active=state == ACTIVE)
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def person(viewer: Viewer, row_id: int) -> Person | None:
    """Return one person; nobody to those who are no operators."""
    return Person.objects.filter(pk=row_id).first() if viewer.is_operator else None


def names(viewer: Viewer, row_ids: set[int]) -> dict[int, str]:
    """Return the addresses of people by row id, as far as they are still here."""
    if not viewer.is_operator or not row_ids:
        return {}
    return dict(Person.objects.filter(pk__in=row_ids).values_list("pk", "email"))


def with_address(viewer: Viewer, address: str) -> int | None:
    """Return the row id of the person with this address."""
    if not viewer.is_operator:
        return None
    return Person.objects.filter(email=address.strip().lower()).values_list("pk", flat=True).first()


def operators() -> list[Person]:
    """Return who runs the site, so that they can be told of what waits for them: the first of very many."""
    return list(Person.objects.filter(is_operator=True, is_active=True).order_by("pk")[:MOST_OPERATORS])
