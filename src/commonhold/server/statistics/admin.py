"""Operators' window on statistics."""

from django.contrib import admin

from commonhold.server.kit.administration import Window, site
from commonhold.server.statistics.models import DayCount


@admin.register(DayCount, site=site)
class DayCountWindow(Window):
    """What was counted."""

    list_display = ("dataset", "kind", "day", "version", "count")
    list_filter = ("kind",)
    search_fields = ("=dataset",)
    ordering = ("-pk",)
