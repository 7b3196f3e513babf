"""What operators do about background jobs that have failed for good."""

from django.db import transaction

from commonhold.server.audit.actions import record
from commonhold.server.background import actions
from commonhold.server.background.models import FAILED, Job
from commonhold.server.kit.viewer import Viewer


class NotAllowedError(PermissionError):
    """The viewer is no operator."""


@transaction.atomic
def retry_job(viewer: Viewer, job: int) -> bool:
    """Have a failed job (row id) done again; False where it no longer waits for that."""
    name = _failed(viewer, job)
    if name is None or not actions.retry(job):
        return False
    record(viewer, "health.job_retried", "job", job, name=name)
    return True


@transaction.atomic
def drop_job(viewer: Viewer, job: int) -> bool:
    """Give a failed job (row id) up; False where it is no longer there."""
    name = _failed(viewer, job)
    if name is None or not actions.drop(job):
        return False
    record(viewer, "health.job_dropped", "job", job, name=name)
    return True


def _failed(viewer: Viewer, job: int) -> str | None:
    if not viewer.is_operator:
        raise NotAllowedError
    return Job.objects.filter(pk=job, status=FAILED).values_list("name", flat=True).first()
