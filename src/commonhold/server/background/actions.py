"""Asking for background work, in the transaction that makes it necessary: both hold, or neither."""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from commonhold.server.background.models import FAILED, QUICK, WAITING, Job
from commonhold.server.kit import clock


def enqueue(
    name: str,
    *,
    lane: str = QUICK,
    key: str = "",
    after: dt.timedelta | None = None,
    **arguments: Any,
) -> None:
    """Ask for a job.

    Args:
        name: of the task, as ``jobs.py`` of its room registers it.
        lane: the task's lane.
        key: while a job with this key waits, asking again changes nothing.
        after: not before that long from now.
        arguments: for the handler.
    """
    run_at = clock.now() + (after or dt.timedelta())
    job = Job(name=name, lane=lane, key=key, run_at=run_at, arguments=arguments)
    # A job that waits under the same key stays as it is, and its time with it.
    Job.objects.bulk_create([job], ignore_conflicts=True)


def retry(job: int) -> bool:
    """Have a job that has failed for good done again, with all its attempts; False where it is no such job."""
    failed = Job.objects.filter(pk=job, status=FAILED)
    try:
        with transaction.atomic():
            return bool(failed.update(status=WAITING, attempts=0, run_at=clock.now()))
    except IntegrityError:
        # The same was asked for meanwhile and waits: that job does this one's work.
        return bool(failed.delete()[0])


def retry_all(name: str) -> None:
    """Ask anew for every job of this name that has failed for good; the failed ones go."""
    for job in Job.objects.filter(name=name, status=FAILED):
        with transaction.atomic():
            enqueue(name, lane=job.lane, key=job.key, **job.arguments)
            drop(job.pk)


def drop(job: int) -> bool:
    """Take a job that has failed for good off the list; False where it is no such job."""
    return bool(Job.objects.filter(pk=job, status=FAILED).delete()[0])


def forget(name: str, **arguments: Any) -> None:
    """Delete the jobs of this name with these arguments, whatever became of them."""
    Job.objects.filter(name=name, **{f"arguments__{key}": value for key, value in arguments.items()}).delete()
