"""The room of messages."""

from django.apps import AppConfig


class MailConfig(AppConfig):
    """Registers the room under the label ``mail``."""

    name = "commonhold.server.mail"
    label = "mail"
