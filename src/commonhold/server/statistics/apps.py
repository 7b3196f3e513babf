"""The room of statistics."""

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    """Registers the room under the label ``statistics``."""

    name = "commonhold.server.statistics"
    label = "statistics"
