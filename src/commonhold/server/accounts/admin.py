"""Operators' window on people."""

from django.contrib import admin

from commonhold.server.accounts.models import Person
from commonhold.server.kit.administration import Window, site


@admin.register(Person, site=site)
class PersonWindow(Window):
    """People, without their passwords."""

    list_display = ("email", "name", "is_active", "is_reviewer", "is_operator", "joined_at")
    list_filter = ("is_active", "is_reviewer", "is_operator")
    search_fields = ("email", "name")
    ordering = ("-pk",)
    exclude = ("password", "groups", "user_permissions")
