"""Counting downloads, from the access records that every granted download leaves."""

import datetime as dt
from collections import Counter
from itertools import takewhile

from django.db import transaction
from django.db.models.functions import TruncDate

from commonhold.server.access.models import DOWNLOAD, AccessRecord
from commonhold.server.catalogue.models import DatasetVersion
from commonhold.server.kit import clock
from commonhold.server.statistics import rules
from commonhold.server.statistics.models import DayCount, Mark, Progress

BATCH = 5000
# A record of a transaction that was slow to hold may appear below newer ones: those of the last minutes are read again.
SETTLED_AFTER = dt.timedelta(minutes=5)


def count_downloads() -> None:
    """Bring the counts up to the newest access records; counting the same ones again changes nothing."""
    after: int | None = 0
    while after is not None:
        after = _count_some(after)


@transaction.atomic
def _count_some(after: int) -> int | None:
    """Count one batch of the records beyond the row id ``after``, and return where it ended if there may be more.

    What is older than the settling time need not be looked at again; what is younger is counted now and once more
    next time, for a record with a lower id may still appear.
    """
    progress, _ = Progress.objects.select_for_update().get_or_create(pk=1)
    begin = max(after, progress.record)
    fresh = AccessRecord.objects.filter(pk__gt=begin).order_by("pk")
    records = list(fresh.values_list("pk", "granted_at")[:BATCH])
    if not records:
        return None
    end = records[-1][0]
    touched = (
        AccessRecord.objects.filter(pk__gt=begin, pk__lte=end, kind=DOWNLOAD)
        .annotate(on=TruncDate("granted_at", tzinfo=dt.UTC))
        .values_list("dataset", "on")
        .distinct()
    )
    for dataset, day in sorted(touched):
        recount(dataset, day)
    since = clock.now() - SETTLED_AFTER
    settled = [key for key, _ in takewhile(lambda record: record[1] < since, records)]
    if settled and begin == progress.record:
        progress.record = settled[-1]
        progress.save(update_fields=["record"])
    return end if len(records) == BATCH else None


def recount(dataset: int, day: dt.date) -> None:
    """Count a dataset's (row id) downloads of one day anew: once for each person, organization and version."""
    begin = dt.datetime.combine(day, dt.time(), dt.UTC)
    granted = AccessRecord.objects.filter(
        dataset=dataset, kind=DOWNLOAD, granted_at__gte=begin, granted_at__lt=begin + dt.timedelta(days=1)
    )
    numbers = dict(DatasetVersion.objects.filter(dataset_id=dataset).values_list("pk", "number"))
    once = set(granted.values_list("version", "person", "organization"))
    for number, count in Counter(numbers.get(version, 0) for version, _, _ in once).items():
        DayCount.objects.update_or_create(
            dataset=dataset, kind=rules.DOWNLOAD, day=day, version=number, defaults={"count": count}
        )


def forget_marks() -> None:
    """Delete the marks of days that are over: from then on nobody can tell one visitor from another."""
    Mark.objects.filter(day__lt=clock.today() - dt.timedelta(days=1)).delete()
