"""Files go with their dataset: once a removal holds, URLs already given die with the objects behind them (decision 19).

Deleting is a background job, so that a process that dies on the way deletes nothing too little, and the operator's
grace period can pass first.
"""

import datetime as dt
from collections.abc import Sequence

from commonhold.server.background.actions import enqueue
from commonhold.server.catalogue.actions import DatasetRemoved
from commonhold.server.config.environment import environment
from commonhold.server.kit import events

DELETE_FILES = "catalogue.delete_files"


def delete_files(news: DatasetRemoved) -> None:
    """Have the objects of a removed dataset deleted, after the operator's grace period."""
    delete_later(news.object_keys, after=dt.timedelta(seconds=environment().removal_grace))


def delete_later(keys: Sequence[str], *, after: dt.timedelta = dt.timedelta()) -> None:
    """Have objects deleted once the running transaction has held. Named by nothing then, they stay deleted."""
    if keys:
        enqueue(DELETE_FILES, after=after, keys=list(keys))


def listen() -> None:
    """Subscribe to the news this room acts on."""
    events.subscribe(DatasetRemoved, delete_files)
