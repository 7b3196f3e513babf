"""Restoring a backup into an empty site: objects first, then every table in one transaction, or nothing at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection, transaction

from commonhold.server.backup.container import Content
from commonhold.server.backup.format import BackupError, ListedObject, Table, fingerprints
from commonhold.server.backup.pace import Pace, Tell
from commonhold.server.backup.reading import Backup, open_backup
from commonhold.server.backup.tables import REPLACED, TableLines, tables
from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.search import indexing
from commonhold.server.config.data_folder import generated_secret, secret_file
from commonhold.server.config.environment import Environment
from commonhold.server.storage.interface import ObjectExistsError, ObjectNotFoundError, ObjectStore
from commonhold.server.storage.pieces import sha256_of

_ROWS_AT_ONCE, _BYTES_AT_ONCE = 500, 8 * 1024 * 1024
_LONGEST_LIST = 1000


@dataclass(slots=True)
class Report:
    """What was restored.

    Attributes:
        made_at: when the backup was made.
        rows: in all tables.
        objects: put into the store.
        kept: objects that were there already, as they should be.
        faults: objects that the site needs, and that are neither in the file nor in the store: how many.
        missing: the keys of the first of these.
        has_other_secret: the site's secret key is not the one that the backup was made under.
        lacks_retired_secret: one of the retired keys that were accepted there is not accepted here.
        secret_key: whether the secret key of the file is the site's now.
    """

    made_at: str = ""
    rows: int = 0
    objects: int = 0
    kept: int = 0
    faults: int = 0
    missing: list[str] = field(default_factory=list)
    has_other_secret: bool = False
    lacks_retired_secret: bool = False
    secret_key: bool = False

    def miss(self, listed: ListedObject) -> None:
        """Note an object that is nowhere."""
        if listed.needed:
            self.faults += 1
            if len(self.missing) < _LONGEST_LIST:
                self.missing.append(listed.key)


def restore(
    path: Path,
    settings: Environment,
    store: ObjectStore,
    *,
    only_checks: bool = False,
    tell: Tell,
) -> Report:
    """Restore a backup into this site, which must be empty.

    Args:
        path: the file.
        settings: the site's.
        store: the site's.
        only_checks: nothing is written; every byte of the file is read.
        tell: told how far it is.

    Raises:
        DamagedError: the file is not as it was written.
        BackupError: it cannot be restored here; nothing has changed.
    """
    pace = Pace(tell)
    with open_backup(path) as backup:
        refuse_occupied()
        backup.check(pace)
        report = Report(backup.manifest.made_at)
        _compare_secrets(backup, settings, report)
        if only_checks:
            read_everything(backup, store, report, pace)
            return report
        with _placed(backup, store, report, pace), transaction.atomic():
            # Once more, now that nobody else can write (SQLite), or that whoever did so is seen.
            refuse_occupied()
            _load(backup, report, pace)
            if report.secret_key and backup.secret_key:
                _keep_secret(settings.data, backup.secret_key)
        ContentType.objects.clear_cache()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    return report


def refuse_occupied() -> None:
    """Refuse a site that has data.

    Raises:
        BackupError: it has.
    """
    held = [table.name for table in tables() if table.name not in REPLACED and not table.is_empty()]
    if held:
        raise BackupError(
            f"This site is not empty: it has {', '.join(held[:5])}{' and more' if len(held) > 5 else ''}.",
            hint="Restore into a new data folder or a new database; nothing was changed.",
        )


def _compare_secrets(backup: Backup, settings: Environment, report: Report) -> None:
    ours = set(fingerprints(settings.secrets))
    theirs = backup.manifest.secrets
    if backup.secret_key and generated_secret(settings.data, settings.secret_key):
        report.secret_key = True
        ours |= set(fingerprints((backup.secret_key,)))
    report.has_other_secret = bool(theirs[:1]) and theirs[0] not in ours
    report.lacks_retired_secret = bool(set(theirs[1:]) - ours)


def read_everything(backup: Backup, store: ObjectStore, report: Report, pace: Pace) -> None:
    """Read a file to its end, and write nothing.

    Raises:
        DamagedError: it is not as it was written.
    """
    for table, lines in _tables(backup):
        for line in backup.lines(table):
            lines.parameters(line)
            report.rows += 1
            pace(f"reading {table.name}: {report.rows:,} rows in all")
    if not backup.manifest.objects.included:
        _look_for_objects(backup, store, report, pace)
        return
    for listed, content in backup.contents():
        if content is None:
            report.miss(listed)
            continue
        content.prove(partial(pace, f"reading {listed.key}"))
        report.objects += 1


def _look_for_objects(backup: Backup, store: ObjectStore, report: Report, pace: Pace) -> None:
    for listed in backup.objects():
        pace(f"looking for {listed.key}")
        try:
            found = store.stat(listed.key).size == listed.size
        except ObjectNotFoundError:
            found = False
        if found:
            report.kept += 1
        else:
            report.miss(listed)


@contextmanager
def _placed(backup: Backup, store: ObjectStore, report: Report, pace: Pace) -> Iterator[None]:
    """Put the objects into the store; take them back if what is done within fails."""
    if not backup.manifest.objects.included:
        _look_for_objects(backup, store, report, pace)
        yield
        return
    # One byte for each object of the list, so that millions of them can be told apart.
    ours = bytearray()
    try:
        for listed, content in backup.contents():
            ours.append(False)
            if content is None:
                report.miss(listed)
            else:
                ours[-1] = _put(store, listed, content)
                report.objects += ours[-1]
                report.kept += not ours[-1]
            pace(f"objects: {len(ours):,} of {backup.manifest.objects.count:,}")
        yield
    except BaseException:
        # The list may go wrong behind the last one that was read.
        for is_ours, listed in zip(ours, backup.objects(), strict=False):
            if is_ours:
                store.delete(listed.key)
        raise


def _put(store: ObjectStore, listed: ListedObject, content: Content) -> bool:
    """Put an object into the store; False where it is there already, as it should be."""
    try:
        store.put(listed.key, cast("BinaryIO", content))
    except ObjectExistsError:
        with store.open(listed.key) as there:
            if sha256_of(there) != listed.sha256:
                raise BackupError(
                    f"The store has another object under {listed.key}.",
                    hint="Restore into an empty store; nothing was changed.",
                ) from None
        # It is not written again, but it is part of the file, which is proven as a whole.
        content.prove()
        return False
    return True


def _tables(backup: Backup) -> Iterator[tuple[Table, TableLines]]:
    yield from zip(backup.manifest.tables, tables(), strict=True)


def _load(backup: Backup, report: Report, pace: Pace) -> None:
    """Write every row, within a transaction; references are looked at when all are there."""
    for known in reversed(tables()):
        if known.name in REPLACED:
            known.clear()
    with connection.cursor() as cursor:
        # Triggers count it from the access records that come.
        cursor.execute("DELETE FROM catalogue_popularity")
    for table, lines in _tables(backup):
        with _refused(table.name):
            for batch in _batches(backup, table, lines):
                lines.insert(batch)
                report.rows += len(batch)
                pace(f"{table.name}: {report.rows:,} rows in all")
            if table.last_id is not None:
                lines.continue_after(table.last_id)
    with _refused("A reference"):
        connection.check_constraints()
    indexing.rebuild(lambda done: pace(f"search: {done:,} datasets"))
    stretches.rebuild()


def _batches(backup: Backup, table: Table, lines: TableLines) -> Iterator[list[list[Any]]]:
    batch: list[list[Any]] = []
    size = 0
    for line in backup.lines(table):
        batch.append(lines.parameters(line))
        size += len(line)
        if len(batch) >= _ROWS_AT_ONCE or size >= _BYTES_AT_ONCE:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


@contextmanager
def _refused(what: str) -> Iterator[None]:
    """Say of which table a row was that the database refuses."""
    try:
        yield
    except (DatabaseError, OverflowError, UnicodeError) as error:
        text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise BackupError(
            f"{what} is refused by the database: {text}", hint="Nothing was restored."
        ) from error


def _keep_secret(data: Path, secret: str) -> None:
    """Put the secret key of the backup in place of the one that was made for the empty site."""
    path = secret_file(data)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(secret + "\n")
            file.flush()
            os.fsync(descriptor)
        aside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()
