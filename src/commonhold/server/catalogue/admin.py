"""Operators' window on the catalogue."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from commonhold.server.catalogue.actions import save_dataset
from commonhold.server.catalogue.models import Dataset, DatasetVersion, LoadingSchema, Sample
from commonhold.server.kit.administration import Door, FeeForm, Window, operator_of, site


@admin.register(Dataset, site=site)
class DatasetDoor(Door):
    """Datasets; their fee is settled here, as no page of theirs does it."""

    list_display = ("slug", "organization", "visibility", "status", "created_at")
    list_filter = ("status", "visibility")
    list_select_related = ("organization",)
    search_fields = ("slug", "public_id", "organization__slug")
    ordering = ("-pk",)
    form = FeeForm
    editable = ("platform_fee_rate",)

    def save_model(self, request: HttpRequest, obj: Dataset, form: Any, change: bool) -> None:  # noqa: ARG002  Django's signature
        """Change the fee through the room's action."""
        row = Dataset.objects.get(pk=obj.pk)
        save_dataset(operator_of(request), row, {"platform_fee_rate": obj.platform_fee_rate})


@admin.register(DatasetVersion, site=site)
class VersionWindow(Window):
    """Editions of archives."""

    list_display = ("dataset", "number", "filename", "size_bytes", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("dataset__slug", "sha256")
    ordering = ("-pk",)


@admin.register(Sample, site=site)
class SampleWindow(Window):
    """Samples."""

    list_display = ("dataset", "filename", "size_bytes", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("dataset__slug",)
    ordering = ("-pk",)


@admin.register(LoadingSchema, site=site)
class LoadingSchemaWindow(Window):
    """How archives are read into tables."""

    list_select_related = ("dataset",)
    search_fields = ("dataset__slug",)
