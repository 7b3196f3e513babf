"""Read-only mode in the database session: while the switch is on, no code path of a request can write.

The switch is looked at once for each request, in memory; a connection is told only when it is out of step with it. The
command and the environment keep connections of their own, which never pass here, so that they can always lift it.
"""

import sqlite3

import psycopg
from django.db import DatabaseError, connection

from commonhold.server.site import queries

_REFUSE = {"sqlite": "PRAGMA query_only = 1", "postgresql": "SET default_transaction_read_only = on"}
# Back to what the server itself says: an operator may have made the whole database read-only.
_ALLOW = {"sqlite": "PRAGMA query_only = 0", "postgresql": "RESET default_transaction_read_only"}


def is_on(*, look: bool = True) -> bool:
    """Whether the site is read-only, as seen at most a second ago; where that cannot be read, as it was last seen.

    Args:
        look: False to go by what was last seen, however long ago, without asking the database.
    """
    if not look:
        return queries.last_seen().read_only
    try:
        return queries.switches().read_only
    except DatabaseError:
        return queries.last_seen().read_only


def keep_in_step(*, look: bool = True) -> bool:
    """Bring this thread's database session in step with the switch, and return how the switch stands."""
    on = is_on(look=look)
    session = getattr(connection, "commonhold_refuses_writes", None)
    refuses = session is not None and session is connection.connection
    if on != refuses:
        _tell(on=on)
    return on


def lift() -> None:
    """Let this thread's database session write again, however the switch stands: for the command line alone."""
    if getattr(connection, "commonhold_refuses_writes", None) is not None:
        _tell(on=False)


def _tell(*, on: bool) -> None:
    # The statement is the session's own business, no change of data: it needs no transaction.
    with connection.cursor() as cursor:
        cursor.execute((_REFUSE if on else _ALLOW)[connection.vendor])
    # A session is known by its raw connection: a new one begins without the setting.
    connection.commonhold_refuses_writes = connection.connection if on else None  # type: ignore[attr-defined]


def is_refusal(error: BaseException) -> bool:
    """Whether ``error`` is a database that refuses to write, or any database error while the site is read-only."""
    if not isinstance(error, DatabaseError):
        return False
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.ReadOnlySqlTransaction):
        return True
    if (
        isinstance(cause, sqlite3.Error)
        and getattr(cause, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_READONLY
    ):
        return True
    return is_on()
