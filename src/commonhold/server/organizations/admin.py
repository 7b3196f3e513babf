"""Operators' window on organizations."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from commonhold.server.kit.administration import Door, FeeForm, Window, operator_of, site
from commonhold.server.organizations.actions import save_organization
from commonhold.server.organizations.models import Membership, Organization


@admin.register(Organization, site=site)
class OrganizationDoor(Door):
    """Organizations; their fee is settled here, as no page of theirs does it."""

    list_display = ("slug", "can_publish", "platform_fee_rate", "created_at")
    list_filter = ("can_publish",)
    search_fields = ("slug", "personal_of__email")
    ordering = ("-pk",)
    exclude = ("members",)
    form = FeeForm
    editable = ("platform_fee_rate",)

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:  # noqa: ARG002  Django's signature
        """Change the fee through the room's action."""
        row = Organization.objects.get(pk=obj.pk)
        save_organization(operator_of(request), row, {"platform_fee_rate": obj.platform_fee_rate})


@admin.register(Membership, site=site)
class MembershipWindow(Window):
    """Who belongs where."""

    list_display = ("person", "organization", "role", "since")
    list_filter = ("role",)
    list_select_related = ("person", "organization")
    search_fields = ("person__email", "organization__slug")
    ordering = ("-pk",)
