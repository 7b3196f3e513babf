"""The audit trail, with filters."""

import datetime as dt
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from commonhold.server.accounts import directory
from commonhold.server.audit.queries import Sought, entries
from commonhold.server.kit import clock
from commonhold.server.web.pages.operate.desk import number, read_page, stretch, words
from commonhold.server.web.viewer import viewer_of


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """Show who did what to what, newest first."""
    viewer = viewer_of(request)
    asked = {name: words(request, name) for name in ("who", "action", "kind", "target", "since", "until")}
    mistakes: dict[str, str] = {}
    sought = Sought(
        actor=_actor(request, asked["who"], mistakes),
        action=asked["action"],
        object_kind=asked["kind"],
        object_id=asked["target"],
        since=_day(asked, "since", mistakes),
        until=_day(asked, "until", mistakes, days=1),
    )
    found = stretch(
        request,
        lambda before, limit: [] if mistakes else entries(viewer, sought, before=before, limit=limit),
    )
    people = directory.names(viewer, {entry.actor for entry in found.rows if entry.actor is not None})
    context: dict[str, Any] = {
        "section": "trail",
        "found": found,
        "entries": [(entry, people.get(entry.actor or 0, "")) for entry in found.rows],
        "asked": asked,
        "mistakes": mistakes,
        "narrows": any(asked.values()),
    }
    return render(request, "operate/trail.html", context, status=400 if mistakes else 200)


def _actor(request: HttpRequest, text: str, mistakes: dict[str, str]) -> int | None:
    """Return the row id of the person whose address (or row id) was given."""
    if not text:
        return None
    known = number(text) or directory.with_address(viewer_of(request), text)
    if known is None:
        mistakes["who"] = _("Nobody here has this address.")
    return known


def _day(asked: dict[str, str], name: str, mistakes: dict[str, str], *, days: int = 0) -> dt.datetime | None:
    """Return where a day begins (UTC), or where it ends: ``days`` later."""
    if not asked[name]:
        return None
    try:
        day = dt.date.fromisoformat(asked[name]) + dt.timedelta(days=days)
    except (ValueError, OverflowError):
        mistakes[name] = _("Write a date such as 2027-01-31.")
        return None
    return dt.datetime.combine(day, dt.time(), clock.UTC)
