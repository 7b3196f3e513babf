"""Which tables a backup holds, which it leaves out and why, and how a row becomes a line and a line a row."""

# ruff: noqa: SLF001  `_meta` and `_base_manager` are documented; their underscores only keep them from being fields

import base64
import binascii
import datetime as dt
import json
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import AutoField, BigAutoField, Field, JSONField, Model

from commonhold.server.backup.format import DamagedError

#: Models whose rows are of no use to another site, or would be dangerous there.
LEFT_OUT = {
    "sessions.Session": "browsers that are signed in: people sign in again",
    "usersessions.UserSession": "the same, as people see them in their profile",
    "accounts.Counted": "attempts to sign in, counted for minutes",
    "credentials.DeviceSignIn": "programs that are being signed in, for minutes",
    "statistics.Mark": "hashes of the day's visitors, so that none counts twice; deleted a day later",
}
#: Tables without a model: made anew from the others.
MADE_ANEW = {
    "catalogue_search": "the words of datasets, in a form of the database's own",
    "catalogue_word": "the words of their names",
    "catalogue_popularity": "downloads by dataset: triggers count the access records",
    "catalogue_stretch": "lengths of lists: counted from the datasets",
    "catalogue_generation": "a number that moves with every change of a dataset",
    "django_migrations": "what the database is like; the manifest holds it, and restoring compares",
}
#: What a site without data has already; a backup's rows take their place.
REPLACED = (
    "contenttypes.ContentType", "auth.Permission", "background.Job", "site.SiteState", "statistics.Progress",
)  # fmt: skip

_LEAST, _MOST = -(2**63), 2**63 - 1
# Rows that hold files' indexes can be tens of mebibytes each.
_ROWS_AT_ONCE, _WIDE_ROWS_AT_ONCE = 500, 4


def tables() -> list["TableLines"]:
    """Return the tables that a backup holds, what others name before these, otherwise by name."""
    kept = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model._meta.label not in LEFT_OUT
    ]
    order: list[type[Model]] = []
    waiting = sorted(kept, key=lambda model: model._meta.label)
    while waiting:
        free = [model for model in waiting if not _named_by(model) & (set(waiting) - {model})]
        # Datasets and their versions name each other: whoever can do without goes first.
        free = free or [model for model in waiting if not _named_by(model, always=True) & set(waiting)][:1]
        order += free or waiting[:1]
        waiting = [model for model in waiting if model not in order]
    return [TableLines(model) for model in order]


def _named_by(model: type[Model], *, always: bool = False) -> set[Any]:
    """Return the models that a model's rows name, or must name."""
    named = [field for field in model._meta.local_concrete_fields if field.is_relation]
    return {field.related_model for field in named if not (always and field.null)}


