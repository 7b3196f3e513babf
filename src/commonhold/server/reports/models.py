"""Reports: what somebody says is wrong with a dataset, and what an operator answered."""

from django.db import models

from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.reports.rules import KINDS, OPEN, STATUSES


class Report(models.Model):
    """What somebody says is wrong with a dataset.

    Attributes:
        kind: copyright, personal data, abuse, other.
        email: where the answer goes; empty for none.
        person: row id of the sender, if they were signed in; a plain identifier, which outlives the person.
        locale: what the sender reads.
        status: open, or how it was answered.
        reason: the answer's.
    """

    public_id = models.CharField(max_length=64, unique=True, default=new_id)
    dataset = models.ForeignKey(Dataset, on_delete=models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=16)
    message = models.TextField()
    email = models.EmailField(max_length=254, blank=True)
    person = models.BigIntegerField(null=True, blank=True)
    locale = models.CharField(max_length=20, default=DEFAULT_LOCALE)
    status = models.CharField(max_length=16, default=OPEN)
    reason = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["status", "id"], name="reports_report_queue")]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=KINDS), name="reports_report_kind"),
            models.CheckConstraint(condition=models.Q(status__in=STATUSES), name="reports_report_status"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} about {self.dataset}: {self.status}"
