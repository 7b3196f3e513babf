"""The room of the catalogue."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the room under the label ``catalogue``."""

    name = "commonhold.server.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Listen for removals."""
        from commonhold.server.catalogue.removal import listen  # noqa: PLC0415  models load after the apps

        listen()
