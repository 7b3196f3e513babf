"""Django's admin for operators: a window on every table, with a door only where no action of a room does the change.

Everybody else is answered as if there were nothing. Signing in and out and passwords are the site's own pages.
"""

import re
from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from commonhold.server.kit.viewer import OPERATOR, Viewer


class OperatorsSite(AdminSite):  # type: ignore[misc]
    """The admin, for operators alone."""

    site_header = site_title = _("Operator's desk")
    site_url = "/operate"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether the request is an operator's."""
        return bool(request.user.is_authenticated and request.user.is_operator)

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answer others as an address that does not exist, instead of showing them where to sign in."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *arguments: Any, **named: Any) -> Any:
            if not self.has_permission(request):
                raise Http404
            return inner(request, *arguments, **named)

        return guarded

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  Django's signature
        """There is no second way to sign in."""
        if not self.has_permission(request):
            raise Http404
        return HttpResponseRedirect(reverse("admin:index"))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002  as above
        """Sign out as everywhere else."""
        return HttpResponseRedirect(reverse("account_logout"))

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # noqa: ARG002  as above
        """Change the password as everywhere else."""
        return HttpResponseRedirect(reverse("account_change_password"))


site = OperatorsSite(name="admin")


class Window(ModelAdmin):  # type: ignore[misc]
    """A table to look at. What changes it is the action of its room, on the operator's desk or elsewhere."""

    actions = None
    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the room is listed."""
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  as above
        """Whether a row may be looked at."""
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002  as above
        """Nothing is made here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  as above
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  as above
        """Nothing is deleted here."""
        return False


class FeeForm(ModelForm):  # type: ignore[misc]
    """Takes a fee as a share of the price."""

    def clean_platform_fee_rate(self) -> str:
        """Take nothing, or a decimal number from 0 to 1."""
        text: str = self.cleaned_data["platform_fee_rate"]
        if text and not re.fullmatch(r"0(\.[0-9]{1,4})?|1(\.0{1,4})?", text):
            raise ValidationError(_("Enter a valid value."))
        return text


class Door(Window):
    """A table some of whose fields no action changes: those in ``editable`` are changed here, through the room."""

    editable: tuple[str, ...] = ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:  # noqa: ARG002  as above
        """Whether the editable fields may be changed."""
        return site.has_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:  # noqa: ARG002  as above
        """Every field but the editable ones."""
        return [field.name for field in self.model._meta.fields if field.name not in self.editable]  # noqa: SLF001  Django's own way

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> None:
        """Write no second trail: the room's action has written the one there is."""


def operator_of(request: HttpRequest) -> Viewer:
    """Return the operator as actions take them."""
    return Viewer(person=request.user.pk, site_roles=frozenset({OPERATOR}))
