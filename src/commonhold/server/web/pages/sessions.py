"""Where a person is signed in: browsers, and programs with session tokens; signing out from afar."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commonhold.server.credentials import session_tokens
from commonhold.server.web.viewer import form_of, signed_in, viewer_of

_BROWSERS = ("Firefox", "Edg", "OPR", "Chrome", "Safari")
_SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
_NAMES = {"Edg": "Edge", "OPR": "Opera", "Mac OS X": "macOS"}


def browser_name(header: str) -> str:
    """Return what people call the browser behind a ``User-Agent``, as far as it can be told."""
    browser = next((name for name in _BROWSERS if f"{name}/" in header), "")
    system = next((name for name in _SYSTEMS if name in header), "")
    known = [_NAMES.get(name, name) for name in (browser, system) if name]
    return ", ".join(known) or re.sub(r"\s+", " ", header)[:60] or _("Unknown browser")


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """List them, this one first."""
    found = UserSession.objects.purge_and_list(request.user)
    mine = request.session.session_key
    context = {
        "sessions": [
            {
                "id": one.pk,
                "browser": browser_name(one.user_agent),
                "address": one.ip,
                "since": one.created_at,
                "is_this": one.session_key == mine,
            }
            for one in sorted(found, key=lambda one: (one.session_key != mine, -one.created_at.timestamp()))
        ],
        "tokens": session_tokens.live(viewer_of(request)),
    }
    return render(request, "sessions/sessions.html", context)


@form_of("sessions")
@signed_in
def end(request: HttpRequest) -> HttpResponse:
    """Sign out one browser, one program, or everything but this browser."""
    viewer = viewer_of(request)
    browsers = UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key)
    if "all" in request.POST:
        for one in browsers:
            one.end()
        session_tokens.end_all(viewer)
        messages.success(request, _("You are signed out everywhere else."))
    elif (number := request.POST.get("session", "")).isdecimal() and len(number) < 19:
        for one in browsers.filter(pk=int(number)):
            one.end()
    elif (number := request.POST.get("token", "")).isdecimal() and len(number) < 19:
        session_tokens.end_one(viewer, int(number))
    return redirect("sessions")
