"""The room of catalogue."""

from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    """Registers the room under the label ``catalogue``."""

    name = "commonhold.server.catalogue"
    label = "catalogue"
