"""Reading the trail: operators only, newest first, from key to key."""

import datetime as dt
from dataclasses import dataclass

from commonhold.server.audit.models import Entry
from commonhold.server.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Sought:
    """What entries are wanted; what is empty or None narrows nothing.

    Attributes:
        actor: row id of who acted.
        action: how the action begins, such as ``catalogue.``.
        object_kind: to what it was done, such as ``dataset``.
        object_id: to which of them.
        since: not before then.
        until: before then.
    """

    actor: int | None = None
    action: str = ""
    object_kind: str = ""
    object_id: str = ""
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def entries(viewer: Viewer, sought: Sought, *, before: int | None = None, limit: int) -> list[Entry]:
    """Return entries below the key ``before``, newest first; none to those who are no operators."""
    if not viewer.is_operator:
        return []
    found = Entry.objects.all()
    if sought.actor is not None:
        found = found.filter(actor=sought.actor)
    if sought.action:
        found = found.filter(action__startswith=sought.action)
    for name in ("object_kind", "object_id"):
        if value := getattr(sought, name):
            found = found.filter(**{name: value})
    if sought.since is not None:
        found = found.filter(at__gte=sought.since)
    if sought.until is not None:
        found = found.filter(at__lt=sought.until)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])
