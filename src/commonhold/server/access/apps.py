"""The room of access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Registers the room under the label ``access``."""

    name = "commonhold.server.access"
    label = "access"
