"""Translated fields: objects or single texts on the way out, both on the way in (section 6)."""

from collections.abc import Mapping
from typing import Any

from django.core.validators import ProhibitNullCharactersValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.validators import ProhibitSurrogateCharactersValidator

from commonhold.server.kit.translation import (
    DEFAULT_LOCALE,
    DefaultTextMissingError,
    Texts,
    canonical_locale,
    pick,
)

Translated = dict[str, str] | str | None
_LONGEST_CODE_SHOWN = 20


def shown(texts: Texts | None, flat_locale: str | None, default_locale: str = DEFAULT_LOCALE) -> Translated:
    """Return a field as it is answered: every translation, or the best one (rules 6.1, 6.2 and 6.5)."""
    if flat_locale is not None:
        return pick(texts, flat_locale, default_locale)
    return {locale: text for locale, text in sorted((texts or {}).items()) if text is not None} or None


class TranslatedField(serializers.Field):
    """An object from locale to text (null takes one away), or one text in the current language.

    Gives a mapping with canonical locales, to be merged into what is stored; or None, which takes all away.
    """

    default_error_messages = {  # noqa: RUF012  as DRF declares them
        "invalid": gettext_lazy("Not a valid string."),
        "blank": gettext_lazy("This field may not be blank."),
        "max_length": gettext_lazy("Ensure this field has no more than {max_length} characters."),
        "locale": gettext_lazy("The language code '{code}' is invalid."),
    }

    def __init__(self, *, max_length: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.max_length = max_length

    def to_internal_value(self, data: Any) -> dict[str, str | None]:
        """Return the translations to merge; the first bad one is told, without its locale (rule 6.21)."""
        if isinstance(data, str):
            return {self.context["locale"]: self._text(data)}
        if not isinstance(data, Mapping):
            self.fail("invalid")
        texts: dict[str, str | None] = {}
        for code, text in data.items():
            locale = canonical_locale(code)
            if locale is None:
                self.fail("locale", code=code[:_LONGEST_CODE_SHOWN].encode(errors="replace").decode())
            texts[locale] = None if text is None else self._text(text)
        return texts

    def to_representation(self, value: Any) -> Any:
        """Return the stored translations."""
        return shown(value, None)

    def _text(self, value: Any) -> str:
        if not isinstance(value, str):
            self.fail("invalid")
        text: str = value.strip()
        if not text:
            self.fail("blank")
        if len(text) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        for check in _CHECKS:
            check(text)
        return text


_CHECKS = (ProhibitNullCharactersValidator(), ProhibitSurrogateCharactersValidator())


def missing_default(field: str, error: DefaultTextMissingError) -> ValidationError:
    """Return the 400 of rule 6.19."""
    if error.others_remain:
        text = _('A value in the default locale of "%(locale)s" is required if other translations are set.')
    else:
        text = _('A value in the default locale of "%(locale)s" is required.')
    return ValidationError({field: [text % {"locale": error.locale}]})
