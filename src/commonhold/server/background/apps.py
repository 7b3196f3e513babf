"""The room of background work."""

from django.apps import AppConfig


class BackgroundConfig(AppConfig):
    """Registers the room under the label ``background``."""

    name = "commonhold.server.background"
    label = "background"
