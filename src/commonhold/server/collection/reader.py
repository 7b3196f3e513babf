"""YAML as a tree of nodes that know their lines, within bounds that no file can talk its way out of.

Only the parser of ruamel.yaml is used: its events become the tree below. Nothing is constructed, and a plain
word stays the text it is (``no`` is "no", ``1.0`` is "1.0"): the key it stands under says how to read it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError, YAMLStreamError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from commonhold.server.collection.mistakes import CollectionError, Findings, Mistake, shown

LARGEST_FILE: Final = 16 * 1024 * 1024
MOST_NODES: Final = 500_000
DEEPEST: Final = 12
LONGEST_KEY: Final = 255

# On hostile text the parser may trip instead of complaining, over an escape beyond Unicode for example.
_TRIPS = (ValueError, ArithmeticError, LookupError, TypeError, AttributeError, AssertionError, RecursionError)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value as it was written; ``plain`` when it stood without quotes."""

    line: int
    text: str
    plain: bool

    @property
    def is_null(self) -> bool:
        """Whether this is YAML's null: nothing at all, ``~`` or ``null``."""
        return self.plain and self.text in {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: list["Node"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key and its value; ``line`` is the key's."""

    line: int
    key: str
    value: "Node"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values in the order of the file; no key twice."""

    line: int
    entries: dict[str, Entry]


Node = Scalar | Sequence | Mapping


class _RefusedError(Exception):
    """This YAML is refused: line and reason."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


def read_tree(path: Path, findings: Findings) -> Node:
    """Read the file at ``path``; keys that stand twice go to ``findings``.

    Raises:
        CollectionError: it cannot be read, is no UTF-8, no YAML, or uses what a collection file may not use:
            then the rest of it cannot be judged.
    """
    try:
        return _Builder(findings).build(_text(path))
    except _RefusedError as refusal:
        raise CollectionError(path, [Mistake(refusal.line, "", refusal.reason)]) from refusal


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such name is possible"
        raise _RefusedError(1, f"the file cannot be read: {reason}.") from error
    if len(content) > LARGEST_FILE:
        raise _RefusedError(1, f"the file is larger than {LARGEST_FILE // 1024**2} MiB; split it.")
    try:
        # Some editors put a byte order mark before UTF-8; it means nothing there.
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _RefusedError(line, "the file is not UTF-8 from here on; save it as UTF-8.") from error
    if not text.strip():
        raise _RefusedError(1, "the file is empty.")
    return text


class _Builder:
    """Turns the parser's events into the tree, counting as it goes."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._nodes = 0
        self._documents = 0

    def build(self, text: str) -> Node:
        """Return the root node of the only document in ``text``."""
        events = self._events(text)
        root: Node | None = None
        for event in events:
            self._refuse_document(event)
            if isinstance(event, (ScalarEvent, SequenceStartEvent, MappingStartEvent, AliasEvent)):
                root = self._node(event, events, 0)
        if root is None or (isinstance(root, Scalar) and root.is_null):
            raise _RefusedError(1, "the file holds nothing.")
        return root

    def _events(self, text: str) -> Iterator[Any]:
        """Yield the parser's events; whatever it trips over becomes a refusal at a line."""
        parser = YAML(typ="safe", pure=True)
        line = 1
        try:
            for event in parser.parse(text):
                line = event.start_mark.line + 1
                yield event
        except _RefusedError:
            raise
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            raise _syntax(text, mark.line + 1 if mark else line, error.problem or error.context) from error
        except ReaderError as error:
            where = text.count("\n", 0, error.position) + 1
            raise _RefusedError(
                where, "a character that YAML does not allow; write it as an escape."
            ) from error
        except (YAMLError, YAMLStreamError, *_TRIPS) as error:
            raise _syntax(text, line, None) from error

    def _refuse_document(self, event: Any) -> None:  # type of ruamel's events
        if isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise _RefusedError(
                    event.start_mark.line + 1, "a second document begins; a collection is one."
                )

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        line = event.start_mark.line + 1
        self._check(event, line, depth)
        if isinstance(event, SequenceStartEvent):
            items = []
            while not isinstance(following := next(events), SequenceEndEvent):
                items.append(self._node(following, events, depth + 1))
            return Sequence(line, items)
        if isinstance(event, MappingStartEvent):
            return self._mapping(line, events, depth)
        return Scalar(line, event.value, plain=event.style is None)

    def _mapping(self, line: int, events: Iterator[Any], depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        while not isinstance(following := next(events), MappingEndEvent):
            at = following.start_mark.line + 1
            self._check(following, at, depth + 1)
            if not isinstance(following, ScalarEvent):
                raise _RefusedError(at, "a key is a list or a mapping; keys are words.")
            key = following.value
            if len(key) > LONGEST_KEY:
                raise _RefusedError(at, f"the key {shown(key)} is longer than {LONGEST_KEY} characters.")
            if key == "<<" and following.style is None:
                raise _RefusedError(at, "merge keys (<<) are not taken here; write the keys out.")
            entry = Entry(at, key, self._node(next(events), events, depth + 1))
            if (first := entries.setdefault(key, entry)) is not entry:
                self._findings.add(at, "", f"the key {shown(key)} stands twice (first in line {first.line}).")
        return Mapping(line, entries)

    def _check(self, event: Any, line: int, depth: int) -> None:
        """Refuse what lets a small file become a large or a strange one."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise _RefusedError(line, f"more than {MOST_NODES:,} values; split the file.")
        if depth > DEEPEST:
            raise _RefusedError(line, f"nested deeper than {DEEPEST} levels.")
        if isinstance(event, AliasEvent):
            raise _RefusedError(line, "aliases (*name) are not taken here; write the value out.")
        if event.anchor is not None:
            raise _RefusedError(line, "anchors (&name) are not taken here; write the value out.")
        if event.tag is not None:
            raise _RefusedError(line, "tags (!name) are not taken here.")


def _syntax(text: str, line: int, problem: str | None) -> _RefusedError:
    lines = text.splitlines()
    written = lines[line - 1] if 0 < line <= len(lines) else ""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return _RefusedError(line, "a tab stands in the indentation; YAML takes only spaces there.")
    return _RefusedError(line, f"this is not YAML: {problem}." if problem else "this is not YAML.")
