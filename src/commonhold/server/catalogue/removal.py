"""Files go with their dataset: once a removal holds, URLs already given die with their objects (decision 19)."""

import logging

from django.db import transaction

from commonhold.server.catalogue.actions import DatasetRemoved
from commonhold.server.config.environment import environment
from commonhold.server.kit import events
from commonhold.server.storage.store import object_store

_log = logging.getLogger(__name__)


def delete_files(news: DatasetRemoved) -> None:
    """Delete the objects of a removed dataset, after the transaction that removes it has held."""
    if news.object_keys:
        transaction.on_commit(lambda: _delete(news.object_keys))


def _delete(keys: tuple[str, ...]) -> None:
    store = object_store(environment(), public_url="")
    for key in keys:
        store.delete(key)
    _log.info("deleted %d files of a removed dataset", len(keys))


def listen() -> None:
    """Subscribe to the news this room acts on."""
    events.subscribe(DatasetRemoved, delete_files)
