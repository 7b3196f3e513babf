"""The room of reports."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the room under the label ``reports``."""

    name = "commonhold.server.reports"
    label = "reports"

    def ready(self) -> None:
        """Listen for people who leave."""
        from commonhold.server.reports import leaving  # noqa: PLC0415  models load after the apps

        leaving.listen()
