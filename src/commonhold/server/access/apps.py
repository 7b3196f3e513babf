"""The room of access."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Registers the room under the label ``access``."""

    name = "commonhold.server.access"
    label = "access"

    def ready(self) -> None:
        """Listen for removals."""
        from commonhold.server.access.removal import listen  # noqa: PLC0415  models load after the apps

        listen()
