"""What the pages of the operator's desk share: who may open them, lists that go on from a key, the first page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any, Protocol
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.health import queries as health
from commonhold.server.reports.queries import count_open
from commonhold.server.site.queries import switches
from commonhold.server.web.pages import errors
from commonhold.server.web.viewer import Page, viewer_of

PAGE_SIZE = 50
LONGEST_WORDS = 200


def operators_only(page: Page) -> Page:
    """Answer everybody else as if there were nothing here."""

    @wraps(page)
    def guarded(request: HttpRequest, *arguments: object, **named: object) -> HttpResponse:
        if not viewer_of(request).is_operator:
            return errors.not_found(request)
        response = page(request, *arguments, **named)
        response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return guarded


def read_page(page: Page) -> Page:
    """Make a page of the desk that only reads."""
    return operators_only(require_safe(page))


def form_page(page: Page) -> Page:
    """Make a page of the desk that holds a form, and takes it."""
    return operators_only(require_http_methods(["GET", "HEAD", "POST"])(page))


class Keyed(Protocol):
    """A row with a key."""

    pk: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some rows of a list that is walked from key to key: no page of it grows dearer with its depth.

    Attributes:
        rows: what is shown.
        older: address of what follows; empty at the end.
        is_first: whether it begins with the newest.
    """

    rows: Sequence[Any]
    older: str
    is_first: bool


def stretch(request: HttpRequest, find: Callable[[int | None, int], Sequence[Keyed]]) -> Stretch:
    """Return the part of a list that ``?before=`` asks for.

    Args:
        request: its query is kept in the address of what follows.
        find: returns the rows below a key (None: from the newest), so many at most.
    """
    before = number(request.GET.get("before", ""))
    found = find(before, PAGE_SIZE + 1)
    rows = found[:PAGE_SIZE]
    if len(found) <= PAGE_SIZE:
        return Stretch(rows, "", before is None)
    kept = {name: value for name, value in request.GET.items() if name != "before" and value}
    return Stretch(rows, f"?{urlencode({**kept, 'before': rows[-1].pk})}", before is None)


def number(text: str) -> int | None:
    """Return a row id somebody sent, or None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def words(request: HttpRequest, name: str = "q") -> str:
    """Return what somebody looks for, of bounded length."""
    return request.GET.get(name, "").replace("\0", "").strip()[:LONGEST_WORDS]


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """Show what waits for an operator."""
    viewer = viewer_of(request)
    context = {
        "section": "desk",
        "work": health.work(viewer),
        "open_reports": count_open(viewer),
        "switches": switches(),
    }
    return render(request, "operate/desk.html", context)
