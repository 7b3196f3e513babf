"""Forms made of other forms: values that may be null, lists, mappings, and the entries of the sections."""

from dataclasses import dataclass

from commonhold.server.collection.forms import Form, InvalidError, Reading
from commonhold.server.collection.mistakes import shown
from commonhold.server.collection.reader import Mapping, Node, Scalar, Sequence
from commonhold.server.collection.record import Record, read_leniently, read_record


@dataclass(frozen=True, slots=True)
class Nullable:
    """Another form, or null, which ``means`` something of its own."""

    form: Form
    means: str

    def __str__(self) -> str:
        return f"{self.form}; or `null`: {self.means}"

    def __call__(self, node: Node, place: str, reading: Reading) -> object:
        """Read the value, or refuse it."""
        if isinstance(node, Scalar) and node.is_null:
            return None
        return self.form(node, place, reading)


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one form, none twice."""

    form: Form

    def __str__(self) -> str:
        return f"list of: {self.form}"

    def __call__(self, node: Node, place: str, reading: Reading) -> tuple[object, ...]:
        """Read the value, or refuse it."""
        values: list[object] = []
        for at, item in _items(node, place, reading):
            try:
                value = self.form(item, at, reading)
            except InvalidError:
                continue
            if value in values:
                reading.findings.add(item.line, at, f"{shown(str(value))} stands twice in this list.")
            values.append(value)
        return tuple(values)


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping from values of one form to values of another."""

    keys: Form
    values: Form

    def __str__(self) -> str:
        return f"mapping from {self.keys} to {self.values}"

    def __call__(self, node: Node, place: str, reading: Reading) -> dict[object, object]:
        """Read the value, or refuse it."""
        if not isinstance(node, Mapping):
            raise reading.wrong(node, place, f"takes a {self}.")
        pairs: dict[object, object] = {}
        for entry in node.entries.values():
            at = f"{place}.{entry.key}"
            try:
                key = self.keys(Scalar(entry.line, entry.key, plain=False), place, reading)
                pairs[key] = self.values(entry.value, at, reading)
            except InvalidError:
                continue
        return pairs


@dataclass(frozen=True, slots=True)
class One:
    """A mapping read as one entry of a kind."""

    of: type[Record]

    def __str__(self) -> str:
        return f"mapping, see [{self.of.__name__}](#{self.of.__name__.lower()})"

    def __call__(self, node: Node, place: str, reading: Reading) -> Record:
        """Read the value, or refuse it."""
        return read_record(self.of, node, place, reading)


@dataclass(frozen=True, slots=True)
class Many:
    """A list of entries of a kind; null, as an editor leaves it behind, is an empty list."""

    of: type[Record]
    least: int = 0

    def __str__(self) -> str:
        return f"list, see [{self.of.__name__}](#{self.of.__name__.lower()})"

    def __call__(self, node: Node, place: str, reading: Reading) -> tuple[Record, ...]:
        """Read each entry as far as it goes: a wrong one still holds its name against the others."""
        if isinstance(node, Scalar) and node.is_null and not self.least:
            return ()
        nodes = _items(node, place, reading)
        if len(nodes) < self.least:
            raise reading.wrong(node, place, "is an empty list; leave the key out to keep what there is.")
        entries = (read_leniently(self.of, item, at, reading) for at, item in nodes)
        return tuple(entry for entry in entries if entry is not None)


def _items(node: Node, place: str, reading: Reading) -> list[tuple[str, Node]]:
    """Return the items of a list, each with its place."""
    if not isinstance(node, Sequence):
        raise reading.wrong(node, place, "takes a list.")
    return [(f"{place}[{position}]", item) for position, item in enumerate(node.items)]
