"""Hand-written statements for the reads that are hot, the same on SQLite and PostgreSQL.

The engines hand some values over differently (SQLite a naive time, both JSON as text); the small readers below make
them one.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.db import connection


@dataclass(frozen=True, slots=True)
class Scalar:
    """A statement of one value, which an upper room wants read within a statement of a lower one."""

    statement: str
    parameters: Sequence[Any]


def rows(statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Run one statement and return all its rows; the statement itself bounds how many."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def row(statement: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...] | None:
    """Run one statement and return its first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def placeholders(values: Sequence[Any]) -> str:
    """Return ``%s, %s, …``, one for each value."""
    return ", ".join(["%s"] * len(values))


def as_utc(value: dt.datetime | str | None) -> dt.datetime | None:
    """Return a stored time as aware UTC."""
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if value is None or value.tzinfo:
        return value
    return value.replace(tzinfo=dt.UTC)


_decoder = msgspec.json.Decoder()


def as_json(value: str | bytes | None) -> Any:
    """Return a stored JSON value."""
    return None if value is None else _decoder.decode(value)
