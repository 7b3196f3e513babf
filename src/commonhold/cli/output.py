"""One way out for results and messages: for people, for programs (``--json``), for scripts (``--quiet``)."""

import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

_UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


def clean(text: str) -> str:
    """Return a server's text without what could move a terminal's cursor, hide text or turn it around."""
    return "".join(character if _is_plain(character) else "\N{REPLACEMENT CHARACTER}" for character in text)


def _is_plain(character: str) -> bool:
    if character in "\n\t":
        return True
    # Joiners shape letters in many scripts, and do no harm.
    return unicodedata.category(character)[0] != "C" or character in "\u200c\u200d"


def size(count: int | None) -> str:
    """Write a number of bytes as people read it."""
    if count is None:
        return ""
    value, unit = float(count), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value /= 1024
        unit += 1
    return f"{count} bytes" if unit == 0 else f"{value:.1f} {_UNITS[unit]}"


def width(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def fit(text: str, columns: int) -> str:
    """Cut a text to so many columns, or fill it up with spaces."""
    if width(text) > columns:
        while text and width(text) > columns - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (columns - width(text))


class Output(NamedTuple):
    """Where a command's words go."""

    as_json: bool = False
    quiet: bool = False

    def data(self, facts: Mapping[str, Any]) -> bool:
        """Write the result for programs; False where people read."""
        if self.as_json:
            sys.stdout.write(json.dumps(facts, ensure_ascii=False, indent=2) + "\n")
        return self.as_json

    def line(self, text: str = "") -> None:
        """Write a line of the result for people."""
        sys.stdout.write(clean(text) + "\n")

    def pairs(self, rows: Iterable[tuple[str, str | None]]) -> None:
        """Write names and values, leaving out what is empty."""
        kept = [(name, value) for name, value in rows if value]
        indent = max((len(name) for name, _ in kept), default=0)
        for name, value in kept:
            self.line(f"{name:<{indent}}  {value}")

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], *, shrink: int) -> None:
        """Write a table; the column ``shrink`` gives way where the terminal is narrow."""
        from shutil import get_terminal_size  # noqa: PLC0415 -- brings much along that other commands do not need

        cleaned = [[clean(cell).replace("\n", " ") for cell in row] for row in rows]
        widths = [max(width(row[i]) for row in (headings, *cleaned)) for i in range(len(headings))]
        room = get_terminal_size((100, 24)).columns if sys.stdout.isatty() else 10_000
        over = sum(widths) + 2 * (len(widths) - 1) - room
        widths[shrink] = max(12, widths[shrink] - max(0, over))
        for row in ([] if self.quiet else [headings]) + list(cleaned):
            cells = [fit(cell, columns) for cell, columns in zip(row, widths, strict=True)]
            sys.stdout.write("  ".join(cells).rstrip() + "\n")

    def message(self, text: str) -> None:
        """Write a line that is no result."""
        if not self.quiet:
            sys.stderr.write(clean(text) + "\n")
