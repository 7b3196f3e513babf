"""Which text a reader gets."""

import pytest

from commonhold.server.kit.translation import (
    LOCALES,
    UnknownLocaleError,
    best_locale,
    clean,
    pick,
    pick_with_locale,
)

TEXTS = {"en-US": "Games", "fr": "Jeux", "kn": "ಆಟಗಳು"}


@pytest.mark.parametrize(
    ("lang", "header", "expected"),
    [
        (None, "fr,en;q=0.8", "fr"),
        (None, "zh", "zh-CN"),
        (None, "xx", "en-US"),
        (None, "fr-CA", "fr"),
        (None, "en;q=wtf,fr,ga-IE;q=oops", "en-US"),
        (None, "*", "en-US"),
        (None, None, "en-US"),
        (None, "de;q=0.2, sw;q=0.9", "sw"),
        (None, "fr;q=0, de", "de"),
        ("fr-CA", "de", "fr"),
        ("EN-us", None, "en-US"),
        ("pt", "de", "pt-PT"),
        ("foo", "de", "de"),
        ("", "de", "de"),
        ("kn", None, "kn"),
    ],
)
def test_the_current_language(lang: str | None, header: str | None, expected: str):
    assert best_locale(lang, header) == expected


def test_a_text_falls_back_to_the_default_locale_and_says_so():
    assert pick(TEXTS, "kn", "en-US") == "ಆಟಗಳು"
    assert pick_with_locale(TEXTS, "de", "en-US") == ("Games", "en-US")
    assert pick(TEXTS, "de", "es") is None
    assert pick({}, "fr", "en-US") is None
    assert pick(None, "fr", "en-US") is None


def test_what_is_stored_has_canonical_keys_and_no_blanks():
    assert clean(" Salut ", "fr") == {"fr": "Salut"}
    assert clean({"en-us": "Games", "fr": None, "de": "  "}, "en-US") == {"en-US": "Games"}
    assert clean(None, "fr") == {}
    with pytest.raises(UnknownLocaleError, match="The language code 'xx' is invalid"):
        clean({"xx": "?"}, "en-US")


def test_the_languages_the_documents_use_are_known():
    assert {"en-US", "fr", "kn", "sw", "hi", "pt-BR"} <= set(LOCALES)
