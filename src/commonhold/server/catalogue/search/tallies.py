"""How many datasets a search finds, and how many carry which value: counted once for each state of the catalogue.

A tally is true as long as the catalogue's generation stays. Where very many were found, it is kept for up to a minute
although the catalogue moves on (decision 12): such a count costs as much as a hundred pages.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


@dataclass(frozen=True, slots=True)
class _Kept:
    generation: int
    since: float
    tally: Tally

    @property
    def lasts(self) -> bool:
        """Whether it may be told although the catalogue has moved on."""
        return self.tally.count > MANY and time.monotonic() - self.since < KEPT_SECONDS


_kept: OrderedDict[_Question, _Kept] = OrderedDict()
_counting: dict[_Question, threading.Lock] = {}
_lock = threading.Lock()


def tally(viewer: Viewer, filters: Filters, *, with_facets: bool) -> Tally:
    """Return the tally of a search; one statement, with facets two where they are counted.

    Of those who ask the same at once, one counts and the others wait for it.
    """
    # What shows in lists depends on the viewer's organizations alone (queries.visible_condition).
    question = (tuple(sorted(viewer.memberships)), replace(filters, sort="", descending=True), with_facets)
    kept = _look(question)
    if kept and kept.lasts:
        return kept.tally
    with _turn(question):
        kept = _look(question)
        if kept and kept.lasts:
            return kept.tally
        counted = (_with_facets if with_facets else _without)(viewer, filters, kept)
        with _lock:
            _kept[question] = counted
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return counted.tally


def _look(question: _Question) -> _Kept | None:
    with _lock:
        kept = _kept.get(question)
        if kept:
            _kept.move_to_end(question)
    return kept


@contextmanager
def _turn(question: _Question) -> Iterator[None]:
    """Let one thread at a time count the answer to a question."""
    with _lock:
        turn = _counting.setdefault(question, threading.Lock())
    with turn:
        try:
            yield
        finally:
            with _lock:
                _counting.pop(question, None)


def _without(viewer: Viewer, filters: Filters, kept: _Kept | None) -> _Kept:
    """Count, unless what is ``kept`` is of the catalogue's generation; one statement for both."""
    selection = select(viewer, filters)
    if selection is None:
        return _Kept(0, time.monotonic(), Tally(0))
    found = sql.row(
        f"SELECT g.number, CASE WHEN g.number = %s THEN NULL ELSE (SELECT count(*) {selection.text()}) END "  # noqa: S608
        "FROM catalogue_generation g WHERE g.id = 1",
        [kept.generation if kept else -1, *selection.parameters],
    )
    if found is None:
        raise RuntimeError("the catalogue has lost its generation")
    generation, count = found
    if kept and count is None:
        return kept
    return _Kept(int(generation), time.monotonic(), Tally(int(count)))


def _with_facets(viewer: Viewer, filters: Filters, kept: _Kept | None) -> _Kept:
    """Count, facets too, unless what is ``kept`` is of the catalogue's generation."""
    generation = stretches.generation()
    if kept and kept.generation == generation:
        return kept
    counted = _count_facets(viewer, filters)
    return _Kept(generation, time.monotonic(), counted)


def _count_facets(viewer: Viewer, filters: Filters) -> Tally:
    selection = select(viewer, filters)
    if selection is None:
        return Tally(0, {name: [] for name in FACETS})
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
