"""The room of submissions."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Registers the room under the label ``submissions``."""

    name = "commonhold.server.submissions"
    label = "submissions"
