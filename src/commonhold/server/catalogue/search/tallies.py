"""How many datasets a search finds, and how many carry which value: counted once for each state of the catalogue.

A tally is true as long as the catalogue's generation stays. Where very many were found, it is kept for up to a minute
although the catalogue moves on (decision 12): such a count costs as much as a hundred pages.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.queries import Filters, select
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer

MANY = 10_000
KEPT_SECONDS = 60
MOST_VALUES = 100
_MOST_KEPT = 2000

# Facet and the column it counts.
FACETS = {
    "organization": "d.organization_id", "locale": "d.locale", "license": "d.license_abbreviation", "task": "d.task",
    "format": "d.format", "visibility": "d.visibility",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tally:
    """What a search found: how many, and for each facet its values with their numbers, most frequent first."""

    count: int
    facets: Mapping[str, Sequence[tuple[str, int]]] = field(default_factory=dict)


_Question = tuple[tuple[int, ...], Filters, bool]
_kept: OrderedDict[_Question, tuple[int, float, Tally]] = OrderedDict()
_counting: dict[_Question, threading.Lock] = {}
_lock = threading.Lock()


def tally(viewer: Viewer, filters: Filters, *, with_facets: bool) -> Tally:
    """Return the tally of a search; two statements, or one where it was counted before.

    Of those who ask the same at once, one counts and the others wait for it.
    """
    # What shows in lists depends on the viewer's organizations alone (queries.visible_condition).
    question = (tuple(sorted(viewer.memberships)), replace(filters, sort=""), with_facets)
    generation = stretches.generation()
    known = _known(question, generation)
    if known:
        return known
    with _lock:
        turn = _counting.setdefault(question, threading.Lock())
    with turn:
        known = _known(question, generation)
        if known:
            return known
        try:
            counted = _count(viewer, filters, with_facets=with_facets)
            with _lock:
                _kept[question] = (generation, time.monotonic(), counted)
                while len(_kept) > _MOST_KEPT:
                    _kept.popitem(last=False)
        finally:
            with _lock:
                _counting.pop(question, None)
    return counted


def _known(question: _Question, generation: int) -> Tally | None:
    """Return what was counted before, where that is still true or may still be told."""
    with _lock:
        kept = _kept.get(question)
        if kept is None:
            return None
        _kept.move_to_end(question)
    counted_at, since, counted = kept
    return counted if counted_at == generation or _lasts(since, counted) else None


def _lasts(since: float, counted: Tally) -> bool:
    return counted.count > MANY and time.monotonic() - since < KEPT_SECONDS


def _count(viewer: Viewer, filters: Filters, *, with_facets: bool) -> Tally:
    selection = select(viewer, filters)
    if selection is None:
        return Tally(0, {name: [] for name in FACETS} if with_facets else {})
    if not with_facets:
        found = sql.row(f"SELECT count(*) {selection.text()}", selection.parameters)
        return Tally(int(found[0]) if found else 0)
    columns = ", ".join(f"{column} AS {name}_value" for name, column in FACETS.items())
    parts = [_values(name) for name in FACETS]
    statement = (
        f"WITH hits AS (SELECT {columns} {selection.text()}) "  # noqa: S608  as above
        f"SELECT '' AS facet, '' AS value, count(*) AS datasets FROM hits UNION ALL {' UNION ALL '.join(parts)}"
    )
    rows = sql.rows(statement, selection.parameters)
    count = next(number for facet, _, number in rows if facet == "")
    facets: dict[str, list[tuple[str, int]]] = {name: [] for name in FACETS}
    for facet, value, number in rows:
        if facet:
            facets[facet].append((value, int(number)))
    for values in facets.values():
        values.sort(key=lambda entry: (-entry[1], entry[0]))
    return Tally(int(count), facets)


def _values(name: str) -> str:
    """Return the statement that counts the values of one facet among the ``hits``."""
    if name == "organization":
        return (
            "SELECT 'organization', o.slug, c.datasets FROM (SELECT organization_value, count(*) AS datasets "  # noqa: S608
            f"FROM hits GROUP BY organization_value ORDER BY 2 DESC, 1 LIMIT {MOST_VALUES}) c "
            "JOIN organizations_organization o ON o.id = c.organization_value"
        )
    return (
        f"SELECT * FROM (SELECT '{name}' AS facet, {name}_value AS value, count(*) AS datasets FROM hits "  # noqa: S608
        f"WHERE {name}_value <> '' GROUP BY {name}_value ORDER BY 3 DESC, 2 LIMIT {MOST_VALUES}) {name}_values"
    )
