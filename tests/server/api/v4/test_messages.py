"""Every message that the v4 API can show stands in every catalogue, with the same places to fill."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from django.utils import translation
from rest_framework import exceptions, serializers, validators

import commonhold.server
from commonhold.server.api.v4 import (
    accounts,
    datasets,
    organizations,
    search,
    site,
    submission_inputs,
    submissions,
)
from commonhold.server.api.v4.inputs import Input

SERVER = Path(commonhold.server.__file__).parent
LOCALES = ["fr", "de", "es", "pt_BR", "sw", "ar", "hi", "kn", "zh_CN", "ja"]
SOURCES = [
    *(SERVER / "api" / "v4").glob("*.py"), SERVER / "site" / "refusals.py", SERVER / "credentials" / "refusals.py",
    *(SERVER / "submissions").glob("*.py"), *(SERVER / "submissions" / "actions").glob("*.py"),
]  # fmt: skip
KEYWORDS = {"_": None, "gettext_lazy": None, "gettext_noop": None, "ngettext": (1, 2)}
# Bounds that no field here sets.
UNSET = {"min_length", "empty"}


def own_messages() -> Iterator[str]:
    for path in SOURCES:
        for _, message, _, _ in extract_from_file("python", path, keywords=KEYWORDS):
            yield message[0] if isinstance(message, tuple) else message


def framework_messages() -> Iterator[str]:
    """What Django REST framework says through the serializers, and the errors it raises itself."""
    for module in (accounts, datasets, organizations, search, site, submission_inputs, submissions):
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, Input) and kind is not Input:
                yield from field_messages(kind())
    for error in (
        exceptions.AuthenticationFailed, exceptions.NotAuthenticated, exceptions.PermissionDenied, exceptions.NotFound,
        exceptions.MethodNotAllowed, exceptions.NotAcceptable, exceptions.UnsupportedMediaType, exceptions.Throttled,
    ):  # fmt: skip
        yield str(error.default_detail)
    yield str(validators.ProhibitSurrogateCharactersValidator.message)
    yield "Null characters are not allowed."


def field_messages(field: serializers.Field) -> Iterator[str]:
    yield from (str(text) for key, text in field.error_messages.items() if key not in UNSET)
    for check in field.validators:
        if not isinstance(getattr(check, "message", ""), (dict, type(None))) and not hasattr(
            check, "limit_value"
        ):
            yield str(getattr(check, "message", "Null characters are not allowed."))
    children = [
        *getattr(field, "fields", {}).values(),
        *([field.child] if isinstance(field, serializers.ListField) else []),
    ]
    for child in children:
        yield from field_messages(child)


def messages() -> set[str]:
    with translation.override("en"):
        return {*own_messages(), *framework_messages()} - {"Invalid value."}


def catalogue(locale: str, ending: str) -> dict[str, tuple[str, ...]]:
    path = SERVER / "locale" / locale / "LC_MESSAGES" / f"django.{ending}"
    with path.open("rb") as file:
        read = read_po(file, locale=locale) if ending == "po" else read_mo(file)
    return {
        (entry.id[0] if isinstance(entry.id, (tuple, list)) else entry.id): (
            tuple(entry.string) if isinstance(entry.string, (tuple, list)) else (entry.string,)
        )
        for entry in read
        if entry.id
    }


def places(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)[sd]|\{[\w:]+\}|`\w+`", text))


def test_there_are_messages() -> None:
    found = messages()
    assert len(found) >= 54
    assert {"This field is required.", "Signature has expired.", "Not found.", "Enter a valid URL."} <= found


@pytest.mark.parametrize("locale", LOCALES)
def test_catalogues_are_complete(locale: str) -> None:
    translated = catalogue(locale, "mo")
    missing = {message for message in messages() if not all(translated.get(message, ("",)))}
    assert not missing
    for message in messages():
        for text in translated[message]:
            assert places(text) == places(message), (message, text)
            assert text != message
    # The compiled catalogue is that of the text, and says nothing the code does not.
    assert catalogue(locale, "po") == translated
    assert set(translated) == messages()


@pytest.mark.parametrize("locale", LOCALES)
def test_the_language_is_what_is_spoken(locale: str) -> None:
    with translation.override(locale.replace("_", "-").lower()):
        expected = catalogue(locale, "mo")
        for message in messages():
            if len(expected[message]) == 1:
                assert translation.gettext(message) == expected[message][0]
