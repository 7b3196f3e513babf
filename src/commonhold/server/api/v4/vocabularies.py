"""``licenses/``, ``tasks/``, ``languages/``: short bare arrays, not paginated (rule 5.17)."""

from functools import lru_cache

from django.http import HttpResponse
from rest_framework.request import Request

from commonhold.server.api.v4 import shapes
from commonhold.server.api.v4.endpoint import Endpoint
from commonhold.server.catalogue.vocabularies import LICENSES, TASK_NAMES
from commonhold.server.kit.translation import LOCALES


class Licenses(Endpoint):
    """The licences that datasets can name by abbreviation."""

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return them all."""
        return self.answer(
            [shapes.License(abbreviation=short, name=name) for short, name in LICENSES.items()]
        )


class Tasks(Endpoint):
    """What datasets are for."""

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Return them all."""
        return self.answer([shapes.Task(code=code, name=name) for code, name in TASK_NAMES.items()])


class Languages(Endpoint):
    """The locales that translated fields take, named in the current language and in their own."""

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  as above
        """Return them all."""
        return self.answer(_languages(self.locale))


@lru_cache(maxsize=128)
def _languages(locale: str) -> list[shapes.Language]:
    return [
        shapes.Language(code=code, name=_name(code, locale), native_name=_name(code, code))
        for code in LOCALES
    ]


def _name(code: str, locale: str) -> str:
    """Return a locale's name in the language of another; its code where that language has no name for it."""
    from babel import Locale, UnknownLocaleError  # noqa: PLC0415  heavy, and needed by this list only

    try:
        named = Locale.parse(code, sep="-")
    except UnknownLocaleError:
        return code
    try:
        return named.get_display_name(locale.replace("-", "_")) or code
    except UnknownLocaleError:
        return named.get_display_name("en") or code
