"""Pages that say what happened and what to do."""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from commonhold.server.web import kept

API, API_V4 = "/api/", "/api/v4/"
_log = logging.getLogger(__name__)
# What a form holds besides what somebody wrote.
_OWN_FIELDS = {"csrfmiddlewaretoken", "next", "text_hash"}
_TYPED, _LONGEST_TYPED, _MOST_TYPED = 12, 20_000, 40


def error(
    request: HttpRequest, status: int, title: str, text: str, *, typed: Sequence[str] = ()
) -> HttpResponse:
    """Return an error page; what the API's own code could not answer gets JSON.

    Args:
        request: what is answered.
        status: HTTP status.
        title: what happened.
        text: what to do.
        typed: texts of the form that could not be taken, given back to be kept.
    """
    if request.path_info.startswith(API_V4):
        return JsonResponse({"detail": title}, status=status)
    if request.path_info.startswith(API):
        return JsonResponse({"error": title, "message": text}, status=status)
    context = {"status": status, "title": title, "text": text, "typed": typed}
    # A request may fail before it has a session or a language: it then gets the page without the frame's extras.
    if not hasattr(request, "reader_locale") or not hasattr(request, "user"):
        return HttpResponse(render_to_string("errors/plain.html", context), status=status)
    response = render(request, "errors/error.html", context, status=status)
    response.headers.setdefault("Cache-Control", "private, no-store")
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  Django's signature
    """Answer 400."""
    return error(
        request, 400, _("That request makes no sense to us"), _("Go back and try again from the page before.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  as above
    """Answer 403."""
    return error(
        request, 403, _("You may not do that"),
        _("Your account lacks the right for it. Ask an owner of the organization to give it to you."),
    )  # fmt: skip


def may_not_publish(request: HttpRequest) -> HttpResponse:
    """Answer 403 to somebody none of whose organizations publishes, or not through them."""
    return error(
        request, 403, _("You cannot publish yet"),
        _("None of your organizations may publish here, or your role there does not include it. Owners ask for the "
          "right on the profile page, and give you the role."),
    )  # fmt: skip


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token is missing or old; a long one of ours comes back with what was typed."""
    _log.info("form refused: %s", reason)
    if request.method == "POST" and hasattr(request, "user") and kept.keep(request):
        return redirect(request.path)
    return error(
        request, 403, _("This form is no longer valid"),
        _("It came without its security token: perhaps you signed in or out meanwhile, or cookies are turned off. "
          "Go back, reload the page and send the form again."),
    )  # fmt: skip


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  as above
    """Answer 404."""
    return error(
        request, 404, _("There is nothing at this address"),
        _("It may be mistyped, or lead to something that is only for members of an organization: sign in, if you have "
          "not, and try again. Or search for it."),
    )  # fmt: skip


def deleted(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer 410: something else that was here once."""
    return error(request, 410, _("This is gone"), reason)


def gone(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer 410: a dataset that was removed."""
    return error(
        request, 410, _("This dataset was removed"), reason or _("Its publisher or the site took it away.")
    )


def withheld(request: HttpRequest, reason: str) -> HttpResponse:
    """Answer 451: a dataset that the law keeps from being shown."""
    response = error(
        request, 451, _("This dataset is withheld for legal reasons"), reason or _("No reason was published.")
    )
    if settings.ENVIRONMENT.legal_url:
        response["Link"] = f'<{settings.ENVIRONMENT.legal_url}>; rel="blocked-by"'
    return response


def too_many_requests(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:  # noqa: ARG001  as above
    """Answer 429."""
    response = error(
        request, 429, _("Too many attempts"),
        _("To protect accounts from guessing, we pause after many attempts. Wait a few minutes, then try again."),
    )  # fmt: skip
    response.headers.setdefault("Retry-After", "300")
    return response


def failure(request: HttpRequest) -> HttpResponse:
    """Answer 500, without anything that could fail as well."""
    title = _("Something went wrong on our side")
    text = _("It was noted. Please try again in a while; nothing you did was wrong.")
    if request.path_info.startswith(API_V4):
        return JsonResponse({"detail": "Internal Server Error"}, status=500)
    if request.path_info.startswith(API):
        return JsonResponse({"error": title, "message": text}, status=500)
    context = {"status": 500, "title": title, "text": text}
    return HttpResponse(render_to_string("errors/plain.html", context), status=500)


def read_only(request: HttpRequest) -> HttpResponse:
    """Answer 503 to a form while the site is read-only, and give back what was typed."""
    response = error(
        request, 503, _("The site is read-only for the moment"),
        _("It is being looked after; reading and running downloads go on. Nothing was changed: go back, what you typed "
          "is still there, and send it again later."),
        typed=typed(request),
    )  # fmt: skip
    response["Retry-After"] = "300"
    return response


def typed(request: HttpRequest) -> list[str]:
    """Return the texts somebody wrote into a form, for an answer that cannot take them: never a secret.

    Some browsers have forgotten them when one goes back. Short values are choices and names, quickly made again.
    """
    try:
        fields = request.POST
    except (SuspiciousOperation, OSError, MultiPartParserError):
        return []
    if any("password" in name for name in fields):
        return []
    texts = [text for name in fields if name not in _OWN_FIELDS for text in fields.getlist(name)]
    return [text[:_LONGEST_TYPED] for text in texts if len(text) >= _TYPED and " " in text.strip()][
        :_MOST_TYPED
    ]
