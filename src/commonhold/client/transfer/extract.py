"""An archive unpacked while it comes: written to disk once, under its name only when all of it was proven."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.archive.archive import Archive
from commonhold.client.archive.folder import Folder
from commonhold.client.archive.models import Member
from commonhold.client.archive.unpacking import stem_of, unpack_file, untar, unzip
from commonhold.client.transfer.engine import Engine, Hooks
from commonhold.client.transfer.faults import ChangedError
from commonhold.client.transfer.fetch import Fetch
from commonhold.client.transfer.journal import Journal, Subject
from commonhold.client.transfer.layout import Paths, sync_folder
from commonhold.client.transfer.memory import MemoryMarks, MemoryPart
from commonhold.client.transfer.notebook import Notebook
from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.present import keep_record, outcome_of
from commonhold.client.transfer.record import Record, Records
from commonhold.client.transfer.request import Outcome, Request, Watcher
from commonhold.client.transfer.source import Source

Unpack = Callable[[Iterable[memoryview], Folder], int]


def extract(
    site: Client, request: Request, watcher: Watcher | None = None, *, known: Records | None = None
) -> Outcome:
    """Bring a dataset's files here, unpacked while the archive comes, or find that they are here already.

    They stand in a folder of the archive's name, which appears when all was proven; the archive is not kept.

    Args:
        site: the site.
        request: what to fetch, and where to.
        watcher: told what happens meanwhile.
        known: the records of the folder, where the caller has read them already.

    Raises:
        CommonholdError: it cannot be had; see :mod:`commonhold.client.errors`.
    """
    request = replace(request, extract=True)
    if not (request.overwrite or request.update):
        known = known or Records(request.folder)
        found = known.find(site.settings.api_url, request.kind, request.name, request.version)
        if found:
            return outcome_of(*found)
    return Extraction(site, request, watcher or Watcher()).run()


class Extraction(Fetch):
    """One call of :func:`extract`."""

    def _obtain(self, subject: Subject) -> Outcome:
        folder = self._request.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_fault(error, folder) from error
        paths = Paths.of(folder, subject.filename)
        target = Paths.of(folder, stem_of(subject.filename))
        with self._alone(paths):
            return self._look(target, subject) or self._extract(paths, target, subject)

    def _look(self, target: Paths, subject: Subject) -> Outcome | None:
        if self._request.overwrite or not os.path.lexists(target.final):
            return None
        record = Record.read(target.record)
        is_it = record and (record.kind, record.checksum) == (subject.kind, subject.checksum)
        if record and is_it and record.speaks_of(target.final):
            return outcome_of(target.final, record)
        raise errors.LocalFileError(
            f"{target.final} is there already, and is not what {subject.dataset} holds now.",
            hint="Replace it with --overwrite, or name another folder with --output.",
        )

    def _extract(self, paths: Paths, target: Paths, subject: Subject) -> Outcome:
        plan = self._plan(subject)
        kept = Journal.read(paths.journal)
        about = subject._replace(kind=subject.kind.removesuffix("-extracted"), segment=plan.segment)
        if kept is None or kept.subject != about:
            # The address is kept for the next run, and serves a download of the archive just as well.
            paths.discard()
            kept = None
        staging = _staging(target)
        _remove(staging)
        try:
            folder = Folder(staging, overwrite=True)
            unpack = untar if not subject.filename.lower().endswith(".zip") else unzip(self._members(subject))
            notes = Notebook(paths.journal, self._granted(kept or Journal(about), subject, paths.journal))
            notes.journal.write(paths.journal)
            try:
                is_verified, links = self._stream(plan, notes, subject, _Unpacking(unpack, folder))
            except ChangedError:
                Journal(about, notes.journal.grant).write(paths.journal)
                raise
            give_name(staging, target)
            keep_record(target, subject._replace(filename=target.final.name), slug=self._slug)
        finally:
            _remove(staging)
        paths.discard()
        return Outcome(
            path=target.final,
            dataset=subject.dataset,
            version=subject.version,
            size=subject.size,
            checksum=subject.checksum,
            is_verified=is_verified,
            received=self._received,
            seconds=self._elapsed,
            sessions=self._sessions,
            links=links,
        )

    def _members(self, subject: Subject) -> list[Member]:
        """Return what lies in a zip, which tells its members at its end only."""
        if self._request.sample:
            raise errors.UsageError(
                "A sample that is a zip cannot be extracted while it comes.",
                hint="Fetch it with `commonhold sample`, and unpack it.",
            )
        try:
            opened = Archive(self._site, subject.dataset, version=subject.version)
        except errors.NotFoundError as error:
            raise errors.UsageError(
                "The site lists no members of this zip, so it cannot be extracted while it comes.",
                hint="Extract it afterwards: --extract --keep-archive.",
            ) from error
        with opened as archive:
            if archive.about.checksum != subject.checksum:
                raise ChangedError("the site lists the members of another file")
            return list(archive)

    def _stream(
        self, plan: Plan, notes: Notebook, subject: Subject, unpacking: "_Unpacking"
    ) -> tuple[bool, int]:
        source = Source(
            notes.journal.granted,
            plan.size,
            notes.journal.identity,
            renew=lambda: self._renew(subject, notes),
            on_identity=notes.note_identity,
        )
        engine = Engine(
            self._site.network,
            source,
            plan,
            MemoryPart(self._request.folder / subject.filename, plan),
            MemoryMarks(plan.count),
            options=self._request.options,
            hooks=Hooks(advanced=self._watcher.advance, note=self._watcher.note),
            consumer=unpacking,
        )
        self._watcher.begin(subject.filename, plan.size, 0)
        try:
            engine.run()
        finally:
            self._received += engine.received
            notes.close()
            self._watcher.end()
        return engine.prove(), unpacking.links


def extract_kept(outcome: Outcome, *, overwrite: bool) -> tuple[Path, int]:
    """Unpack an archive that was downloaded, and leave it; return the folder, and how many links were left out.

    Raises:
        CorruptError: it does not unpack, or holds what could reach out of the folder.
        LocalFileError: the folder is there already, or cannot be made.
    """
    target = Paths.of(outcome.path.parent, stem_of(outcome.path.name))
    if os.path.lexists(target.final) and not overwrite:
        raise errors.LocalFileError(
            f"{target.final} is there already.",
            hint="Replace it with --overwrite, or name another folder with --output.",
        )
    staging = _staging(target)
    _remove(staging)
    try:
        links = unpack_file(outcome.path, Folder(staging, overwrite=True))
        give_name(staging, target)
    finally:
        _remove(staging)
    return target.final, links


def _staging(target: Paths) -> Path:
    return target.final.with_name(f".{target.final.name}.extracting")


def give_name(staging: Path, target: Paths) -> None:
    """Make sure that the disk has all that was unpacked, then give it its name."""
    if hasattr(os, "sync"):
        os.sync()
    aside = target.final.with_name(f".{target.final.name}.replaced")
    try:
        _remove(aside)
        if os.path.lexists(target.final):
            target.final.rename(aside)
        staging.rename(target.final)
        sync_folder(target.final.parent)
    except OSError as error:
        raise local_fault(error, target.final) from error
    _remove(aside)


class _Unpacking:
    """Unpacks what comes, and remembers how many links were left out."""

    def __init__(self, unpack: Unpack, folder: Folder) -> None:
        self._unpack = unpack
        self._folder = folder
        self.links = 0

    def __call__(self, chunks: Iterator[memoryview]) -> None:
        self.links = self._unpack(chunks, self._folder)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
