"""The room of credentials."""

from django.apps import AppConfig


class CredentialsConfig(AppConfig):
    """Registers the room under the label ``credentials``."""

    name = "commonhold.server.credentials"
    label = "credentials"
