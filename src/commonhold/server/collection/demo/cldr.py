"""Tables drawn from the Unicode CLDR data that the ``babel`` package carries, which is imported only here."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import babel
from babel import localedata
from babel.core import get_cldr_version, get_global

Row = tuple[str, ...]

# Locales that stand for a language or for a language in a script, not for one territory's way of writing it.
_OF_A_TERRITORY = re.compile(r"_([A-Z]{2}|[0-9]{3})(_|$)")
_NUMBERS = range(201)
_FEWEST_LANGUAGE_NAMES = 100
_TERMS = (
    *("languages", "scripts", "territories", "variants", "currency_names", "currency_names_plural"),
    *("unit_display_names", "unit_patterns", "time_zones", "meta_zones", "date_fields"),
    *("months", "days", "quarters", "eras", "day_periods"),
)
_GLOSSARY = ("languages", "scripts", "territories", "currency_names", "date_fields", "months", "days")


def version() -> str:
    """Return the versions the data comes from, as in ``CLDR 47 (Babel 2.18.0)``."""
    return f"CLDR {get_cldr_version()} (Babel {babel.__version__})"


def license_text() -> bytes:
    """Return the Unicode License v3 as it stands beside the data."""
    return (Path(babel.__file__).parent / "locale-data" / "LICENSE.unicode").read_bytes()


class Cldr:
    """Every language's data, loaded once; each method draws one table, its rows in a fixed order.

    A row is only drawn where the language says something of its own: what it merely inherits is left out.
    """

    def __init__(self) -> None:
        names = sorted(name for name in localedata.locale_identifiers() if not _OF_A_TERRITORY.search(name))
        self._locales: dict[str, Any] = {name: localedata.load(name) for name in names}
        self._root = localedata.load("root")

    def language_names(self) -> Iterator[Row]:
        """Yield locale, code and name of every language, from locales that know a hundred names."""
        for name, names in self._sections("languages"):
            if len(names) >= _FEWEST_LANGUAGE_NAMES:
                yield from ((_tag(name), _tag(code), text) for code, text in sorted(names.items()))

    def territory_names(self, *, regions: bool) -> Iterator[Row]:
        """Yield locale, code and name of every territory; world regions (three digits) on demand."""
        for name, names in self._sections("territories"):
            for code, text in sorted(names.items()):
                if regions or not code.isdigit():
                    yield _tag(name), code, text

    def currency_names(self) -> Iterator[Row]:
        """Yield locale, code, name and the locale's own symbol (or nothing) of every currency."""
        for name, names in self._sections("currency_names"):
            symbols = self._own(name, "currency_symbols")
            yield from (
                (_tag(name), code, text, symbols.get(code, "")) for code, text in sorted(names.items())
            )

    def time_zone_cities(self) -> Iterator[Row]:
        """Yield locale, IANA time zone and the city that stands for it."""
        for name, leaves in self._texts(("time_zones",)):
            for (_, zone, *rest), text in leaves:
                if rest == ["city"]:
                    yield _tag(name), zone, text

    def unit_phrases(self) -> Iterator[Row]:
        """Yield locale, unit, width, plural category and pattern."""
        for name, leaves in self._texts(("unit_patterns",)):
            for (_, *where), text in leaves:
                if len(where) == 3 and where[2] != "per":
                    yield _tag(name), *where, text

    def parallel_terms(self) -> Iterator[Row]:
        """Yield locale, path, English text and the locale's differing text of every term."""
        english = dict(_leaves(self._locales["en"], _TERMS))
        for name, leaves in self._texts(_TERMS):
            if name.split("_")[0] != "en":
                for path, text in leaves:
                    if english.get(path, text) != text:
                        yield _tag(name), "/".join(path), english[path], text

    def kannada_hindi_terms(self) -> Iterator[Row]:
        """Yield path and the term in Kannada, Hindi and English."""
        kannada, hindi, english = (
            dict(_leaves(self._locales[name], _GLOSSARY)) for name in ("kn", "hi", "en")
        )
        root = dict(_leaves(self._root, _GLOSSARY))
        for path, text in sorted(kannada.items()):
            if path in hindi and path in english and root.get(path) not in {text, hindi[path]}:
                yield "/".join(path), text, hindi[path], english[path]

    def calendar_words(self) -> Iterator[dict[str, Any]]:
        """Yield every month and weekday of every locale, in each width and context."""
        for name, data in self._locales.items():
            for section, kind, offset in (("months", "month", 0), ("days", "weekday", 1)):
                if data[section]["format"]["wide"] == self._root[section]["format"]["wide"]:
                    continue
                for context in ("format", "stand-alone"):
                    for width in ("wide", "abbreviated", "narrow"):
                        for number, word in sorted(_at(data, section, context, width).items()):
                            where = {"locale": _tag(name), "kind": kind, "number": number + offset}
                            yield where | {"width": width, "context": context, "word": word}

    def plural_rules(self) -> Iterator[dict[str, Any]]:
        """Yield the rules of every language that has some, and the category of the first numbers."""
        for name, data in self._locales.items():
            cardinal, ordinal = data.get("plural_form"), data.get("ordinal_form")
            if "_" in name or not cardinal or not ordinal or not (cardinal.rules or ordinal.rules):
                continue
            yield {
                "locale": _tag(name),
                "cardinal": dict(cardinal.rules),
                "ordinal": dict(ordinal.rules),
                "cardinal_examples": {str(number): cardinal(number) for number in _NUMBERS},
                "ordinal_examples": {str(number): ordinal(number) for number in _NUMBERS},
            }

    def number_formats(self) -> Iterator[dict[str, Any]]:
        """Yield symbols and patterns of every locale whose symbols or patterns are not the common ones."""
        common = self._format("root", self._root)
        for name, data in self._locales.items():
            formats = self._format(name, data)
            if formats | {"locale": ""} != common | {"locale": ""}:
                yield formats

    @staticmethod
    def _format(name: str, data: Any) -> dict[str, Any]:
        system = data["default_numbering_system"]
        symbols = data["number_symbols"].get(system, {})
        if "decimal" not in symbols:  # the system writes its digits with the symbols of Latin ones
            symbols = data["number_symbols"]["latn"]
        patterns = {
            "decimal": data["decimal_formats"][None],
            "percent": data["percent_formats"][None],
            "scientific": data["scientific_formats"][None],
            "currency": data["currency_formats"]["standard"],
        }
        return {
            "locale": _tag(name),
            "numbering_system": system,
            "symbols": dict(sorted(symbols.items())),
            "patterns": {key: pattern.pattern for key, pattern in patterns.items()},
        }

    def _sections(self, section: str) -> Iterator[tuple[str, dict[str, str]]]:
        for name in self._locales:
            yield name, self._own(name, section)

    def _own(self, name: str, section: str) -> dict[str, str]:
        inherited = self._parent(name)[section]
        data = self._locales[name][section]
        return {code: text for code, text in data.items() if text and inherited.get(code) != text}

    def _texts(self, sections: tuple[str, ...]) -> Iterator[tuple[str, list[tuple[Row, str]]]]:
        """Yield each locale with the texts it does not inherit, each at its path."""
        of_root = dict(_leaves(self._root, sections))
        for name, data in self._locales.items():
            parent = self._parent(name)
            inherited = of_root if parent is self._root else dict(_leaves(parent, sections))
            own = ((path, text) for path, text in _leaves(data, sections) if inherited.get(path) != text)
            yield name, list(own)

    def _parent(self, name: str) -> Any:  # babel's tables are nested dictionaries without types
        parent = get_global("parent_exceptions").get(name) or name.rpartition("_")[0]
        return self._locales.get(parent, self._root)


def _leaves(data: Mapping[str, Any], sections: tuple[str, ...]) -> Iterator[tuple[Row, str]]:
    for section in sections:
        yield from _below(data[section], (section,))


def _below(value: Any, path: Row) -> Iterator[tuple[Row, str]]:
    """Yield every text below ``value`` with its path, in order; aliases are skipped."""
    if isinstance(value, tuple):
        value = value[-1]  # an alias, and what differs from it
    if isinstance(value, str):
        if value and not re.search(r"[\t\n\r]", value):
            yield path, value
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield from _below(value[key], (*path, str(key)))


def _at(data: Any, *keys: str) -> Any:
    """Return what stands below ``keys``, following aliases.

    Babel's own ``LocaleDataDict`` writes what an alias means into tables that locales share.
    """
    value = data
    for key in keys:
        value = _resolved(data, value[key])
    return value


def _resolved(data: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        alias, own = value
        return {**_resolved(data, alias), **own}
    return _at(data, *value.keys) if isinstance(value, localedata.Alias) else value


def _tag(name: str) -> str:
    """Write a locale as BCP 47 does: ``zh_Hant`` becomes ``zh-Hant``."""
    return "-".join(part.lower() if len(part) > 4 else part for part in name.split("_"))
