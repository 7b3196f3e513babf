"""Operators' window on the trail."""

from django.contrib import admin

from commonhold.server.audit.models import Entry
from commonhold.server.kit.administration import Window, site


@admin.register(Entry, site=site)
class EntryWindow(Window):
    """What was done."""

    list_display = ("at", "action", "object_kind", "object_id", "actor")
    search_fields = ("=object_id", "action")
    ordering = ("-pk",)
