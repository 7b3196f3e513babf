"""Jobs."""

from django.db import models

from commonhold.server.kit import clock

WAITING, RUNNING, FAILED = "waiting", "running", "failed"
QUICK, HEAVY = "quick", "heavy"
LANES = (QUICK, HEAVY)


class Job(models.Model):
    """One thing to do. A finished job is deleted, unless it comes again every so often.

    Attributes:
        name: which handler does it (``submissions.verify``).
        lane: ``quick`` (mail, cleaning) or ``heavy`` (reading whole archives): each is worked off by itself.
        arguments: plain values for the handler.
        key: of the waiting jobs with the same key there is only one; empty for none.
        run_at: not before then.
        attempts: how often it was begun.
        every_seconds: it comes again after that long; null: once.
        holder: the runner that works on it.
        lease_until: while the clock is before that, nobody else takes it up.
        error: what went wrong last.
    """

    name = models.CharField(max_length=64)
    lane = models.CharField(max_length=16, default=QUICK)
    arguments = models.JSONField(default=dict)
    key = models.CharField(max_length=128, blank=True)
    status = models.CharField(max_length=16, default=WAITING)
    run_at = models.DateTimeField(default=clock.now)
    attempts = models.PositiveIntegerField(default=0)
    every_seconds = models.PositiveIntegerField(null=True, blank=True)
    holder = models.CharField(max_length=64, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["lane", "status", "run_at"], name="background_job_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=models.Q(status=WAITING) & ~models.Q(key=""),
                name="background_job_waits_once",
            ),
            models.CheckConstraint(
                condition=models.Q(status__in=[WAITING, RUNNING, FAILED]), name="background_job_status"
            ),
            models.CheckConstraint(condition=models.Q(lane__in=LANES), name="background_job_lane"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.status})"
