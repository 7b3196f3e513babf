"""A search looks its words up once, however many datasets there are."""

import pytest


def test_words_are_looked_up_once_and_not_for_each_dataset(database):
    from django.db import connection

    from commonhold.server.catalogue.search import index
    from commonhold.server.kit import sql

    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by its statistics")
    match = index.match("common word")
    assert match is not None
    statement = f"SELECT count(*) FROM catalogue_dataset d {match.join} WHERE d.status = 'published'"
    plan = [row[3] for row in sql.rows(f"EXPLAIN QUERY PLAN {statement}", match.parameters)]
    # "0:M…" is a lookup of words; "0:=M…" one of words within a single row, repeated for each.
    (lookup,) = [line for line in plan if "VIRTUAL TABLE" in line]
    assert "INDEX 0:M" in lookup
