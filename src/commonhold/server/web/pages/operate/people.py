"""People: found, kept out, let in again, given roles for the whole site."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from commonhold.server.accounts import actions, directory
from commonhold.server.accounts.models import Person
from commonhold.server.kit.viewer import SITE_ROLES
from commonhold.server.organizations.queries import memberships_of
from commonhold.server.web.pages.operate.desk import form_page, read_page, stretch, words
from commonhold.server.web.viewer import viewer_of


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """List people, newest first, or those that are looked for."""
    viewer, asked = viewer_of(request), words(request)
    role, state = request.GET.get("role", ""), request.GET.get("state", "")
    found = stretch(
        request,
        lambda before, limit: directory.people(
            viewer, words=asked, role=role, state=state, before=before, limit=limit
        ),
    )
    context = {"section": "people", "found": found, "asked": asked, "role": role, "state": state}
    return render(request, "operate/people.html", context)


@form_page
def person(request: HttpRequest, row_id: int) -> HttpResponse:
    """Show one person, and change what an operator may change of them."""
    viewer = viewer_of(request)
    found = directory.person(viewer, row_id) if row_id < 2**63 else None
    if found is None:
        raise Http404
    is_self = found.pk == viewer.person
    if request.method == "POST":
        try:
            _change(request, found)
        except actions.NotAllowedError:
            messages.error(request, _("Another operator has to do that: nobody locks themselves out."))
        return redirect("operate_person", row_id=row_id)
    context = {
        "section": "people",
        "one": found,
        "is_self": is_self,
        "memberships": memberships_of(found.pk),
    }
    return render(request, "operate/person.html", context)


def _change(request: HttpRequest, found: Person) -> None:
    viewer, what = viewer_of(request), request.POST.get("what", "")
    if what == "roles":
        wanted = frozenset(role for role in SITE_ROLES if request.POST.get(role))
        actions.set_site_roles(viewer, found, wanted)
        messages.success(request, _("The roles are as you set them."))
    elif what in {"deactivate", "activate"}:
        actions.set_active(found, active=what == "activate", viewer=viewer)
        text = (
            _("%(person)s can sign in again.")
            if found.is_active
            else _("%(person)s is kept out: sign-in, sessions and keys have ended.")
        )
        messages.success(request, text % {"person": found.email})
