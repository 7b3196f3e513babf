"""What is counted: numbers by dataset and day, and for one day the marks that keep a visitor from counting twice."""

from django.db import models

from commonhold.server.statistics.rules import KINDS


class DayCount(models.Model):
    """Downloads of one version, or views (``version`` 0), of one dataset on one UTC day."""

    dataset = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    day = models.DateField()
    version = models.PositiveIntegerField(default=0)
    count = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "kind", "day", "version"], name="statistics_count_once"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="statistics_count_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.kind} of {self.dataset} on {self.day}"


class Mark(models.Model):
    """Somebody looked at a dataset on a day: a keyed hash, of no use without the day's key, deleted a day later."""

    day = models.DateField()
    mark = models.CharField(max_length=32)
    dataset = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["day", "mark"], name="statistics_mark_once")]

    def __str__(self) -> str:
        return f"a visitor of {self.dataset} on {self.day}"


class Progress(models.Model):
    """Up to which access record (row id) downloads are counted: one row."""

    record = models.BigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "progress"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="statistics_progress_one_row")]

    def __str__(self) -> str:
        return f"counted up to {self.record}"
