"""The switches of the whole site: one row."""

from django.db import models


class SiteState(models.Model):
    """What an operator has set for everybody; null means "as the environment says"."""

    read_only = models.BooleanField(null=True)
    open_catalogue = models.BooleanField(null=True)
    notice = models.JSONField(default=dict)
    notice_expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="site_state_one_row")]

    def __str__(self) -> str:
        return "the site's switches"
