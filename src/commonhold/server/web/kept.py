"""What was typed into a long form is not lost when the session has ended meanwhile, or the form's token with it.

A form carries a mark, signed by us for one person and one address. What arrives with a valid mark from somebody who is
signed out (or whose token is old) is kept in the session, and stands in the form again once that person is back.
Nobody else can make us keep anything: marks are given only to those who may fill in the form.
"""

from collections.abc import Callable
from functools import wraps

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict

from commonhold.server.web import viewer

FIELD = "mark"
_SESSION, _SALT = "kept_form", "commonhold.web.kept"
_LIFETIME_SECONDS = 30 * 86_400
# A form in thirty languages holds less; the session is one row of the database.
_MOST_CHARACTERS = 1_000_000


def mark(request: HttpRequest, path: str = "") -> str:
    """Return the mark of the form that goes to ``path``, by default to this address, for whoever is signed in."""
    return signing.dumps([request.user.pk, path or request.path], salt=_SALT)


def keep(request: HttpRequest) -> bool:
    """Keep what was typed, if it came with a mark of ours for this address; return whether it is kept."""
    person = _person(request)
    if person is None or (request.user.is_authenticated and request.user.pk != person):
        return False
    fields = {
        name: values for name, values in request.POST.lists() if name not in {FIELD, "csrfmiddlewaretoken"}
    }
    if sum(len(value) for values in fields.values() for value in values) > _MOST_CHARACTERS:
        return False
    request.session[_SESSION] = {"person": person, "path": request.path, "fields": fields}
    return True


def take(request: HttpRequest) -> QueryDict | None:
    """Return what was kept for this person and address, once."""
    kept = request.session.get(_SESSION)
    if not kept or kept["path"] != request.path:
        return None
    del request.session[_SESSION]
    if kept["person"] != request.user.pk:
        return None
    found = QueryDict(mutable=True)
    for name, values in kept["fields"].items():
        found.setlist(name, values)
    return found


def signed_in(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Send strangers to the sign-in page first, and back afterwards, with what they typed."""
    guarded = viewer.signed_in(page)

    @wraps(page)
    def keeping(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        if request.method == "POST" and not request.user.is_authenticated:
            keep(request)
        return guarded(request, *arguments, **named)

    return keeping


def _person(request: HttpRequest) -> int | None:
    try:
        person, path = signing.loads(request.POST.get(FIELD, ""), salt=_SALT, max_age=_LIFETIME_SECONDS)
    except (signing.BadSignature, ValueError):
        return None
    return person if path == request.path else None
