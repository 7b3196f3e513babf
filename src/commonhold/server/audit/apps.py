"""The room of audit."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Registers the room under the label ``audit``."""

    name = "commonhold.server.audit"
    label = "audit"
