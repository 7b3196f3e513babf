"""Writing the trail, in the transaction of the change it tells of."""

from typing import Any

from commonhold.server.audit.models import Entry
from commonhold.server.kit.viewer import Viewer


def record(
    viewer: Viewer | None, action: str, object_kind: str, object_id: str | int, **details: Any
) -> None:
    """Note that ``viewer`` (None: the operator at the command line) did ``action`` to an object.

    Args:
        viewer: who acted.
        action: room and verb, such as ``credentials.key_revoked``.
        object_kind: what it was done to, such as ``dataset``.
        object_id: its public identifier, slug or row id.
        details: plain values; never a secret.
    """
    Entry.objects.create(
        actor=viewer.person if viewer else None,
        organization=viewer.organization if viewer else None,
        action=action,
        object_kind=object_kind,
        object_id=str(object_id),
        details=details,
    )
