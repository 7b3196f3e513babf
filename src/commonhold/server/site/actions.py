"""Turning the site's switches."""

from typing import Any

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.kit.viewer import Viewer
from commonhold.server.site import queries
from commonhold.server.site.models import SiteState


@transaction.atomic
def change(viewer: Viewer | None, **switches: Any) -> None:
    """Set ``read_only``, ``open_catalogue``, ``notice`` (a locale-to-text object) or ``notice_expires_at``."""
    state, _ = SiteState.objects.get_or_create(pk=1)
    for name, value in switches.items():
        setattr(state, name, value)
    state.save()
    record(viewer, "site.switched", "site", "1", **{name: str(value) for name, value in switches.items()})
    transaction.on_commit(queries.forget)
