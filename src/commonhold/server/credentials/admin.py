"""Operators' window on credentials."""

from django.contrib import admin

from commonhold.server.credentials.models import ApiKey, JwtCredential, SessionToken
from commonhold.server.kit.administration import Window, site


@admin.register(ApiKey, site=site)
class ApiKeyWindow(Window):
    """API keys: nothing here can be used as one."""

    list_display = ("prefix", "name", "person", "organization", "created_at", "last_used_at", "revoked_at")
    list_select_related = ("person", "organization")
    search_fields = ("prefix", "name", "person__email")
    ordering = ("-pk",)
    exclude = ("digest",)


@admin.register(JwtCredential, site=site)
class JwtCredentialWindow(Window):
    """Issuers of JWT requests, without their secrets."""

    list_display = ("issuer", "person", "created_at", "revoked_at")
    list_select_related = ("person",)
    search_fields = ("issuer", "person__email")
    ordering = ("-pk",)
    exclude = ("encrypted_secret",)


@admin.register(SessionToken, site=site)
class SessionTokenWindow(Window):
    """Sessions of programs."""

    list_display = ("person", "created_at", "expires_at", "revoked_at")
    list_select_related = ("person",)
    search_fields = ("person__email",)
    ordering = ("-pk",)
    exclude = ("identifier",)
