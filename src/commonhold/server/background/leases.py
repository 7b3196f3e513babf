"""Taking jobs up, keeping them, and laying them down again: every change asks whether the lease is still held."""

import datetime as dt
import random

from django.db import IntegrityError, transaction
from django.db.models import Q

from commonhold.server.background.models import FAILED, RUNNING, WAITING, Job
from commonhold.server.background.registry import Task
from commonhold.server.kit import clock

LEASE = dt.timedelta(seconds=30)
HEARTBEAT_SECONDS = 8.0
_SHORTEST_WAIT, _LONGEST_WAIT = 2.0, 3600.0
_LONGEST_ERROR = 2000


def claim(lane: str, holder: str) -> Job | None:
    """Take the job that is due longest and return it, or None where none is due.

    A job whose holder let the lease run out is due at once: whoever held it is dead, or as good as dead.
    """
    moment = clock.now()
    with transaction.atomic():
        due = Q(status=WAITING, run_at__lte=moment) | Q(status=RUNNING, lease_until__lt=moment)
        job = (
            Job.objects.select_for_update(skip_locked=True)
            .filter(due, lane=lane)
            .order_by("run_at", "id")
            .first()
        )
        if job is None:
            return None
        job.status, job.holder, job.lease_until = RUNNING, holder, moment + LEASE
        job.attempts += 1
        job.save(update_fields=["status", "holder", "lease_until", "attempts"])
    return job


def extend(job: int, holder: str) -> bool:
    """Keep a lease alive; False where it is lost."""
    held = Job.objects.filter(pk=job, holder=holder, status=RUNNING)
    return bool(held.update(lease_until=clock.now() + LEASE))


def finish(job: Job) -> None:
    """Take a job that is done off the list, or set it for its next time."""
    held = Job.objects.filter(pk=job.pk, holder=job.holder, status=RUNNING)
    if job.every_seconds is None:
        held.delete()
    else:
        _wait_again(job, job.every_seconds, "", attempts=0)


def put_back(job: Job, seconds: float = 0.0) -> None:
    """Lay a job down as if it had not been begun."""
    _wait_again(job, seconds, job.error, attempts=max(0, job.attempts - 1))


def fail(job: Job, task: Task | None, error: str) -> bool:
    """Note a failure; return whether that was the last attempt."""
    error = error[-_LONGEST_ERROR:]
    if job.every_seconds is not None:
        _wait_again(job, min(job.every_seconds, backoff(job.attempts)), error, attempts=job.attempts)
        return False
    if task is not None and job.attempts < task.attempts:
        _wait_again(job, backoff(job.attempts), error, attempts=job.attempts)
        return False
    Job.objects.filter(pk=job.pk, holder=job.holder, status=RUNNING).update(
        status=FAILED, holder="", lease_until=None, error=error
    )
    return True


def backoff(attempts: int) -> float:
    """Return the seconds to wait after so many attempts: doubling, with a random fifth on top, at most an hour."""
    return min(_LONGEST_WAIT, _SHORTEST_WAIT * 2.0 ** min(attempts, 16)) * random.uniform(1.0, 1.2)  # noqa: S311


def _wait_again(job: Job, seconds: float, error: str, *, attempts: int) -> None:
    held = Job.objects.filter(pk=job.pk, holder=job.holder, status=RUNNING)
    try:
        with transaction.atomic():
            held.update(
                status=WAITING,
                holder="",
                lease_until=None,
                attempts=attempts,
                error=error,
                run_at=clock.now() + dt.timedelta(seconds=seconds),
            )
    except IntegrityError:
        # The same was asked for while this ran: that job does this one's work.
        held.delete()


def ensure_periodic(task: Task) -> None:
    """See to it that a task that comes again and again is on the list."""
    if task.every is None:
        return
    every = int(task.every.total_seconds())
    key = f"periodic:{task.name}"
    found = Job.objects.filter(key=key)
    if found.exists():
        found.exclude(every_seconds=every).update(every_seconds=every)
        return
    job = Job(name=task.name, lane=task.lane, key=key, every_seconds=every)
    Job.objects.bulk_create([job], ignore_conflicts=True)
