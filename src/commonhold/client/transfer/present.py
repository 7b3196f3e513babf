"""What is in the folder already: proven, to be proven by a look at it, or in the way."""

import os
from pathlib import Path

from commonhold.client import errors
from commonhold.client.transfer.journal import Subject
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.part import ReadableFile
from commonhold.client.transfer.prove import sha256_of
from commonhold.client.transfer.record import Record
from commonhold.client.transfer.request import Outcome, Request, Watcher


def outcome_of(path: Path, record: Record) -> Outcome:
    """Return the outcome for a file that was here before."""
    return Outcome(
        path, record.dataset, record.version, record.size, record.checksum, is_verified=True, was_present=True
    )


def tidy(paths: Paths) -> None:
    """Remove what a run left that was killed between giving the file its name and forgetting how it came about."""
    left = (paths.journal, paths.progress, paths.lock)
    if os.path.lexists(paths.part) or not any(os.path.lexists(path) for path in left):
        return
    try:
        with Lock(paths.lock):
            if not os.path.lexists(paths.part):
                paths.discard()
    except HeldError:
        return  # whoever holds it is just doing so
    except errors.LocalFileError:
        return  # a folder that may only be read: the file in it is right all the same


class Present:
    """Looks for the file of one request."""

    def __init__(self, request: Request, watcher: Watcher) -> None:
        self._request = request
        self._watcher = watcher

    def recorded(self, paths: Paths, subject: Subject) -> Outcome | None:
        """Return the outcome when the file is here and was proven before, else None. Nothing is written."""
        if self._request.overwrite:
            return None
        record = Record.read(paths.record)
        if record and record.checksum == subject.checksum and record.speaks_of(paths.final):
            return outcome_of(paths.final, record)
        return None

    def look(self, paths: Paths, subject: Subject, *, slug: str) -> Outcome | None:
        """Return the outcome when the file is here and right, None when there is nothing. Needs the file's lock.

        Raises:
            LocalFileError: another file has its name.
        """
        final = paths.final
        if self._request.overwrite or not os.path.lexists(final):
            return None
        if recorded := self.recorded(paths, subject):
            return recorded
        could_be = final.is_file() and subject.checksum and final.stat().st_size == subject.size
        if could_be and self._hash(final, subject) == subject.checksum:
            return outcome_of(final, keep_record(paths, subject, slug=slug))
        version = f"version {subject.version} of " if subject.version is not None else ""
        title = f"the sample of {subject.dataset}" if self._request.sample else f"{version}{subject.dataset}"
        raise errors.LocalFileError(
            f"{final} is there already, and is not {title}.",
            hint="Replace it with --overwrite, or name another folder with --output.",
        )

    def _hash(self, path: Path, subject: Subject) -> str:
        done = 0

        def advanced(count: int) -> None:
            nonlocal done
            done += count
            self._watcher.advance(done, 0)

        file = ReadableFile(path)
        self._watcher.begin(path.name, subject.size, 0)
        self._watcher.note(f"{path.name} is there already; checking it.")
        try:
            return sha256_of(file, advanced=advanced)
        finally:
            file.close()
            self._watcher.end()


def keep_record(paths: Paths, subject: Subject, *, slug: str) -> Record:
    """Note that the file is here and what it is. Needs the file's lock: the note has one writer at a time."""
    record = Record(
        api_url=subject.api_url,
        kind=subject.kind,
        dataset=subject.dataset,
        slug=slug,
        version=subject.version,
        filename=subject.filename,
        size=subject.size,
        checksum=subject.checksum,
        modified_ns=paths.final.stat().st_mtime_ns,
    )
    record.write(paths.record)
    return record
