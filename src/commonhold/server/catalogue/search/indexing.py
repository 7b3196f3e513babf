"""Which texts of a dataset are found, and all of them put into the index anew."""

from collections.abc import Callable

from django.db import connection, transaction

from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.search import index
from commonhold.server.kit.translation import every_text

_BATCH = 200


def put(dataset: Dataset) -> None:
    """Put a dataset's texts into the index, in place of what was there."""
    index.write(
        dataset.pk,
        [*every_text(dataset.name), dataset.slug],
        [*every_text(dataset.short_description, dataset.long_description), dataset.task, dataset.format],
    )


@transaction.atomic
def rebuild(tick: Callable[[int], None]) -> None:
    """Make the index of all datasets anew; ``tick`` is told how many are done."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM catalogue_search")
        cursor.execute("DELETE FROM catalogue_word")
    done, last = 0, 0
    while batch := list(Dataset.objects.filter(pk__gt=last).order_by("pk")[:_BATCH]):
        for dataset in batch:
            put(dataset)
        done, last = done + len(batch), batch[-1].pk
        tick(done)
