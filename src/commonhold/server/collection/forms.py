"""How a value may be written: one small class per form. Called, it reads a node; as text, it names itself.

A form notes what is wrong and raises :class:`InvalidError`; whoever holds several values goes on with the
next, so that every mistake of a file is reported at once. Values of secret forms never stand in a message.
"""

import datetime as dt
import difflib
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from commonhold.server.collection.mistakes import Findings, shown
from commonhold.server.collection.reader import Mapping, Node, Scalar, Sequence
from commonhold.server.credentials.keys import is_well_formed
from commonhold.server.kit.clock import UTC
from commonhold.server.kit.translation import DEFAULT_LOCALE, canonical_locale, clean, match_locale

_KINDS = {Sequence: "a list", Mapping: "a mapping"}
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LONGEST_PATH = 4096
_LONGEST_NAME = 255


class InvalidError(Exception):
    """A value was wrong and the mistake has been noted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a form needs besides the node.

    Attributes:
        folder: of the collection file; relative paths start there.
        findings: where mistakes go.
        locale: the language that plain strings of translated keys are in.
    """

    folder: Path
    findings: Findings
    locale: str = DEFAULT_LOCALE

    def wrong(self, node: Node, place: str, text: str) -> InvalidError:
        """Note a mistake and return what to raise."""
        self.findings.add(node.line, place, text)
        return InvalidError()

    def in_locale(self, locale: str) -> "Reading":
        """Return the same reading with plain strings taken to be in ``locale``."""
        return replace(self, locale=locale)


class Form(Protocol):
    """How a value may be written; its text names it in the reference."""

    def __call__(self, node: Node, place: str, reading: Reading) -> object:
        """Return the value, or note what is wrong with it and raise :class:`InvalidError`."""


def nearest(word: str, choices: Iterable[str]) -> str:
    """Return `` Did you mean …?`` where one of ``choices`` is close to ``word``, else nothing."""
    close = difflib.get_close_matches(word.lower()[:_LONGEST_NAME], list(choices), n=1, cutoff=0.6)
    return f" Did you mean {close[0]}?" if close else ""


def scalar(node: Node, place: str, reading: Reading, wanted: str) -> str:
    """Return the text of a single value, refusing lists, mappings and null."""
    if not isinstance(node, Scalar):
        raise reading.wrong(node, place, f"is {_KINDS[type(node)]}; it takes {wanted}.")
    if node.is_null:
        raise reading.wrong(node, place, f"is null; it takes {wanted}.")
    return node.text


@dataclass(frozen=True, slots=True)
class Text:
    """Text of bounded length, trimmed; ``lines`` allows line breaks; a ``secret`` is never trimmed."""

    longest: int
    lines: bool = False
    secret: bool = False

    def __str__(self) -> str:
        return f"text of up to {self.longest} characters" + (", Markdown" if self.lines else "")

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "text")
        return self.checked(text if self.secret else text.strip(), node, place, reading)

    def checked(self, text: str, node: Node, place: str, reading: Reading) -> str:
        """Return ``text`` if its length and its characters are right."""
        if not text:
            raise reading.wrong(node, place, "is empty.")
        if len(text) > self.longest:
            raise reading.wrong(node, place, f"has {len(text)} characters; {self.longest} are allowed.")
        if _CONTROLS.search(text):
            raise reading.wrong(node, place, "holds a control character.")
        if "\n" in text and not self.lines:
            raise reading.wrong(node, place, "holds a line break; it is one line.")
        return text


@dataclass(frozen=True, slots=True)
class Pattern:
    """Text that matches ``pattern`` as a whole; ``wanted`` says so in words; ``refused`` words are taken."""

    wanted: str
    pattern: str
    refused: frozenset[str] = frozenset()
    secret: bool = False
    lower: bool = False

    def __str__(self) -> str:
        return self.wanted

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, self.wanted)
        text = text.lower() if self.lower else text
        if not re.fullmatch(self.pattern, text, re.ASCII):
            given = "the value" if self.secret else shown(text)
            raise reading.wrong(node, place, f"{given} is no {self.wanted}.")
        if text in self.refused:
            raise reading.wrong(node, place, f"{shown(text)} is reserved for the site itself.")
        return text


@dataclass(frozen=True, slots=True)
class Translated:
    """Text in several languages: a mapping from locale to text, or a plain string in the default locale."""

    longest: int
    lines: bool = False
    needed: bool = False

    def __str__(self) -> str:
        return f"translated text of up to {self.longest} characters" + (", Markdown" if self.lines else "")

    def __call__(self, node: Node, place: str, reading: Reading) -> dict[str, str]:
        """Read the value, or refuse it."""
        before = len(reading.findings.mistakes)
        texts = self._texts(node, place, reading)
        if len(reading.findings.mistakes) > before:
            raise InvalidError
        if self.needed and reading.locale not in texts:
            text = f"has no text in {reading.locale}, the default locale."
            raise reading.wrong(node, place, text)
        return texts

    def _texts(self, node: Node, place: str, reading: Reading) -> dict[str, str]:
        text = Text(self.longest, lines=self.lines)
        if isinstance(node, Scalar):
            if node.is_null:
                return {}
            return clean(text(node, place, reading), reading.locale)
        if isinstance(node, Sequence):
            raise reading.wrong(node, place, "is a list; it takes text, or a mapping from locale to text.")
        texts: dict[str, str | None] = {}
        for entry in node.entries.values():
            at = f"{place}.{entry.key}"
            locale = canonical_locale(entry.key)
            if locale is None:
                near = match_locale(entry.key)
                hint = f" Did you mean {near}?" if near else ""
                reading.findings.add(
                    entry.line, place, f"{shown(entry.key)} is no language of this site.{hint}"
                )
            elif locale in texts:
                reading.findings.add(entry.line, at, f"the language {locale} stands twice.")
            elif not (isinstance(entry.value, Scalar) and entry.value.is_null):
                texts[locale] = _text_or_none(text, entry.value, at, reading)
        return clean(texts, reading.locale)


