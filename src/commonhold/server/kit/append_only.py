"""Tables that only grow: the database itself refuses to change or delete their rows."""

from collections.abc import Callable
from typing import Any

_SQLITE = """
CREATE TRIGGER {table}_no_{verb} BEFORE {VERB} ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""

_FUNCTION = """
CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$
"""

_POSTGRESQL = """
CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION {table}_refuse()
"""


def forbid_changes(table: str) -> Callable[[Any, Any], None]:
    """Return the forward step of a migration that makes ``table`` append-only."""

    def step(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001  Django's signature
        if schema_editor.connection.vendor == "sqlite":
            statements = [_SQLITE.format(table=table, verb=v, VERB=v.upper()) for v in ("update", "delete")]
        else:
            statements = [_FUNCTION.format(table=table), _POSTGRESQL.format(table=table)]
        for statement in statements:
            schema_editor.execute(statement)

    return step


def allow_changes(table: str) -> Callable[[Any, Any], None]:
    """Return the backward step."""

    def step(apps: Any, schema_editor: Any) -> None:  # noqa: ARG001  Django's signature
        if schema_editor.connection.vendor == "sqlite":
            statements = [f"DROP TRIGGER {table}_no_{verb}" for verb in ("update", "delete")]
        else:
            statements = [f"DROP TRIGGER {table}_append_only ON {table}", f"DROP FUNCTION {table}_refuse()"]
        for statement in statements:
            schema_editor.execute(statement)

    return step
