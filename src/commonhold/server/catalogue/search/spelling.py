"""Mending a misspelled query: words nobody here uses become words of names that somebody does, and the viewer may see.

The words of all names are kept in one table. A word is offered only where it finds something for this very viewer, so a
name they may not see never shows through; and the order of what is tried depends on the words alone.
"""

from commonhold.server.catalogue.queries import Filters, select
from commonhold.server.catalogue.search import words
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer

SHORTEST = 4
MOST_MENDED = 4
_MOST_TRIED = 50
_MOST_READ = 20_000


def mended(viewer: Viewer, query: str) -> str | None:
    """Return ``query`` with its unknown words mended, or None where nothing is to mend, or nothing to mend it with."""
    asked = words.asked(query)
    found: list[str] = []
    mends = 0
    for word in asked:
        if len(word) < SHORTEST or mends == MOST_MENDED or _finds(viewer, word):
            found.append(word)
            continue
        near = _nearest(viewer, word)
        if near is None:
            return None
        found.append(near)
        mends += 1
    return " ".join(found) if mends else None


def _finds(viewer: Viewer, word: str) -> bool:
    selection = select(viewer, Filters(query=word))
    if selection is None:
        return False
    return sql.row(f"SELECT 1 {selection.text()} LIMIT 1", selection.parameters) is not None


def _nearest(viewer: Viewer, word: str) -> str | None:
    most = 1 if len(word) < 6 else 2
    rows = sql.rows(
        "SELECT word FROM catalogue_word WHERE word >= %s AND word < %s AND length(word) BETWEEN %s AND %s LIMIT %s",
        [word[0], chr(ord(word[0]) + 1), len(word) - most, len(word) + most, _MOST_READ],
    )
    near = sorted((distance(word, other, most), other) for (other,) in rows)
    close = [other for steps, other in near if 0 < steps <= most]
    return next((other for other in close[:_MOST_TRIED] if _finds(viewer, other)), None)


def distance(one: str, other: str, most: int) -> int:
    """Return how many letters must be added, dropped, changed or swapped with their neighbour.

    More than ``most`` is ``most + 1``.
    """
    if abs(len(one) - len(other)) > most:
        return most + 1
    before: list[int] = []
    current = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        earlier, before, current = before, current, [row]
        for column, opposite in enumerate(other, 1):
            steps = min(before[column] + 1, current[-1] + 1, before[column - 1] + (letter != opposite))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == opposite
            current.append(min(steps, earlier[column - 2] + 1) if swapped else steps)
        if min(current) > most:
            return most + 1
    return min(current[-1], most + 1)
