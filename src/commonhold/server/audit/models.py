"""The trail of what was done, by whom, to what: plain identifiers, never changed, never deleted."""

from django.db import models

from commonhold.server.kit import clock


class Entry(models.Model):
    """One thing done. Rows of other tables are named by identifier only, so the trail outlives them."""

    at = models.DateTimeField(default=clock.now, db_index=True)
    actor = models.BigIntegerField(null=True)
    organization = models.BigIntegerField(null=True)
    action = models.CharField(max_length=64)
    object_kind = models.CharField(max_length=32)
    object_id = models.CharField(max_length=64)
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["object_kind", "object_id"], name="audit_entry_object"),
            models.Index(fields=["actor", "id"], name="audit_entry_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.object_kind} {self.object_id}"
