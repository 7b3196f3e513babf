"""The ``Range`` header (RFC 9110, section 14)."""

import re
from collections.abc import Sequence

MAX_RANGES = 16
MAX_HEADER_LENGTH = 1024

_UNIT = "bytes="
_RANGE = re.compile(r"([0-9]*)-([0-9]*)")

Range = tuple[int, int]  # first byte, byte after the last


class UnsatisfiableRangeError(ValueError):
    """Nothing that was asked for lies in the object, or too many ranges were asked for: answered with 416."""


def parse_ranges(header: str, size: int) -> Sequence[Range] | None:
    """Return the ranges asked for within an object of ``size`` bytes, or None if the header is to be ignored.

    Ranges keep the order they were asked in. Once two of them overlap or touch, all are joined where they
    do and come in ascending order, so together they are never longer than the object.

    Raises:
        UnsatisfiableRangeError: see there.
    """
    if len(header) > MAX_HEADER_LENGTH or header[: len(_UNIT)].lower() != _UNIT:
        return None
    # A list may hold empty elements (RFC 9110, section 5.6.1.2).
    elements = [text for element in header[len(_UNIT) :].split(",") if (text := element.strip(" \t"))]
    if not elements:
        return None
    if len(elements) > MAX_RANGES:
        raise UnsatisfiableRangeError
    found: list[Range] = []
    for element in elements:
        match = _RANGE.fullmatch(element)
        if match is None or element == "-":
            return None
        first, last = match.groups()
        if first and last and int(first) > int(last):
            return None
        if found_range := _within(first, last, size):
            found.append(found_range)
    if not found:
        raise UnsatisfiableRangeError
    joined = _join(found)
    return found if len(joined) == len(found) else joined


def _within(first: str, last: str, size: int) -> Range | None:
    if first:
        start = int(first)
        end = min(int(last) + 1, size) if last else size
    else:
        start, end = max(0, size - int(last)), size
    return (start, end) if start < end else None


def _join(ranges: Sequence[Range]) -> Sequence[Range]:
    joined: list[Range] = []
    for start, end in sorted(ranges):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
