"""The room of submissions."""

from django.apps import AppConfig


class SubmissionsConfig(AppConfig):
    """Registers the room under the label ``submissions``."""

    name = "commonhold.server.submissions"
    label = "submissions"

    def ready(self) -> None:
        """Listen for people who leave."""
        from commonhold.server.submissions.leaving import listen  # noqa: PLC0415  models load after the apps

        listen()
