"""Turning the site's switches."""

from typing import Any

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.kit.viewer import Viewer
from commonhold.server.site import marker, queries, read_only
from commonhold.server.site.models import SiteState


def change(viewer: Viewer | None, **switches: Any) -> None:
    """Set ``read_only``, ``open_catalogue``, ``notice`` (a locale-to-text object), its expiry or its severity.

    Args:
        viewer: the operator (None: at the command line).
        **switches: new values of fields of :class:`SiteState`.
    """
    if viewer is None:
        # Only the operator at the command line lifts read-only mode (decision 14): the session is theirs alone.
        read_only.lift()
    with transaction.atomic():
        _change(viewer, switches)


def _change(viewer: Viewer | None, switches: dict[str, Any]) -> None:
    state, _ = SiteState.objects.get_or_create(pk=1)
    for name, value in switches.items():
        setattr(state, name, value)
    if state.read_only:
        marker.announce()
    state.save()
    record(viewer, "site.switched", "site", "1", **{name: str(value) for name, value in switches.items()})
    transaction.on_commit(_follow)


def _follow() -> None:
    queries.forget()
    marker.bring_in_step()
