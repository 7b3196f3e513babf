"""Django's admin, for what the desk has no page for: the rooms' ``admin.py`` say what it shows."""

from importlib import import_module

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.module_loading import module_has_submodule

from commonhold.server.kit.administration import OperatorsSite, site
from commonhold.server.web.pages.operate.desk import read_page

_OURS = "commonhold.server."


def furnished() -> OperatorsSite:
    """Return the admin with what every room of ours shows in it; those of libraries stay out."""
    for room in apps.get_app_configs():
        if room.name.startswith(_OURS) and module_has_submodule(room.module, "admin"):
            import_module(f"{room.name}.admin")
    return site


@read_page
def page(request: HttpRequest) -> HttpResponse:  # noqa: ARG001  the view's signature
    """Lead to the admin, whose addresses end in a slash."""
    return redirect("admin:index")
