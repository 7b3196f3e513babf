"""What is wrong with a collection file, each mistake at its line, all of them at once."""

from dataclasses import dataclass, field
from pathlib import Path

_SHOWN = 100
_LONGEST_VALUE = 60
_LONGEST_PLACE = 200


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing to put right.

    Attributes:
        line: counted from 1.
        place: the key, as a path through the file (``datasets[2].visibility``); empty for the whole file.
        text: what is wrong, and where possible what would be right.
    """

    line: int
    place: str
    text: str


class CollectionError(ValueError):
    """The file cannot be loaded; nothing of it was.

    Attributes:
        path: the collection file.
        mistakes: every mistake found, in the order of the lines.
    """

    def __init__(self, path: Path, mistakes: list[Mistake]) -> None:
        self.path = path
        self.mistakes = tuple(sorted(mistakes))
        lines = [_written(path, mistake) for mistake in self.mistakes[:_SHOWN]]
        if (more := len(self.mistakes) - _SHOWN) > 0:
            lines.append(f"{path.name}: … and {more} more.")
        super().__init__("\n".join(lines))


@dataclass(slots=True)
class Findings:
    """The mistakes found so far in one file."""

    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, line: int, place: str, text: str) -> None:
        """Note one mistake. The keys in ``place`` may be anything that a file can hold."""
        self.mistakes.append(Mistake(line, _printable(place)[:_LONGEST_PLACE], text))


def shown(value: str) -> str:
    """Quote ``value`` for a message: on one line, printable, cut when long."""
    text = "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in value
    )
    return f'"{text[:_LONGEST_VALUE]}…"' if len(text) > _LONGEST_VALUE else f'"{text}"'


def _printable(text: str) -> str:
    return "".join(
        character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def _written(path: Path, mistake: Mistake) -> str:
    place = f" {mistake.place}:" if mistake.place else ""
    return f"{path.name}:{mistake.line}:{place} {mistake.text}"
