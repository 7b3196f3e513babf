"""What a dataset's terms say: the site's standard terms, the licence, and what the publisher adds (decision 21)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from commonhold.server.catalogue.vocabularies import LICENSES
from commonhold.server.kit.translation import DEFAULT_LOCALE, Texts, pick


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a dataset's terms are made of; the texts are locale-to-text objects."""

    default_locale: str
    license_abbreviation: str = ""
    license_name: str = ""
    license_url: str = ""
    publisher_terms: Texts = field(default_factory=dict)
    restrictions: Texts = field(default_factory=dict)
    forbidden_usage: Texts = field(default_factory=dict)
    additional_conditions: Texts = field(default_factory=dict)


def standard_terms(locale: str = DEFAULT_LOCALE) -> str | None:
    """Return the site's standard terms in this locale, or None where they are not written in it."""
    text = files("commonhold.server.access").joinpath("standard_terms", f"{locale}.md")
    return text.read_text(encoding="utf-8").strip() if text.is_file() else None


def compose(ingredients: Ingredients) -> dict[str, str]:
    """Return the whole text of the terms, as Markdown, for each locale that has a text of its own.

    A locale counts where the publisher wrote in it, or the standard terms exist in it and the publisher wrote nothing
    that would then be missing: a reader never gets half of the terms in a language they did not choose unawares.
    """
    own = (
        ingredients.publisher_terms,
        ingredients.restrictions,
        ingredients.forbidden_usage,
        ingredients.additional_conditions,
    )
    written = [texts for texts in own if texts]
    locales = {ingredients.default_locale}
    for texts in written:
        locales |= {locale for locale in texts if all(other.get(locale) for other in written)}
    return {locale: _text(ingredients, locale) for locale in sorted(locales)}


def hashes(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the SHA-256 (hex) of each text as UTF-8: what the ledger keeps of what was shown."""
    return {locale: hashlib.sha256(text.encode()).hexdigest() for locale, text in texts.items()}


def _text(ingredients: Ingredients, locale: str) -> str:
    parts = []
    for title, texts in (
        ("Terms of the publisher", ingredients.publisher_terms),
        ("Restrictions", ingredients.restrictions),
        ("Forbidden usage", ingredients.forbidden_usage),
        ("Additional conditions", ingredients.additional_conditions),
    ):
        if text := pick(texts, locale, ingredients.default_locale):
            parts.append(f"## {title}\n\n{text}")
    parts.append(f"## Licence\n\n{_license(ingredients)}")
    parts.append(standard_terms(locale) or standard_terms() or "")
    return "\n\n".join(parts)


def _license(ingredients: Ingredients) -> str:
    abbreviation = ingredients.license_abbreviation
    name = ingredients.license_name or LICENSES.get(abbreviation, "")
    known = (
        f"{name} ({abbreviation})" if name and abbreviation and name != abbreviation else name or abbreviation
    )
    if not known:
        return "The publisher has named no licence: nothing is allowed beyond what these terms allow."
    text = f"The data is licensed under: {known}."
    return f"{text} Full text: <{ingredients.license_url}>" if ingredients.license_url else text
