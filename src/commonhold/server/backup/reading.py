"""Reading a backup file that anybody may have written: nothing in it is believed before it is proven."""

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from commonhold.server.backup import format as layout
from commonhold.server.backup.container import Content, Reader
from commonhold.server.backup.database import migrations
from commonhold.server.backup.format import (
    BackupError,
    DamagedError,
    ListedObject,
    Manifest,
    Objects,
    Part,
    Table,
)
from commonhold.server.backup.tables import tables
from commonhold.server.storage.keys import InvalidKeyError, check_key

_MOST_MANIFEST_BYTES = 1024 * 1024  # of formats to come
_SHA256 = re.compile(r"[0-9a-f]{64}")
_listed = msgspec.json.Decoder(ListedObject)


class Backup:
    """An open file whose manifest is proven and fits this version.

    Attributes:
        manifest: what it holds.
        secret_key: the generated secret key that it holds, or None.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.manifest = _manifest(reader)
        self.secret_key: str | None = None
        self._starts: dict[str, int] = {}
        self._objects_start = 0
        _refuse_other_tables(self.manifest)

    def check(self, tell: Callable[[str], None]) -> None:
        """Hold everything before the objects against its sum; to be called first.

        Raises:
            DamagedError: something is not as it was written.
        """
        for table in self.manifest.tables:
            tell(f"checking {table.name}: {table.rows:,} rows")
            name = layout.table_member(table.name)
            self._starts[table.name] = self._reader.check(name, Part(table.size, table.sha256))
        if (part := self.manifest.secret_key) is not None:
            if part.size > layout.MAX_SECRET_BYTES:
                raise DamagedError("The secret key of the file is too long to be one.")
            self.secret_key = _text(self._reader.whole(layout.SECRET_KEY, part))
        self._starts[layout.OBJECT_LIST] = self._reader.check(layout.OBJECT_LIST, self.manifest.objects.list)
        self._objects_start = self._reader.position()
        if not self.manifest.objects.included:
            self._reader.end()

    def lines(self, table: Table) -> Iterator[bytes]:
        """Yield the rows of a table."""
        name = layout.table_member(table.name)
        count = 0
        for line in self._reader.lines(name, self._starts[table.name], Part(table.size, table.sha256)):
            count += 1
            if count > table.rows:
                break
            yield line
        if count != table.rows:
            raise DamagedError(f"{table.name} has another number of rows than the manifest says.")

    def objects(self) -> Iterator[ListedObject]:
        """Yield the list of objects."""
        return listed_objects(self._reader, self._starts[layout.OBJECT_LIST], self.manifest.objects)

    def contents(self) -> Iterator[tuple[ListedObject, Content | None]]:
        """Yield each object of the list with its bytes, to be read to their end; None where the file lacks it."""
        reader, position = self._reader, self._objects_start
        for listed in self.objects():
            reader.go(position)
            if reader.comes(layout.missing_member(listed.key), 0):
                position = reader.position()
                yield listed, None
                continue
            name = layout.object_member(listed.key)
            reader.expect(name, listed.size)
            start = reader.position()
            yield listed, reader.content(name, Part(listed.size, listed.sha256))
            # Whoever had no use for the bytes has not read them; what comes next begins behind them all the same.
            reader.go(start + listed.size)
            reader.end_member(listed.size)
            position = reader.position()
        reader.go(position)
        reader.end()


@contextmanager
def open_backup(path: Path) -> Iterator[Backup]:
    """Open a file and read its manifest.

    Raises:
        DamagedError: it is no backup, or damaged.
        BackupError: another version of Commonhold must restore it.
    """
    with path.open("rb") as file:
        yield Backup(Reader(file))


def listed_objects(reader: Reader, start: int, objects: Objects) -> Iterator[ListedObject]:
    """Yield the list of objects, each line of which is held to be one the store can have."""
    count, total, last = 0, 0, ""
    for line in reader.lines(layout.OBJECT_LIST, start, objects.list):
        try:
            listed = _listed.decode(line)
            check_key(listed.key)
        except (msgspec.DecodeError, InvalidKeyError) as error:
            raise DamagedError(f"The list of objects holds a line that is none: {error}") from error
        if listed.key <= last or not _SHA256.fullmatch(listed.sha256):
            raise DamagedError("The list of objects is not in order.")
        count, total, last = count + 1, total + listed.size, listed.key
        yield listed
    if (count, total) != (objects.count, objects.bytes):
        raise DamagedError("The list of objects has another length than the manifest says.")


def _manifest(reader: Reader) -> Manifest:
    first = _first_member(reader)
    try:
        number = json.loads(first)["format"]
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise DamagedError("The manifest cannot be read.") from error
    if isinstance(number, int) and number > layout.FORMAT:
        raise BackupError(
            f"The backup has format {number}; this version of Commonhold knows {layout.FORMAT}.",
            hint="Restore it with the version that made it, or a newer one.",
        )
    reader.go(0)
    reader.expect(layout.MANIFEST, layout.MANIFEST_BYTES)
    data = reader.exactly(layout.MANIFEST_BYTES)
    reader.end_member(len(data))
    proven = f"{hashlib.sha256(data).hexdigest()}\n".encode()
    reader.expect(layout.MANIFEST_SUM, len(proven))
    if reader.exactly(len(proven)) != proven:
        raise DamagedError("The manifest is damaged.")
    reader.end_member(len(proven))
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedError(f"The manifest cannot be read: {error}.") from error
    if manifest.format != layout.FORMAT:
        raise DamagedError("The manifest names no format.")
    return manifest


def _first_member(reader: Reader) -> bytes:
    """Read the first member, whatever format it is of, if it is a manifest of bounded length."""
    try:
        member = tarfile.TarInfo.frombuf(reader.exactly(layout.BLOCK), "utf-8", "strict")
    except (tarfile.HeaderError, DamagedError, UnicodeError) as error:
        raise DamagedError("This is no backup of Commonhold.") from error
    if member.name != layout.MANIFEST or not 0 < member.size <= _MOST_MANIFEST_BYTES:
        raise DamagedError("This is no backup of Commonhold.")
    return reader.exactly(member.size)


def _refuse_other_tables(manifest: Manifest) -> None:
    """Refuse what was made by a version with other tables than this one's."""
    ours = migrations()
    if manifest.migrations != ours:
        differing = {app for app in ours.keys() | manifest.migrations.keys()
                     if ours.get(app) != manifest.migrations.get(app)}  # fmt: skip
        raise BackupError(
            f"The backup was made by Commonhold {manifest.commonhold[:40]}, whose database differs from that of this "
            f"version ({', '.join(sorted(app[:40] for app in differing)[:10])}).",
            hint=f"Restore it with Commonhold {manifest.commonhold[:40]}; a newer version then brings the database "
            "up to date when it starts.",
        )
    if [table.name for table in manifest.tables] != [table.name for table in tables()]:
        raise DamagedError(
            "The backup does not hold the tables of this version, each once and in their order."
        )


def _text(data: bytes) -> str:
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise DamagedError("The secret key of the file is no text.") from error
