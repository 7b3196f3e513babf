"""Operators' window on reports."""

from django.contrib import admin

from commonhold.server.kit.administration import Window, site
from commonhold.server.reports.models import Report


@admin.register(Report, site=site)
class ReportWindow(Window):
    """Reports about datasets."""

    list_display = ("public_id", "dataset", "kind", "status", "created_at")
    list_filter = ("status", "kind")
    list_select_related = ("dataset",)
    search_fields = ("dataset__slug", "=public_id")
    ordering = ("-pk",)
