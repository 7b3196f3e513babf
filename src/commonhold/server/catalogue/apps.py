"""The room of the catalogue."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the room under the label ``catalogue``."""

    name = "commonhold.server.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        """Listen for removals and for people who leave."""
        from commonhold.server.catalogue import leaving, removal  # noqa: PLC0415  models load after the apps

        removal.listen()
        leaving.listen()
