"""The switches of the whole site: one row."""

from django.db import models

INFO, WARNING, CRITICAL = "info", "warning", "critical"
SEVERITIES = (INFO, WARNING, CRITICAL)


class SiteState(models.Model):
    """What an operator has set for everybody; null means "as the environment says"."""

    read_only = models.BooleanField(null=True)
    open_catalogue = models.BooleanField(null=True)
    notice = models.JSONField(default=dict)
    notice_expires_at = models.DateTimeField(null=True)
    # The database fills it in, so that a process of the release before can still write this row.
    notice_severity = models.CharField(max_length=16, default=INFO, db_default=INFO)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="site_state_one_row"),
            models.CheckConstraint(
                condition=models.Q(notice_severity__in=SEVERITIES), name="site_notice_severity"
            ),
        ]

    def __str__(self) -> str:
        return "the site's switches"
