"""Background work of the catalogue."""

import logging

from commonhold.server.background.registry import task
from commonhold.server.catalogue.models import DatasetVersion, Sample
from commonhold.server.catalogue.removal import DELETE_FILES
from commonhold.server.catalogue.states import PUBLISHED
from commonhold.server.config.environment import environment
from commonhold.server.storage.store import object_store

_log = logging.getLogger(__name__)


@task(DELETE_FILES)
def delete_objects(keys: list[str]) -> None:
    """Delete objects that nothing published names: a dataset that was published again meanwhile keeps its files."""
    store = object_store(environment(), public_url="")
    kept = set(
        DatasetVersion.objects.filter(object_key__in=keys, dataset__status=PUBLISHED).values_list(
            "object_key", flat=True
        )
    ) | set(
        Sample.objects.filter(object_key__in=keys, dataset__status=PUBLISHED).values_list(
            "object_key", flat=True
        )
    )
    for key in keys:
        if key not in kept:
            store.delete(key)
    _log.info("deleted %d files", len(keys) - len(kept))
