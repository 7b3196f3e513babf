"""The index of each database behind three functions: write, forget, and the SQL that finds."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from commonhold.server.catalogue.search import words


@dataclass(frozen=True, slots=True)
class Match:
    """A piece of SQL: joined to ``catalogue_dataset d``, it keeps what matches, each with a ``rank``, low first."""

    join: str
    parameters: tuple[Any, ...]
    rank: str


def write(dataset: int, title: list[str], body: list[str]) -> None:
    """Put a dataset's texts, in every language, into the index, in place of what was there."""
    forget(dataset)
    titles = [word for text in title for word in words.cut(text)]
    bodies = [word for text in body for word in words.cut(text)]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "INSERT INTO catalogue_search (rowid, title, body) VALUES (%s, %s, %s)",
                [dataset, " ".join(titles), " ".join(bodies)],
            )
        else:
            # Handed over as a finished vector: PostgreSQL's own parser would cut words of many scripts apart again.
            cursor.execute(
                "INSERT INTO catalogue_search (dataset_id, document) VALUES (%s, %s::text::tsvector)",
                [dataset, _vector(titles, bodies)],
            )


def _vector(titles: list[str], bodies: list[str]) -> str:
    placed = [f"'{word}':{min(place, 16383)}A" for place, word in enumerate(titles, 1)]
    placed += [f"'{word}':{min(place, 16383)}D" for place, word in enumerate(bodies, len(titles) + 1)]
    return " ".join(placed)


def forget(dataset: int) -> None:
    """Take a dataset out of the index."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM catalogue_search WHERE rowid = %s", [dataset])
        else:
            cursor.execute("DELETE FROM catalogue_search WHERE dataset_id = %s", [dataset])


def match(query: str) -> Match | None:
    """Return what finds ``query``: every word, the last as a beginning. None where the query has no word at all."""
    asked = words.asked(query)
    if not asked:
        return None
    if connection.vendor == "sqlite":
        expression = " AND ".join(f'"{word}"' for word in asked) + "*"
        # The limit that limits nothing keeps SQLite from folding this into the outer statement, where it would look
        # the words up anew for every dataset: 950 ms instead of 20 for a common word among 10,000.
        join = (
            "JOIN (SELECT rowid AS dataset_id, bm25(catalogue_search, 8.0, 1.0) AS rank FROM catalogue_search "
            "WHERE catalogue_search MATCH %s LIMIT -1) s ON s.dataset_id = d.id"
        )
        return Match(join, (expression,), "s.rank")
    expression = " & ".join(f"'{word}'" for word in asked) + ":*"
    join = (
        "JOIN (SELECT x.dataset_id, -ts_rank(x.document, q.q) AS rank FROM catalogue_search x, "
        "(SELECT %s::text::tsquery AS q) q WHERE x.document @@ q.q) s ON s.dataset_id = d.id"
    )
    return Match(join, (expression,), "s.rank")
