"""The index of each database behind three functions: write, forget, and the SQL that finds."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from commonhold.server.catalogue.search import words

# Shorter words are too close to too many others to mend a query by.
_SHORTEST_LEARNT = 3


@dataclass(frozen=True, slots=True)
class Match:
    """A piece of SQL: joined to ``catalogue_dataset d``, it keeps what matches."""

    join: str
    parameters: tuple[Any, ...]
    # The same in pieces, for statements of another form: what is read, which of its columns names the dataset, the
    # condition that takes the parameters, and a score of the match that depends on the dataset alone (low first).
    matching: str = ""
    key: str = ""
    condition: str = ""
    score: str = ""


def write(dataset: int, title: list[str], body: list[str]) -> None:
    """Put a dataset's texts, in every language, into the index, in place of what was there."""
    forget(dataset)
    titles = [word for text in title for word in words.cut(text)]
    _learn(titles)
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


def _learn(titles: list[str]) -> None:
    """Keep the words of names, to mend misspelled queries by; in order, so that two writers never wait crosswise."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO catalogue_word (word) VALUES (%s) ON CONFLICT DO NOTHING",
            [(word,) for word in sorted(set(titles)) if len(word) >= _SHORTEST_LEARNT],
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
            "JOIN (SELECT rowid AS dataset_id FROM catalogue_search WHERE catalogue_search MATCH %s LIMIT -1) s "
            "ON s.dataset_id = d.id"
        )
        return Match(join, (expression,), *_SQLITE_PIECES)
    expression = " & ".join(f"'{word}'" for word in asked) + ":*"
    join = (
        "JOIN (SELECT x.dataset_id FROM catalogue_search x WHERE x.document @@ %s::text::tsquery) s "
        "ON s.dataset_id = d.id"
    )
    return Match(join, (expression,), *_POSTGRESQL_PIECES)


# A name with little else in it is closer to what was asked. FTS5's own bm25 would weigh words by how many datasets use
# them, and so tell of datasets that the viewer may not see.
_SQLITE_PIECES = ("catalogue_search s", "s.rowid", "s.catalogue_search MATCH %s", "length(s.title)")
_POSTGRESQL_PIECES = (
    "catalogue_search s", "s.dataset_id", "s.document @@ %s::text::tsquery", "length(ts_filter(s.document, '{a}'))",
)  # fmt: skip


def match_names(query: str) -> Match | None:
    """Return what finds ``query`` in names alone, as :func:`match` does."""
    asked = words.asked(query)
    if not asked:
        return None
    if connection.vendor == "sqlite":
        expression = "title : (" + " AND ".join(f'"{word}"' for word in asked) + "*)"
        return Match("", (expression,), *_SQLITE_PIECES)
    expression = "".join(f"'{word}':A & " for word in asked[:-1]) + f"'{asked[-1]}':*A"
    return Match("", (expression,), *_POSTGRESQL_PIECES)
