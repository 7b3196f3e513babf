"""The room of the site's own switches."""

from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Registers the room under the label ``site``."""

    name = "commonhold.server.site"
    label = "site"
