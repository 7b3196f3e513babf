"""Searching: one page of what a viewer may see, how much there is of it, and what it carries.

Nothing here looks at what the viewer may not see, not even to rank by it: order depends on the datasets found alone.
"""

from dataclasses import dataclass, replace

from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.queries import (
    CURRENT_VERSION,
    NEWEST,
    RELEVANCE,
    ROWS_OF_HITS,
    SIZE,
    DatasetRow,
    Filters,
    newest,
    read_row,
    select,
)
from commonhold.server.catalogue.search import index, tallies
from commonhold.server.catalogue.search.tallies import Tally
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer

DOWNLOADS = "downloads"
# How many names that match are put in order; what matches beyond them follows by newest.
CANDIDATES = 200
MOST_SUGGESTIONS = 10

# What each order sorts by, high first, and the tables that it takes beyond the dataset's own.
_KEYS = {
    NEWEST: "d.created_at",
    SIZE: "coalesce(v.size_bytes, 0)",
    DOWNLOADS: "coalesce(p.downloads, 0)",
}
_JOINS = {SIZE: CURRENT_VERSION, DOWNLOADS: "LEFT JOIN catalogue_popularity p ON p.dataset_id = d.id"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A dataset whose name begins as asked."""

    public_id: str
    slug: str
    default_locale: str
    name: dict[str, str]


def tally(viewer: Viewer, filters: Filters, *, with_facets: bool) -> Tally:
    """Return how many datasets a search finds, and what they carry."""
    return tallies.tally(viewer, filters, with_facets=with_facets)


def listed(viewer: Viewer, filters: Filters, *, limit: int, offset: int) -> tuple[list[DatasetRow], int]:
    """Return one page of a list, and how long the list is. A query without a single word finds nothing."""
    if filters == Filters():
        return newest(viewer, limit=limit, offset=offset)
    count = tally(viewer, filters, with_facets=False).count
    if offset >= count:
        return [], count
    return page(viewer, filters, count=count, limit=limit, offset=offset), count


def page(viewer: Viewer, filters: Filters, *, count: int, limit: int, offset: int) -> list[DatasetRow]:
    """Return one page of what a search finds; ``count`` is how many it finds in all, as :func:`tally` told."""
    if filters.sort == RELEVANCE and filters.query:
        if filters.descending:
            return _by_relevance(viewer, filters, limit=limit, offset=offset)
        # The same order, read from its end.
        last = max(0, count - offset)
        first = max(0, last - limit)
        return _by_relevance(viewer, filters, limit=last - first, offset=first)[::-1]
    selection = select(viewer, filters)
    if selection is None:
        return []
    sort = NEWEST if filters.sort == RELEVANCE else filters.sort
    is_newest_first = sort == NEWEST and filters.descending
    if is_newest_first and filters.query and _is_in_most(viewer, count, offset + limit):
        return _down_the_list(viewer, filters, limit=limit, offset=offset)
    # Only keys are sorted: whole rows would fill the sorter with the texts of everything that was found.
    key, direction = _KEYS[sort], "DESC" if filters.descending else "ASC"
    statement = (
        f"WITH hits AS (SELECT d.id, {key} AS place {selection.text(_JOINS.get(sort, ''))} "
        f"ORDER BY place {direction}, d.id {direction} LIMIT %s OFFSET %s) "
        f"{ROWS_OF_HITS} ORDER BY h.place {direction}, d.id {direction}"
    )
    return [read_row(row) for row in sql.rows(statement, [*selection.parameters, limit, offset])]


def _is_in_most(viewer: Viewer, count: int, wanted: int) -> bool:
    """Return whether going down the list meets ``wanted`` hits before as many datasets were passed as are hits."""
    length, _ = stretches.find(viewer, 0)
    return wanted * length < count * count


def _down_the_list(viewer: Viewer, filters: Filters, *, limit: int, offset: int) -> list[DatasetRow]:
    """Go down the list, newest first, and keep what matches: quick where nearly everything does."""
    everything = select(viewer, replace(filters, query=""))
    match = index.match(filters.query)
    if everything is None or match is None:
        return []
    # The plus keeps SQLite from going through the matches instead, and sorting them all.
    statement = (
        "WITH hits AS (SELECT d.id FROM catalogue_dataset d "  # noqa: S608  as above
        f"WHERE {' AND '.join(everything.conditions)} "
        f"AND +d.id IN (SELECT {match.key} FROM {match.matching} WHERE {match.condition}) "
        f"ORDER BY d.created_at DESC, d.id DESC LIMIT %s OFFSET %s) "
        f"{ROWS_OF_HITS} ORDER BY d.created_at DESC, d.id DESC"
    )
    found = sql.rows(statement, [*everything.parameters, *match.parameters, limit, offset])
    return [read_row(row) for row in found]


def suggestions(viewer: Viewer, query: str) -> list[Suggestion]:
    """Return the datasets whose names carry the words of ``query``, the last as a beginning; the shortest first."""
    best = _best(viewer, Filters(query=query))
    if best is None:
        return []
    text, parameters = best
    found = sql.rows(
        f"WITH best AS ({text}) SELECT d.public_id, d.slug, d.default_locale, d.name "  # noqa: S608  as above
        "FROM best b JOIN catalogue_dataset d ON d.id = b.id ORDER BY b.score, d.id DESC LIMIT %s",
        [*parameters, MOST_SUGGESTIONS],
    )
    return [Suggestion(row[0], row[1], row[2], sql.as_json(row[3])) for row in found]


def _by_relevance(viewer: Viewer, filters: Filters, *, limit: int, offset: int) -> list[DatasetRow]:
    """Names that match come first, the closest of the newest few hundred leading; then whatever else matches.

    Ranking a bounded set keeps a word that half of the catalogue carries as quick as any other (decision 12); the rest
    follows by newest, so that a walk through all pages meets each dataset once.
    """
    best = _best(viewer, filters)
    everything = select(viewer, replace(filters, query=""))
    match = index.match(filters.query)
    if best is None or everything is None or match is None:
        return []
    text, parameters = best
    conditions = " AND ".join(everything.conditions)
    statement = (
        f"WITH best AS ({text}), hits AS (SELECT id, 0 AS tier, score FROM best UNION ALL "  # noqa: S608  as above
        f"SELECT id, 1, 0 FROM (SELECT d.id FROM {match.matching} "
        f"JOIN catalogue_dataset d ON d.id = {match.key} "
        f"WHERE {match.condition} AND {conditions} AND d.id NOT IN (SELECT id FROM best) "
        f"ORDER BY {match.key} DESC LIMIT %s) others) "
        f"{ROWS_OF_HITS} ORDER BY h.tier, h.score, d.id DESC LIMIT %s OFFSET %s"
    )
    found = sql.rows(
        statement,
        [*parameters, *match.parameters, *everything.parameters, offset + limit, limit, offset],
    )
    return [read_row(row) for row in found]


def _best(viewer: Viewer, filters: Filters) -> tuple[str, list[object]] | None:
    """Return the statement that finds the newest few hundred matching names, each with a score, low first."""
    match = index.match_names(filters.query)
    selection = select(viewer, replace(filters, query=""))
    if match is None or selection is None:
        return None
    text = (
        f"SELECT d.id, {match.score} AS score FROM {match.matching} "  # noqa: S608  as above
        f"JOIN catalogue_dataset d ON d.id = {match.key} "
        f"WHERE {match.condition} AND {' AND '.join(selection.conditions)} ORDER BY {match.key} DESC LIMIT {CANDIDATES}"
    )
    return text, [*match.parameters, *selection.parameters]


__all__ = [
    "CANDIDATES",
    "DOWNLOADS",
    "NEWEST",
    "RELEVANCE",
    "SIZE",
    "listed",
    "page",
    "suggestions",
    "tally",
]
