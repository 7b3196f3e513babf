"""Choosing a language."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from commonhold.server.accounts.actions import set_locale
from commonhold.server.kit.translation import canonical_locale
from commonhold.server.site.queries import switches
from commonhold.server.web.addresses import safe_next


@require_POST
def choose(request: HttpRequest) -> HttpResponse:
    """Keep the chosen language, in a cookie and in the profile of whoever is signed in, and go back."""
    response = HttpResponseRedirect(safe_next(request, "/"))
    locale = canonical_locale(request.POST.get("language", "")[:20])
    if locale is None:
        return response
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        locale,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
    if request.user.is_authenticated and not switches().read_only:
        set_locale(request.user.pk, locale)
    return response
