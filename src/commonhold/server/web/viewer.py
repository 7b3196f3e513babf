"""Who looks at a page: the session's person with all their memberships, acting for the organization they chose."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from commonhold.server.kit.viewer import ANONYMOUS, OPERATOR, REVIEWER, SCOPES, Viewer
from commonhold.server.organizations.models import Membership
from commonhold.server.organizations.queries import memberships_of

ACTING_FOR = "acting_for"
Page = Callable[..., HttpResponse]


def memberships(request: HttpRequest) -> list[Membership]:
    """Return the memberships of whoever is signed in; they came with the person, in one statement."""
    if not request.user.is_authenticated:
        return []
    person = request.user
    if not hasattr(person, "known_memberships"):
        person.known_memberships = memberships_of(person.pk)
    return person.known_memberships


def acting_membership(request: HttpRequest) -> Membership | None:
    """Return the membership a request acts under: the session's choice, else the personal one (decision 4)."""
    found = memberships(request)
    chosen = request.session.get(ACTING_FOR) if found else None
    return next((one for one in found if one.organization_id == chosen), found[0] if found else None)


def viewer_of(request: HttpRequest) -> Viewer:
    """Return who is asking, remembered for the length of the request."""
    known: Viewer | None = getattr(request, "known_viewer", None)
    if known is None:
        known = request.known_viewer = _viewer(request)
    return known


def _viewer(request: HttpRequest) -> Viewer:
    person = request.user
    if not person.is_authenticated:
        return ANONYMOUS
    acting = acting_membership(request)
    return Viewer(
        person=person.pk,
        organization=acting.organization_id if acting else None,
        memberships={one.organization_id: one.role for one in memberships(request)},
        site_roles=frozenset(
            name for name, held in ((REVIEWER, person.is_reviewer), (OPERATOR, person.is_operator)) if held
        ),
        scopes=frozenset(SCOPES),
    )


def form_of(name: str, *parts: str) -> Callable[[Page], Page]:
    """Take a form that stands on the page ``name``; whoever opens its address, after signing in again say, goes there.

    Args:
        name: the page's name among the addresses.
        parts: which parts of the form's own address the page's address has too; ``name`` where none is said.
    """

    def decorate(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
            if request.method == "POST":
                return page(request, *arguments, **named)
            wanted = parts or ("name",)
            return redirect(name, **{part: named[part] for part in wanted if part in named})

        return require_http_methods(["GET", "HEAD", "POST"])(guarded)

    return decorate


def signed_in(page: Page) -> Page:
    """Send strangers to the sign-in page first, and back afterwards."""

    @wraps(page)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        if not request.user.is_authenticated:
            here = request.get_full_path() if request.method in {"GET", "HEAD"} else request.path
            return redirect_to_login(here)
        response = page(request, *arguments, **named)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return guarded
