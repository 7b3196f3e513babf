"""Making a backup of a running site: one snapshot of the database, and the objects that it names."""

import datetime as dt
import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import msgspec
from django.db import connection

from commonhold import __version__
from commonhold.server.backup import format as layout
from commonhold.server.backup.container import CHUNK, PackedLines, Reader, Writer
from commonhold.server.backup.database import migrations, snapshot
from commonhold.server.backup.drafts import draft
from commonhold.server.backup.format import (
    BackupError,
    ListedObject,
    Manifest,
    Objects,
    Part,
    Table,
    fingerprints,
)
from commonhold.server.backup.pace import Pace, Tell
from commonhold.server.backup.reading import listed_objects
from commonhold.server.backup.tables import TableLines, tables
from commonhold.server.config.data_folder import generated_secret
from commonhold.server.config.environment import Environment
from commonhold.server.kit import clock
from commonhold.server.storage.interface import ObjectNotFoundError, ObjectStore
from commonhold.server.storage.pieces import sha256_of
from commonhold.server.submissions import inventory

_LONGEST_LIST = 1000


@dataclass(slots=True)
class Report:
    """What a backup holds.

    Attributes:
        tables: how many.
        rows: in all of them.
        objects: copied.
        object_bytes: of these.
        gone: objects of removed datasets that are no longer there, which is as it should be.
        faults: objects that are missing or are not what they were: how many.
        faulty: the keys of the first of these.
        listed: objects that were named and not copied, since the backup leaves objects out.
        size: bytes of the file.
    """

    tables: int = 0
    rows: int = 0
    objects: int = 0
    object_bytes: int = 0
    gone: int = 0
    faults: int = 0
    faulty: list[str] = field(default_factory=list)
    listed: int = 0
    size: int = 0


def write_backup(
    path: Path,
    settings: Environment,
    store: ObjectStore,
    *,
    with_objects: bool = True,
    with_secret_key: bool = False,
    replaces: bool = False,
    tell: Tell,
) -> Report:
    """Write a backup of the site to ``path``, which appears whole or not at all.

    Args:
        path: the file.
        settings: the site's.
        store: the site's.
        with_objects: whether the objects are copied, or only listed.
        with_secret_key: whether the generated secret key goes with it.
        replaces: whether a file that is there already may go.
        tell: told how far it is.

    Raises:
        BackupError: it cannot be made (``WritingError``: the file takes no more).
        StorageError: the store cannot be asked.
    """
    secret_key = None
    if with_secret_key:
        secret_key = generated_secret(settings.data, settings.secret_key)
        if secret_key is None:
            raise BackupError(
                "The secret key is not the generated one of the data folder.",
                hint="Keep what COMMONHOLD_SECRET_KEY holds by other means, and leave --with-secret-key out.",
            )
    if path.exists() and not replaces:
        raise BackupError(f"There is already a file {path}.", hint="Choose another name, or say --force.")
    with draft(path, replaces=replaces) as file:
        work = _Work(file, Writer(file), store, Pace(tell), Report())
        work.write(settings, with_objects=with_objects, secret_key=secret_key)
        work.report.size = file.seek(0, os.SEEK_END)
    return work.report


@dataclass(slots=True)
class _Work:
    """A backup being written."""

    file: BinaryIO
    writer: Writer
    store: ObjectStore
    pace: Pace
    report: Report

    def write(self, settings: Environment, *, with_objects: bool, secret_key: str | None) -> None:
        self.writer.begin()
        with snapshot():
            made_at = clock.now()
            written = [self._table(table) for table in tables()]
            key = self.writer.whole(layout.SECRET_KEY, f"{secret_key}\n".encode()) if secret_key else None
            start = self.writer.position()
            objects = self._list(included=with_objects)
        if with_objects:
            self._copy(start, objects)
        else:
            self.report.listed = objects.count
        manifest = Manifest(
            format=layout.FORMAT,
            commonhold=__version__,
            made_at=clock.iso(made_at),
            database=connection.vendor,
            migrations=migrations(),
            secrets=fingerprints(settings.secrets),
            tables=written,
            secret_key=key,
            objects=objects,
        )
        self.writer.finish(msgspec.json.format(msgspec.json.encode(manifest), indent=1))

    def _table(self, table: TableLines) -> Table:
        with self.writer.member(layout.table_member(table.name)) as sink:
            packed = PackedLines(sink)
            for line in table.lines():
                packed.write(line)
                self.pace(f"{table.name}: {packed.count:,} rows")
            packed.finish()
        self.report.tables += 1
        self.report.rows += packed.count
        return Table(table.name, packed.count, table.last_id(), sink.part.size, sink.part.sha256)

    def _list(self, *, included: bool) -> Objects:
        total = 0
        with self.writer.member(layout.OBJECT_LIST) as sink:
            packed = PackedLines(sink)
            for held in inventory.held():
                # What was sent a moment ago has been read by nobody; what is missing is told when it is copied.
                sha256 = held.sha256 or self._hash(held.key)
                line = ListedObject(held.key, held.size, sha256, held.needed)
                packed.write(msgspec.json.encode(line) + b"\n")
                total += held.size
            packed.finish()
        return Objects(included, packed.count, total, sink.part)

    def _hash(self, key: str) -> str:
        try:
            with self.store.open(key) as source:
                return sha256_of(source)
        except (ObjectNotFoundError, OSError):
            return hashlib.sha256().hexdigest()

    def _copy(self, start: int, objects: Objects) -> None:
        """Copy the objects, in the order of the list, which is read back from the file."""
        self.file.flush()
        with Path(self.file.name).open("rb") as written:
            for listed in listed_objects(Reader(written), start + layout.BLOCK, objects):
                position = self.writer.position()
                if self._copied(listed):
                    self.report.objects += 1
                    self.report.object_bytes += listed.size
                else:
                    self.writer.go_back(position)
                    self.writer.whole(layout.missing_member(listed.key), b"")
                    self._miss(listed)
                self.pace(
                    f"objects: {self.report.objects:,} of {objects.count:,}, "
                    f"{self.report.object_bytes:,} of {objects.bytes:,} bytes"
                )

    def _copied(self, listed: ListedObject) -> bool:
        """Copy one object; False where it is not what the database says."""
        try:
            with (
                self.store.open(listed.key) as source,
                self.writer.member(layout.object_member(listed.key)) as sink,
            ):
                while sink.size <= listed.size and (data := source.read(CHUNK)):
                    sink.write(data)
                    self.pace(f"{listed.key}: {sink.size:,} of {listed.size:,} bytes")
        except (ObjectNotFoundError, OSError):
            # Of the object: where the backup cannot be written, the writer says so with an error of its own.
            return False
        return sink.part == Part(listed.size, listed.sha256)

    def _miss(self, listed: ListedObject) -> None:
        if not listed.needed or not inventory.needed([listed.key], dt.timedelta()):
            self.report.gone += 1
            return
        self.report.faults += 1
        if len(self.report.faulty) < _LONGEST_LIST:
            self.report.faulty.append(listed.key)