def _text_or_none(form: Text, node: Node, place: str, reading: Reading) -> str | None:
    try:
        return form(node, place, reading)
    except InvalidError:
        return None


@dataclass(frozen=True, slots=True)
class Boolean:
    """``true`` or ``false``."""

    def __str__(self) -> str:
        return "`true` or `false`"

    def __call__(self, node: Node, place: str, reading: Reading) -> bool:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "true or false")
        if text.lower() not in {"true", "false"}:
            raise reading.wrong(node, place, f"{shown(text)} is neither true nor false.")
        return text.lower() == "true"


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number within bounds."""

    least: int
    most: int

    def __str__(self) -> str:
        return f"whole number, {self.least} to {self.most}"

    def __call__(self, node: Node, place: str, reading: Reading) -> int:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "a whole number")
        if not re.fullmatch(r"-?[0-9]{1,19}", text):
            raise reading.wrong(node, place, f"{shown(text)} is no whole number.")
        if not self.least <= int(text) <= self.most:
            raise reading.wrong(node, place, f"{shown(text)} is not within {self.least} and {self.most}.")
        return int(text)


@dataclass(frozen=True, slots=True)
class Fraction:
    """A decimal fraction from 0 to 1 with up to four places, kept exactly."""

    def __str__(self) -> str:
        return 'fraction such as `"0.05"`'

    def __call__(self, node: Node, place: str, reading: Reading) -> Decimal:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, 'a fraction such as "0.05"')
        if not re.fullmatch(r"0(\.[0-9]{1,4})?|1(\.0{1,4})?", text):
            raise reading.wrong(
                node, place, f'{shown(text)} is no fraction from 0 to 1 such as "0.05" (up to four places).'
            )
        return Decimal(text)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(f"`{option}`" for option in self.options)

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        options = ", ".join(self.options)
        text = scalar(node, place, reading, f"one of {options}")
        if text not in self.options:
            raise reading.wrong(node, place, f"{shown(text)} is not one of {options}.")
        return text


@dataclass(frozen=True, slots=True)
class Locale:
    """A language the site's texts can be in."""

    def __str__(self) -> str:
        return "language of the site, such as `en-US`"

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "a language such as en-US")
        locale = canonical_locale(text)
        if locale is None:
            near = match_locale(text)
            hint = f" Did you mean {near}?" if near else ""
            raise reading.wrong(node, place, f"{shown(text)} is no language of this site.{hint}")
        return locale


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time with its offset, kept in UTC."""

    def __str__(self) -> str:
        return "moment such as `2025-08-26T12:00:00Z`"

    def __call__(self, node: Node, place: str, reading: Reading) -> dt.datetime:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "a moment such as 2025-08-26T12:00:00Z")
        form = r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?([Zz]|[+-]\d\d:\d\d)"
        try:
            if not re.fullmatch(form, text, re.ASCII):
                raise ValueError
            moment = dt.datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            message = f"{shown(text)} is no moment with its offset, such as 2025-08-26T12:00:00Z."
            raise reading.wrong(node, place, message) from None
        if moment.year < 1970:
            raise reading.wrong(node, place, f"{shown(text)} lies before 1970.")
        return moment


@dataclass(frozen=True, slots=True)
class Address:
    """An absolute http or https address."""

    def __str__(self) -> str:
        return "address, `https://…`"

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        text = Text(2000)(node, place, reading)
        try:
            parts = urlsplit(text)
            fine = parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
        except ValueError:
            fine = False
        if not fine:
            raise reading.wrong(node, place, f"{shown(text)} is no address such as https://example.org/page.")
        return text


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key in full, check sum and all; never shown."""

    def __str__(self) -> str:
        return "API key, `chk_…`"

    def __call__(self, node: Node, place: str, reading: Reading) -> str:
        """Read the value, or refuse it."""
        text = scalar(node, place, reading, "an API key")
        if not is_well_formed(text):
            message = "is no API key: chk_, 43 characters and a check sum of 6 (mistyped or cut off?)."
            raise reading.wrong(node, place, message)
        return text


@dataclass(frozen=True, slots=True)
class File:
    """The path of a regular file that exists, relative to the collection file's folder.

    The operator who wrote the collection file may name any file the loading process can read: absolute paths,
    ``..`` and symbolic links are followed as a shell would. The name itself becomes the name of the download.
    """

    endings: tuple[str, ...]

    def __str__(self) -> str:
        return "path of a file ending in " + ", ".join(f"`{ending}`" for ending in self.endings)

    def __call__(self, node: Node, place: str, reading: Reading) -> Path:
        """Read the value, or refuse it."""
        text = Text(_LONGEST_PATH)(node, place, reading)
        path = reading.folder / text
        name = path.name
        if not name.lower().endswith(self.endings) or name.lower() in self.endings:
            raise reading.wrong(node, place, f"{shown(text)} is no name ending in {', '.join(self.endings)}.")
        if name.startswith(".") or "\\" in name or len(name.encode()) > _LONGEST_NAME:
            raise reading.wrong(node, place, f"{shown(name)} is no plain file name.")
        try:
            state = path.stat()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "no such name is possible"
            raise reading.wrong(node, place, f"{shown(text)} cannot be read: {reason}.") from error
        if not stat.S_ISREG(state.st_mode):
            raise reading.wrong(node, place, f"{shown(text)} is no regular file.")
        if not state.st_size:
            raise reading.wrong(node, place, f"{shown(text)} is empty.")
        return path