@dataclass(frozen=True, slots=True)
class Codec:
    """How values of one kind stand in a line."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _same(value: Any) -> Any:
    return value


def _only(kind: type) -> Callable[[Any], Any]:
    def decode(value: Any) -> Any:
        if type(value) is not kind or (isinstance(value, int) and not _LEAST <= value <= _MOST):
            raise ValueError(f"takes {kind.__name__}")
        return value

    return decode


def _moment(value: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("takes a time with its offset")
    return moment


_WHOLE = Codec(_same, _only(int))
_TEXT = Codec(_same, _only(str))
_CODECS = {
    **dict.fromkeys(
        (
            "AutoField", "BigAutoField", "SmallAutoField", "IntegerField", "BigIntegerField", "SmallIntegerField",
            "PositiveIntegerField", "PositiveBigIntegerField", "PositiveSmallIntegerField",
        ),
        _WHOLE,
    ),
    **dict.fromkeys(("CharField", "TextField", "SlugField", "GenericIPAddressField"), _TEXT),
    "BooleanField": Codec(_same, _only(bool)),
    "DateTimeField": Codec(lambda value: value.astimezone(dt.UTC).isoformat(), _moment),
    "DateField": Codec(lambda value: value.isoformat(), dt.date.fromisoformat),
    "UUIDField": Codec(str, uuid.UUID),
    "JSONField": Codec(_same, _same),
    "BinaryField": Codec(
        lambda value: base64.b64encode(value).decode(), lambda value: base64.b64decode(value, validate=True)
    ),
}  # fmt: skip


def codec(field: Any) -> Codec:
    """Return how a field's values are written; a reference is written as what it names.

    Raises:
        KeyError: no backup has held such a field yet: it needs a line above.
    """
    while field.is_relation:
        field = field.target_field
    return _CODECS[field.get_internal_type()]


class TableLines:
    """A table as lines: JSON objects, one for each row, keyed by column.

    Args:
        model: of the table.
    """

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.name = model._meta.label
        self.fields: list[Field[Any, Any]] = list(model._meta.local_concrete_fields)
        self._codecs = [(field.attname, codec(field), field) for field in self.fields]

    def lines(self) -> Iterable[bytes]:
        """Yield every row in the order of its primary key, holding a few at a time."""
        columns = [name for name, _, _ in self._codecs]
        wide = any(field.get_internal_type() == "BinaryField" for field in self.fields)
        rows = self.model._base_manager.order_by("pk").values_list(*columns)
        for row in rows.iterator(chunk_size=_WIDE_ROWS_AT_ONCE if wide else _ROWS_AT_ONCE):
            values = {
                name: None if value is None else codec.encode(value)
                for (name, codec, _), value in zip(self._codecs, row, strict=True)
            }
            yield json.dumps(values, separators=(",", ":")).encode() + b"\n"

    def is_empty(self) -> bool:
        """Whether it has no rows."""
        return not self.model._base_manager.exists()

    def clear(self) -> None:
        """Delete its rows, whatever names them: that is looked at later."""
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {self._quoted}")  # noqa: S608  own names

    @property
    def _quoted(self) -> str:
        return str(connection.ops.quote_name(self.model._meta.db_table))

    def parameters(self, line: bytes) -> list[Any]:
        """Return a row as the database takes it.

        Raises:
            DamagedError: the line is no row of this table.
        """
        try:
            values = json.loads(line, parse_constant=_no_number)
            if type(values) is not dict or len(values) != len(self._codecs):
                raise ValueError("has other columns")
            return [self._parameter(field, codec, values[name]) for name, codec, field in self._codecs]
        except (ValueError, TypeError, KeyError, RecursionError, binascii.Error) as error:
            raise DamagedError(
                f"A line of {self.name} is no row of that table: {type(error).__name__}."
            ) from error

    def _parameter(self, field: Any, codec: Codec, value: Any) -> Any:
        if isinstance(field, JSONField) and not (value is None and field.null):
            return connection.ops.adapt_json_value(value, field.encoder)
        # As it is, without what a model does to times and defaults when it is saved.
        return field.get_db_prep_save(None if value is None else codec.decode(value), connection)

    def insert(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows, as :meth:`parameters` made them, with the numbers and times they have."""
        quote = connection.ops.quote_name
        columns = ", ".join(quote(field.column) for field in self.fields)
        values = ", ".join(["%s"] * len(self.fields))
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {self._quoted} ({columns}) VALUES ({values})", rows)  # noqa: S608  own names

    @property
    def _is_numbered(self) -> bool:
        return isinstance(self.model._meta.pk, AutoField | BigAutoField)

    def last_id(self) -> int | None:
        """Return the highest number that was ever given to a row; None where the database gives none."""
        if not self._is_numbered:
            return None
        table = self.model._meta.db_table
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
                found = cursor.fetchone()
                return int(found[0]) if found else 0
            cursor.execute(f"SELECT last_value, is_called FROM {_sequence(cursor, self.model)}")  # noqa: S608
            value, is_called = cursor.fetchone()
            return int(value) if is_called else 0

    def continue_after(self, last_id: int) -> None:
        """Have the database give numbers above all that were given: none may come to mean another row."""
        if not self._is_numbered:
            return
        model, table = self.model, self.model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT coalesce(max(id), 0) FROM {self._quoted}")  # noqa: S608
            last = max(last_id, int(cursor.fetchone()[0]))
            if connection.vendor == "sqlite":
                cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [table])
                cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last])
            else:
                sequence = _sequence(cursor, model)
                cursor.execute(
                    "SELECT setval(%s::text::regclass, %s::bigint, %s::boolean)",
                    [sequence, max(last, 1), last > 0],
                )


def _sequence(cursor: Any, model: type[Model]) -> str:
    cursor.execute("SELECT pg_get_serial_sequence(%s::text, 'id')", [model._meta.db_table])
    return str(cursor.fetchone()[0])


def _no_number(name: str) -> Any:
    raise ValueError(name)
