"""The room of organizations."""

from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    """Registers the room under the label ``organizations``."""

    name = "commonhold.server.organizations"
    label = "organizations"

    def ready(self) -> None:
        """Listen for people who join."""
        from commonhold.server.organizations.actions import listen  # noqa: PLC0415  models load after the apps

        listen()
