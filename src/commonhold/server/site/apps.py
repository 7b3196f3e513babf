"""The room of the site's own switches."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SiteConfig(AppConfig):
    """Registers the room under the label ``site``."""

    name = "commonhold.server.site"
    label = "site"

    def ready(self) -> None:
        """See to it that the store beside this site begins in step with the switch: every start migrates."""
        post_migrate.connect(_mend_marker, sender=self, dispatch_uid="site.marker")


def _mend_marker(**_: object) -> None:
    from commonhold.server.site.marker import bring_in_step  # noqa: PLC0415  apps load before what they hold

    bring_in_step()
