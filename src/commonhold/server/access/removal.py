"""Everyone who downloaded a dataset is told when it is removed (decision 19)."""

from commonhold.server.background.actions import enqueue
from commonhold.server.catalogue.actions import DatasetRemoved
from commonhold.server.kit import events

TELL = "access.tell_of_removal"


def tell_downloaders(news: DatasetRemoved) -> None:
    """Have everyone told who was granted a download of the dataset."""
    enqueue(TELL, dataset=news.dataset)


def listen() -> None:
    """Subscribe to the news this room acts on."""
    events.subscribe(DatasetRemoved, tell_downloaders)
