"""The room of the two dialects."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registers the room under the label ``api``, for its templates."""

    name = "commonhold.server.api"
    label = "api"
