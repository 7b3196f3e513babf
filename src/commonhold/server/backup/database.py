"""The database as a whole: what it is like, and how it is seen at one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from django.db import connection, transaction
from django.db.migrations.loader import MigrationLoader


@cache
def migrations() -> dict[str, str]:
    """Return the last migration of each app that this version has; a prepared database has seen them all."""
    return dict(sorted(MigrationLoader(None).graph.leaf_nodes()))


@contextmanager
def snapshot() -> Iterator[None]:
    """See the database as it is at one moment, while the site goes on writing. Nothing can be written within."""
    if connection.vendor == "sqlite":
        # Not through Django, whose transactions take the lock that writers wait for.
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                cursor.execute("PRAGMA query_only = 1")
                yield
            finally:
                cursor.execute("PRAGMA query_only = 0")
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
