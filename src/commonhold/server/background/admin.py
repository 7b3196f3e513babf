"""Operators' window on jobs."""

from django.contrib import admin

from commonhold.server.background.models import Job
from commonhold.server.kit.administration import Window, site


@admin.register(Job, site=site)
class JobWindow(Window):
    """Jobs, without their arguments: those of letters are what somebody wrote to somebody."""

    list_display = ("name", "lane", "status", "run_at", "attempts")
    list_filter = ("status", "lane")
    search_fields = ("name", "key")
    ordering = ("-pk",)
    exclude = ("arguments",)
