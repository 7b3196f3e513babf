"""What a submission says in other languages than its own: read, merged, and split from the plain texts again.

Pure decisions. The plain columns hold the text in the submission's default locale, so that a client that knows nothing
of translations (the Data Collective API's) reads and writes that one; everything else lies in one JSON column.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from commonhold.server.kit.translation import LOCALES, canonical_locale
from commonhold.server.submissions.fields import FIELDS, Field, MistakeError, Mistakes, bounded_text

TRANSLATIONS, DEFAULT_LOCALE = "translations", "defaultLocale"
TRANSLATED = tuple(field for field in FIELDS if field.translated)
_LONGEST_CODE = 35

Translations = dict[str, dict[str, str]]
Given = dict[str, dict[str, str | None]]


@dataclass(frozen=True, slots=True)
class Written:
    """The translated texts of a submission.

    Attributes:
        locale: the language of the plain texts.
        plain: text by column.
        translations: texts in other languages, by column and locale; a column that is not in it says nothing about
            them, one that is says that there are these and no others.
    """

    locale: str
    plain: Mapping[str, str]
    translations: Translations = field(default_factory=dict)

    def texts(self, column: str) -> dict[str, str]:
        """Return a column's text in every language, the default one first."""
        plain = {self.locale: self.plain[column]} if self.plain[column] else {}
        return {**plain, **self.translations.get(column, {})}


def read(sent: Mapping[str, Any]) -> tuple[Given, Mistakes]:
    """Return what was sent as ``translations``, by column, and what is wrong with it; null and "" take one away.

    Mistakes stand under ``translations.<field>`` or ``translations.<field>.<locale>``.
    """
    given: Given = {}
    mistakes: Mistakes = {}
    every = sent.get(TRANSLATIONS)
    if every is None:
        return given, mistakes
    if not isinstance(every, Mapping):
        return given, {TRANSLATIONS: _("Must be an object from field to an object from locale to text.")}
    for one in TRANSLATED:
        if one.name in every:
            given[one.column] = _read_field(one, every[one.name], mistakes)
    return given, mistakes


def read_default_locale(sent: Mapping[str, Any], current: str, *, is_settled: bool) -> tuple[str, Mistakes]:
    """Return the language of the plain texts that was sent, else the current one, and what is wrong with it.

    Args:
        sent: the body.
        current: the language they are in now.
        is_settled: it is that of a dataset which is there already.
    """
    said = sent.get(DEFAULT_LOCALE)
    if said is None:
        return current, {}
    locale = canonical_locale(said) if isinstance(said, str) else None
    if locale is None:
        return current, {DEFAULT_LOCALE: _("Must be a language code of this site, such as en-US.")}
    if is_settled and locale != current:
        return current, {DEFAULT_LOCALE: _("Must be that of the dataset: %(locale)s.") % {"locale": current}}
    return locale, {}


def settle(current: Written, plain: Mapping[str, str], given: Given, locale: str) -> tuple[Written, Mistakes]:
    """Return the texts with the changes made to them, and what cannot stand.

    Args:
        current: as they are.
        plain: new plain texts, by column: in ``locale``.
        given: translations to set (None: to take away), by column; locales that are not named stay.
        locale: the language that the plain texts are in from now on.
    """
    moved = _moved(current, locale)
    texts: dict[str, str] = {}
    translations: Translations = {}
    mistakes: Mistakes = {}
    for one in TRANSLATED:
        former = moved.plain[one.column]
        changes = dict(given.get(one.column, {}))
        text = plain.get(one.column, former)
        if locale in changes:
            text = changes.pop(locale) or ""
        others = _others(one, moved.translations.get(one.column), is_same=text == former, is_empty=not text)
        if others is not None or changes:
            merged = {**(others or {}), **changes}
            translations[one.column] = {code: said for code, said in merged.items() if said}
        if not text and (one.name == "name" or translations.get(one.column)):
            mistakes[one.name] = _needs_default(locale, is_required=one.name == "name")
        texts[one.column] = text
    return Written(locale, texts, translations), mistakes


def frozen(current: Written, settled: Written) -> list[str]:
    """Return the names of fields whose texts an approved submission would change but must not (decision 13)."""
    return [
        one.name
        for one in TRANSLATED
        if not one.live and current.texts(one.column) != settled.texts(one.column)
    ]


def _others(
    one: Field, said: dict[str, str] | None, *, is_same: bool, is_empty: bool
) -> dict[str, str] | None:
    """Return the translations that stay beside a default text, None where nothing is said about them.

    An emptied field keeps none. Neither does a new text of the terms: people agree to what they read, so that the
    translation of another text must not stay.
    """
    if said is None or is_same:
        return said
    return {} if is_empty or not one.live else said


def _moved(current: Written, locale: str) -> Written:
    """Return the texts with another default locale: its translations become the plain texts."""
    if locale == current.locale:
        return current
    plain: dict[str, str] = {}
    translations: Translations = {}
    for one in TRANSLATED:
        texts = current.texts(one.column)
        plain[one.column] = texts.pop(locale, "")
        if texts or one.column in current.translations:
            translations[one.column] = texts
    return Written(locale, plain, translations)


def _needs_default(locale: str, *, is_required: bool) -> str:
    if is_required:
        text = _('A value in the default locale of "%(locale)s" is required.')
    else:
        text = _('A value in the default locale of "%(locale)s" is required if other translations are set.')
    told: str = text % {"locale": locale}
    return told


def _read_field(one: Field, value: object, mistakes: Mistakes) -> dict[str, str | None]:
    place = f"{TRANSLATIONS}.{one.name}"
    if not isinstance(value, Mapping):
        mistakes[place] = _("Must be an object from locale to text.")
        return {}
    if len(value) > len(LOCALES):
        mistakes[place] = _("Must have at most %(most)d translations.") % {"most": len(LOCALES)}
        return {}
    texts: dict[str, str | None] = {}
    for code, text in value.items():
        locale = canonical_locale(code) if isinstance(code, str) else None
        if locale is None:
            mistakes[place] = _("The language code '%(code)s' is invalid.") % {
                "code": str(code)[:_LONGEST_CODE]
            }
            continue
        try:
            texts[locale] = None if text is None else bounded_text(one, text) or None
        except MistakeError as mistake:
            mistakes[f"{place}.{locale}"] = str(mistake)
    return texts
