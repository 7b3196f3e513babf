"""Operators' window on access."""

from django.contrib import admin

from commonhold.server.access.models import AccessRecord, AccessRequest, Agreement, DailyUse, Purchase, Terms
from commonhold.server.kit.administration import Window, site


@admin.register(Agreement, site=site)
class AgreementWindow(Window):
    """The ledger."""

    list_display = ("public_id", "person", "dataset", "terms", "locale", "agreed_at")
    search_fields = ("=public_id", "=person", "=dataset")
    ordering = ("-pk",)


@admin.register(Terms, site=site)
class TermsWindow(Window):
    """Versions of terms."""

    list_display = ("dataset", "number", "created_at")
    list_select_related = ("dataset",)
    search_fields = ("dataset__slug",)
    ordering = ("-pk",)


@admin.register(AccessRequest, site=site)
class AccessRequestWindow(Window):
    """Requests for restricted datasets."""

    list_display = ("dataset", "person", "status", "requested_at", "decided_at")
    list_filter = ("status",)
    list_select_related = ("dataset", "person")
    search_fields = ("dataset__slug", "person__email")
    ordering = ("-pk",)


@admin.register(Purchase, site=site)
class PurchaseWindow(Window):
    """What organizations have paid for."""

    list_display = ("organization", "dataset", "price_cents", "currency", "granted_at", "revoked_at")
    list_select_related = ("organization", "dataset")
    search_fields = ("organization__slug", "dataset__slug", "reference")
    ordering = ("-pk",)


@admin.register(AccessRecord, site=site)
class AccessRecordWindow(Window):
    """Downloads that were granted."""

    list_display = ("public_id", "kind", "person", "organization", "dataset", "granted_at")
    list_filter = ("kind",)
    search_fields = ("=public_id", "=person", "=dataset")
    ordering = ("-pk",)


@admin.register(DailyUse, site=site)
class DailyUseWindow(Window):
    """What organizations used of their days."""

    list_display = ("organization", "day", "downloads", "bandwidth")
    search_fields = ("=organization",)
    ordering = ("-pk",)
