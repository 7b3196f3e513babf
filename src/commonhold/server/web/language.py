"""Which language a reader reads: their profile's, else their cookie's, else what their browser asks for.

Two things follow from it. Texts of publishers are shown in that locale where they have it (``kit.translation``). The
site's own words are shown in it where their catalogue is complete enough to be shipped, else in English.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from commonhold.server.config.middleware import Respond
from commonhold.server.kit.languages import interface_language
from commonhold.server.kit.translation import best_locale, canonical_locale

_RIGHT_TO_LEFT = {"ar", "fa", "he", "ur"}


def reader_locale(request: HttpRequest) -> str:
    """Return the locale this request's reader reads, always a canonical one."""
    if request.user.is_authenticated and (chosen := canonical_locale(request.user.locale)):
        return chosen
    if chosen := canonical_locale(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")):
        return chosen
    return best_locale(None, request.META.get("HTTP_ACCEPT_LANGUAGE"))


def direction(locale: str) -> str:
    """Return ``rtl`` or ``ltr``: how a text in this locale runs."""
    return "rtl" if locale.split("-", maxsplit=1)[0] in _RIGHT_TO_LEFT else "ltr"


class ReaderLanguageMiddleware:
    """Sets ``request.reader_locale`` and, while a page is made, the language of the site's own words."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        locale = request.reader_locale = reader_locale(request)
        language = interface_language(locale)
        with translation.override(language):
            response = self.get_response(request)
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        response.headers.setdefault("Content-Language", language)
        # Every page holds a form token of its reader's own: nobody else may be given it.
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
