"""Operators' window on submissions."""

from django.contrib import admin

from commonhold.server.kit.administration import Window, site
from commonhold.server.submissions.models import Submission, Upload


@admin.register(Submission, site=site)
class SubmissionWindow(Window):
    """Submissions."""

    list_display = ("public_id", "name", "organization", "status")
    list_filter = ("status",)
    list_select_related = ("organization",)
    search_fields = ("=public_id", "name", "organization__slug")
    ordering = ("-pk",)


@admin.register(Upload, site=site)
class UploadWindow(Window):
    """Files that were sent for submissions."""

    list_display = ("public_id", "submission", "filename")
    list_select_related = ("submission",)
    search_fields = ("=public_id", "filename")
    ordering = ("-pk",)
    exclude = ("piece_digests", "members", "member_windows")
