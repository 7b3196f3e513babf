"""The room of people."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Registers the room under the label ``accounts``."""

    name = "commonhold.server.accounts"
    label = "accounts"
