"""Reads of background jobs, for operators."""

from dataclasses import dataclass

from django.db.models import Count

from commonhold.server.background.models import FAILED, RUNNING, WAITING, Job
from commonhold.server.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Work:
    """How many jobs wait, are being done, and have failed for good."""

    waiting: int
    running: int
    failed: int


def work(viewer: Viewer) -> Work:
    """Return how background work stands; nothing to those who are no operators."""
    if not viewer.is_operator:
        return Work(0, 0, 0)
    counts = dict(Job.objects.values_list("status").annotate(Count("id")))
    return Work(counts.get(WAITING, 0), counts.get(RUNNING, 0), counts.get(FAILED, 0))


def failed_jobs(viewer: Viewer, *, before: int | None, limit: int) -> list[Job]:
    """Return jobs that have failed for good, newest first, those below the row id ``before``."""
    if not viewer.is_operator:
        return []
    found = Job.objects.filter(status=FAILED)
    return list((found.filter(pk__lt=before) if before else found).order_by("-pk")[:limit])


def troubled_jobs(viewer: Viewer, limit: int = 20) -> list[Job]:
    """Return jobs that will be tried again after a failure, those tried most often first."""
    if not viewer.is_operator:
        return []
    return list(Job.objects.filter(status=WAITING).exclude(error="").order_by("-attempts", "-pk")[:limit])
