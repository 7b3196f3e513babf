"""A table of jobs of the tests' own: a site that runs on the same database sees none of them, and theirs is untouched."""

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from django.db import connection, connections

from commonhold.server.background.models import Job
from tests.support.site import unique


@contextlib.contextmanager
def own_jobs(folder: Path) -> Iterator[None]:
    """Have this process, in all its threads, find jobs in an empty table apart.

    On SQLite that is a copy of the database in ``folder``; on PostgreSQL a schema that stands before the usual one.
    """
    settings = connections.settings["default"]
    former = {**settings, "OPTIONS": dict(settings["OPTIONS"])}
    schema = unique("jobs").replace("-", "_")
    if connection.vendor == "sqlite":
        path = folder / "jobs.sqlite3"
        with contextlib.closing(sqlite3.connect(path)) as copy:
            connection.ensure_connection()
            connection.connection.backup(copy)
        settings["NAME"] = str(path)
    else:
        table = Job._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA {schema}")
            cursor.execute(f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)")
        settings["OPTIONS"] = {**former["OPTIONS"], "options": f"-c search_path={schema},public"}
    connection.close()
    try:
        Job.objects.all().delete()
        yield
    finally:
        settings.update(former)
        connection.close()
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(f"DROP SCHEMA {schema} CASCADE")
