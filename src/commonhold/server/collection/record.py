"""From a mapping of the file to a frozen dataclass whose annotations say what each key takes."""

import copy
import dataclasses
import enum
import re
from collections.abc import Mapping as Lines
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_type_hints

from commonhold.server.collection.forms import Form, InvalidError, Reading, nearest
from commonhold.server.collection.mistakes import Mistake
from commonhold.server.collection.reader import Mapping, Node


class Unset(enum.Enum):
    """The type of :data:`UNSET`; false in a condition."""

    UNSET = "not mentioned"

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset.UNSET
"""The file does not mention the key: what the site holds stays as it is. Not the same as null."""

T = TypeVar("T")
Maybe: TypeAlias = T | Unset


class Need(enum.Enum):
    """When a key must be there."""

    NEVER = "no"
    NEW = "for a new one"
    ALWAYS = "yes"


@dataclass(frozen=True, slots=True)
class Key:
    """What one key takes; stands in the annotation of the dataclass's field.

    Attributes:
        form: how its value may be written.
        about: its meaning, a sentence for the reference.
        default: what an entry gets that is new to the site; UNSET where the loader or the site decides.
        need: whether it may be left out.
        decided: in words, what happens when it is left out of a new entry and ``default`` is UNSET.
    """

    form: Form
    about: str
    default: object = UNSET
    need: Need = Need.NEVER
    decided: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an entry stands in the file, for mistakes that only the database can tell.

    Attributes:
        line: of the entry's beginning.
        place: its path, such as ``datasets[2]``.
        lines: the line of each key it mentions.
    """

    line: int = 1
    place: str = ""
    lines: Lines[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def mistake(self, key: str, text: str) -> Mistake:
        """Return the mistake ``text`` at ``key`` (empty: at the entry as a whole)."""
        place = ".".join(part for part in (self.place, key) if part)
        return Mistake(self.lines.get(re.split(r"[.\[]", key)[0], self.line), place, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What every entry has: the place it was read from, which two equal entries need not share."""

    source: Source = field(default=Source(), compare=False, repr=False)


R = TypeVar("R", bound=Record)


_keys: dict[type, Lines[str, Key]] = {}


def keys_of(kind: type[Record]) -> Lines[str, Key]:
    """Return the keys that ``kind`` takes, in their order."""
    if kind not in _keys:
        hints = get_type_hints(kind, include_extras=True)
        found = {name: _key(hint) for name, hint in hints.items()}
        _keys[kind] = {name: key for name, key in found.items() if key is not None}
    return _keys[kind]


def _key(hint: Any) -> Key | None:
    return next((extra for extra in getattr(hint, "__metadata__", ()) if isinstance(extra, Key)), None)


def read_record(kind: type[R], node: Node, place: str, reading: Reading) -> R:
    """Read one entry of this ``kind``.

    Raises:
        InvalidError: something in it is wrong; every mistake in it has been noted.
    """
    before = len(reading.findings.mistakes)
    record = read_leniently(kind, node, place, reading)
    if record is None or len(reading.findings.mistakes) > before:
        raise InvalidError
    return record


def read_leniently(kind: type[R], node: Node, place: str, reading: Reading) -> R | None:
    """Read one entry as far as it can be: what is wrong is noted and left out; None if too little is left."""
    keys = keys_of(kind)
    if not isinstance(node, Mapping):
        reading.findings.add(node.line, place, f"takes a mapping with the keys {', '.join(keys)}.")
        return None
    for entry in node.entries.values():
        if entry.key not in keys:
            at = _under(place, entry.key[:60])
            reading.findings.add(entry.line, at, f"there is no such key.{nearest(entry.key, keys)}")
    needed = [name for name, key in keys.items() if key.need is Need.ALWAYS]
    for name in needed:
        if name not in node.entries:
            reading.findings.add(node.line, place, f"lacks the key {name}.")
    values = _values(keys, node, place, reading)
    if not values.keys() >= set(needed):
        return None
    lines = {name: entry.line for name, entry in node.entries.items()}
    return kind(**values, source=Source(node.line, place, MappingProxyType(lines)))


def _values(keys: Lines[str, Key], node: Mapping, place: str, reading: Reading) -> dict[str, Any]:
    values: dict[str, Any] = {}
    # The default locale first: plain strings of the other keys are in it.
    for name in sorted(keys, key=lambda name: name != "default_locale"):
        if name in node.entries:
            try:
                values[name] = keys[name].form(node.entries[name].value, _under(place, name), reading)
            except InvalidError:
                continue
            if name == "default_locale":
                reading = reading.in_locale(values[name])
    return values


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def with_defaults(record: R) -> R:
    """Return ``record`` as an entry that is new to the site: keys it leaves out have their defaults."""
    defaults: dict[str, Any] = {
        name: copy.copy(key.default)
        for name, key in keys_of(type(record)).items()
        if getattr(record, name) is UNSET and key.default is not UNSET
    }
    return dataclasses.replace(record, **defaults)
