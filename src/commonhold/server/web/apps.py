"""The room of web."""

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Registers the room under the label ``web``."""

    name = "commonhold.server.web"
    label = "web"
