"""Translated text: one JSON object from locale to text for each field (seed 002, "Translated Fields").

Plain dictionaries, so that the same rules serve a row read with SQL and a model instance.
"""

from collections.abc import Mapping, Sequence

DEFAULT_LOCALE = "en-US"

# Rule 6.12 of the v4 conventions, plus `kn`, which the seed itself uses, and `sw` and `hi` (decision D3).
# fmt: off
LOCALES = (
    "af", "ar", "ast", "az", "bg", "bn", "bs", "ca", "cak", "cs", "da", "de", "dsb", "el", "en-CA", "en-GB",
    "en-US", "es", "et", "eu", "fa", "fi", "fr", "fy-NL", "ga-IE", "gu", "he", "hi", "hr", "hsb", "hu", "id",
    "it", "ja", "ka", "kab", "kn", "ko", "lt", "lv", "mk", "mn", "ms", "mt", "nb-NO", "nl", "nn-NO", "pa-IN",
    "pl", "pt-BR", "pt-PT", "ro", "ru", "sk", "sl", "sq", "sv-SE", "sw", "te", "th", "tr", "uk", "ur", "vi",
    "zh-CN", "zh-TW",
)
# fmt: on

_CANONICAL = {locale.lower(): locale for locale in LOCALES}
_SHORT = {"en": "en-US", "ga": "ga-IE", "pt": "pt-PT", "sv": "sv-SE", "zh": "zh-CN"}

Texts = Mapping[str, str | None]


def canonical_locale(name: str) -> str | None:
    """Return the canonical spelling of a supported locale (``en-us`` -> ``en-US``), or None."""
    return _CANONICAL.get(name.strip().lower())


def match_locale(name: str) -> str | None:
    """Return the supported locale that serves ``name``: exact, else its language, else the short map."""
    wanted = name.strip().lower()
    prefix = wanted.split("-")[0]
    return _CANONICAL.get(wanted) or _CANONICAL.get(prefix) or _SHORT.get(prefix)


def best_locale(lang: str | None, accept_language: str | None) -> str:
    """Choose the current language: ``lang``, else the Accept-Language header, else en-US (rule 6.9, decision D10).

    A header with a malformed quality is ignored as a whole (rule 6.10).
    """
    if lang and (matched := match_locale(lang)):
        return matched
    for name in _accepted(accept_language or ""):
        if matched := match_locale(name):
            return matched
    return DEFAULT_LOCALE


def _accepted(header: str) -> list[str]:
    ranked: list[tuple[float, int, str]] = []
    for position, item in enumerate(header.split(",")[:50]):
        name, _, parameters = item.strip().partition(";")
        quality = 1.0
        if parameters:
            key, _, value = parameters.strip().partition("=")
            try:
                quality = float(value)
            except ValueError:
                return []
            if key.strip() != "q" or not 0 <= quality <= 1:
                return []
        if name and quality:
            ranked.append((-quality, position, name))
    return [name for _, _, name in sorted(ranked)]


def pick(texts: Texts | None, locale: str | None, default_locale: str) -> str | None:
    """Return the text to show: in ``locale``, else in the object's default locale, else None (rule 6.5)."""
    found = pick_with_locale(texts, locale, default_locale)
    return found[0] if found else None


def pick_with_locale(texts: Texts | None, locale: str | None, default_locale: str) -> tuple[str, str] | None:
    """Return ``(text, locale it is in)`` by the rule of :func:`pick`, so that a page can label a fallback."""
    for candidate in (locale, default_locale):
        if candidate and texts and (text := texts.get(candidate)) is not None:
            return text, candidate
    return None


def clean(value: str | Mapping[str, str | None] | None, default_locale: str) -> dict[str, str]:
    """Turn a plain string or a locale-to-text object into what is stored, with canonical keys.

    Raises:
        UnknownLocaleError: a key is no supported locale.
    """
    if value is None:
        return {}
    if isinstance(value, str):
        return {default_locale: value.strip()} if value.strip() else {}
    texts: dict[str, str] = {}
    for key, text in value.items():
        locale = canonical_locale(key)
        if locale is None:
            raise UnknownLocaleError(key)
        if text is not None and text.strip():
            texts[locale] = text.strip()
    return texts


def every_text(*fields: Texts | None) -> Sequence[str]:
    """Return all texts of the fields in every language, for indexing."""
    return [text for texts in fields if texts for text in texts.values() if text]


class UnknownLocaleError(ValueError):
    """A translation was given under a language code that the site does not know."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"The language code '{code}' is invalid.")


def default_locale_of(texts: Texts | None) -> str:
    """Return the default locale of something that has none of its own: en-US, else the first it is written in."""
    return DEFAULT_LOCALE if not texts or texts.get(DEFAULT_LOCALE) else next(iter(texts))


class DefaultTextMissingError(ValueError):
    """A change would leave a translated field without its text in the object's default locale."""

    def __init__(self, locale: str, *, others_remain: bool) -> None:
        self.locale = locale
        self.others_remain = others_remain
        super().__init__(f'A value in the default locale of "{locale}" is required.')


def merge(
    stored: Texts | None, given: Texts | None, default_locale: str, *, required: bool
) -> dict[str, str]:
    """Return ``stored`` with the given translations set, and those given as null taken away (rules 6.15 to 6.20).

    Locales that are not given stay. ``given`` None takes all away.

    Raises:
        DefaultTextMissingError: the default locale's text would be missing where it must not be: always in a required
            field, in an optional one while other translations remain.
    """
    merged = {} if given is None else {**(stored or {}), **given}
    texts = {locale: text for locale, text in merged.items() if text is not None}
    if default_locale not in texts and (required or texts):
        raise DefaultTextMissingError(default_locale, others_remain=not required)
    return texts
