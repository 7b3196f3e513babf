"""Indexes that migrations make and drop while PostgreSQL goes on serving the site.

For migrations with ``atomic = False``: an index cannot be built concurrently within a transaction.
"""

from typing import Any


def create(schema_editor: Any, name: str, on: str, *, kind: str = "INDEX") -> None:
    """Make an index; one that a build which was broken off left behind is never used, nor mended, and goes first.

    Args:
        schema_editor: of the migration.
        name: of the index.
        on: table, columns and condition.
        kind: ``INDEX`` or ``UNIQUE INDEX``.
    """
    if schema_editor.connection.vendor == "postgresql":
        drop(schema_editor, name)
        schema_editor.execute(f"CREATE {kind} CONCURRENTLY {name} ON {on}")
    else:
        schema_editor.execute(f"CREATE {kind} IF NOT EXISTS {name} ON {on}")


def drop(schema_editor: Any, name: str) -> None:
    """Drop an index, where it is there."""
    how = "CONCURRENTLY IF EXISTS" if schema_editor.connection.vendor == "postgresql" else "IF EXISTS"
    schema_editor.execute(f"DROP INDEX {how} {name}")
