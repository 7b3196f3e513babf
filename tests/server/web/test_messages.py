"""The pages' own words in every language offered: complete, sound, compiled, and shown."""

import gettext
import html
import re

import pytest

from docs import messages

# How each language's first visitor asks for it, and which way its pages run.
PAGES = {
    "ar": ("ar", "rtl"), "de": ("de", "ltr"), "es": ("es", "ltr"), "fr": ("fr", "ltr"), "hi": ("hi", "ltr"),
    "ja": ("ja", "ltr"), "kn": ("kn", "ltr"), "pt_BR": ("pt-BR", "ltr"), "sw": ("sw", "ltr"), "zh_Hans": ("zh-CN", "ltr"),
}  # fmt: skip
_KEPT = re.compile(r"%\(\w+\)[a-z]|%[a-z%]|\{\w*\}|</?\w[^>]*>|\bcommonhold login\b|\bSHA-256\b|\bJSON\b")
every_language = pytest.mark.parametrize("language", messages.LANGUAGES)


def _words(message):
    return message.string if isinstance(message.string, (tuple, list)) else (message.string,)


def _kept(text):
    """Return what a translation must carry over unchanged: places for values, tags, names."""
    return sorted(_KEPT.findall(text))


def test_every_language_offered_has_its_catalogue():
    from django.utils.translation import to_locale

    from commonhold.server.kit.languages import OFFERED

    assert set(messages.LANGUAGES) == set(PAGES) == {to_locale(code) for _, code in OFFERED.values()} - {"en"}


@every_language
def test_every_string_is_translated(language, database):
    catalogue = messages.known(language)
    wanted = {(message.context, message.id) for message in messages.template(language)}
    assert {(message.context, message.id) for message in catalogue} == wanted, "run `make messages`"
    assert len(wanted) > 300
    assert not [message.id for message in catalogue if message.fuzzy and message.id]
    assert not [message.id for message in messages.missing(catalogue)]
    assert all(word.strip() for message in catalogue if message.id for word in _words(message))
    texts = [message for message in catalogue if message.id and " " in messages.text_of(message)]
    echoes = [message.id for message in texts if messages.text_of(message) in _words(message)]
    assert not [text for text in echoes if not _kept(str(text))], "left in English"


@every_language
def test_values_tags_and_names_are_kept(language):
    for message in messages.known(language):
        if message.id:
            # The plural names every value; a form for exactly one or two may say the number in words.
            wanted = _kept(message.id[-1] if message.pluralizable else message.id)
            assert _kept(_words(message)[-1]) == wanted, message.id
            for word in _words(message)[:-1]:
                assert set(_kept(word)) <= set(wanted), message.id
            assert (
                not any(word != word.strip() for word in _words(message)) or messages.text_of(message) == ", "
            )


@every_language
def test_compiled_catalogues_say_the_same(language):
    with (messages.folder(language) / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    catalogue = messages.known(language)
    for message in catalogue:
        if not message.id:
            continue
        if message.pluralizable:
            forms = {compiled.ngettext(*message.id, number) for number in range(120)}
            assert forms == set(message.string)
        elif message.context:
            assert compiled.pgettext(message.context, message.id) == message.string
        else:
            assert compiled.gettext(message.id) == message.string


@every_language
def test_pages_speak_it(language, visitor, database):
    from commonhold.server.kit.languages import OFFERED

    asked, direction = PAGES[language]
    catalogue = messages.known(language)
    by_header, by_cookie = visitor(), visitor()
    by_cookie.client.cookies["language"] = asked
    pages = [
        by_header.get("/sign-up", accept_language=asked),
        by_cookie.get("/sign-up", accept_language="en"),
        by_cookie.client.post("/sign-up", {}),
    ]
    assert [page.status_code for page in pages] == [200, 200, 403]
    code = OFFERED[asked][1]
    for page in pages:
        assert page["Content-Language"] == code
        opening = re.search(r'<html lang="([^"]+)" dir="([^"]+)">', page.text)
        assert opening
        assert opening[2] == direction
        assert opening[1].lower().split("-")[0] == code.split("-")[0]
        seen = html.unescape(page.text)
        assert catalogue.get("Skip to the content").string in seen
        assert "Skip to the content" not in seen
    assert catalogue.get(
        "An account lets you agree to terms and download. It is free."
    ).string in html.unescape(pages[1].text)
    assert catalogue.get("This form is no longer valid").string in html.unescape(pages[2].text)


@every_language
def test_complaints_of_forms_speak_it(language, visitor, database):
    who = visitor()
    who.client.cookies["language"] = PAGES[language][0]
    page = who.post("/sign-up", email="not an address", password1="short")
    assert page.status_code == 200
    assert page.text.count('class="errorlist') + page.text.count('aria-invalid="true"') >= 2
    for english in ("Enter a valid", "This password is too", "This field is", "at least"):
        assert english not in page.text


@every_language
def test_catalogues_are_as_the_tool_writes_them(language, database):
    catalogue = messages.updated(language)
    folder = messages.folder(language)
    assert (folder / "django.po").read_bytes() == messages.as_po(catalogue), "run `make messages`"
    assert (folder / "django.mo").read_bytes() == messages.as_mo(catalogue), "run `make messages`"


def test_a_string_that_goes_and_comes_back_keeps_its_translation(monkeypatch, tmp_path, database):
    strings = [
        ("a.html", None, "One", None),
        ("a.html", "task", "Two", None),
        ("a.html", None, "%s box", "%s boxes"),
    ]
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    monkeypatch.setattr(messages, "LIBRARIES", ())
    monkeypatch.setattr(messages, "own_messages", lambda: iter(strings))
    path = messages.folder("fr") / "django.po"
    path.parent.mkdir(parents=True)
    catalogue = messages.updated("fr")
    assert len(messages.missing(catalogue)) == 3
    for text, context, words in (
        ("One", None, "Un"), ("Two", "task", "Deux"), (("%s box", "%s boxes"), None, ("%s boîte", "%s boîtes"))
    ):  # fmt: skip
        catalogue.get(text, context).string = words
    path.write_bytes(full := messages.as_po(catalogue))

    kept, strings[:] = list(strings), [("a.html", None, "Three", None)]
    path.write_bytes(messages.as_po(messages.updated("fr")))
    assert [message.id for message in messages.missing(messages.known("fr"))] == ["Three"]
    path.write_bytes(messages.as_po(messages.updated("fr")))
    assert b"Deux" not in messages.as_mo(messages.updated("fr"))
    strings[:] = kept
    path.write_bytes(messages.as_po(messages.updated("fr")))
    assert path.read_bytes() == full
