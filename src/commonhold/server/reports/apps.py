"""The room of reports."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Registers the room under the label ``reports``."""

    name = "commonhold.server.reports"
    label = "reports"
