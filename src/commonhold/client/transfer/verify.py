"""Holding a file that is here against what it must be, and mending the pieces that are wrong."""

import contextlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.models import Dataset, Pieces
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.journal import Journal, Subject
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.part import ReadableFile, local_fault
from commonhold.client.transfer.plan import SEGMENT, Plan
from commonhold.client.transfer.present import keep_record
from commonhold.client.transfer.prove import bad_pieces, sha256_of
from commonhold.client.transfer.record import Record
from commonhold.client.transfer.request import Outcome, Request, Watcher
from commonhold.client.transfer.source import Grant


@dataclass(frozen=True)
class Finding:
    """What a look at a file brought.

    Attributes:
        path: the file.
        size: bytes it has.
        expected: SHA-256 it must have, in hex.
        is_good: whether it has it.
        pieces: how many pieces it has, 0 where they were not looked at one by one.
        bad: the numbers of the pieces that are wrong, counted from 0.
        basis: what it was held against: ``checksum``, ``dataset`` or ``record``.
    """

    path: Path
    size: int
    expected: str
    is_good: bool
    pieces: int
    bad: tuple[int, ...]
    basis: str


def verify_against(path: Path, expected: str, basis: str, watcher: Watcher) -> Finding:
    """Hash a whole file and compare."""
    file = ReadableFile(path)
    watcher.begin(path.name, file.size, 0)
    try:
        counter = _Counter(watcher)
        found = sha256_of(file, advanced=counter.add)
        return Finding(path, file.size, expected, found == expected, 0, (), basis)
    finally:
        watcher.end()
        file.close()


def recorded_checksum(path: Path) -> str:
    """Return the SHA-256 that was noted when the file was downloaded.

    Raises:
        UsageError: nothing was noted.
    """
    record = Record.read(Paths.of(path.parent, path.name).record)
    if record is None or record.checksum is None:
        raise errors.UsageError(
            f"Nothing is recorded about {path.name}.",
            hint="Say what it should be: --checksum sha256:… or --dataset ID",
        )
    return record.checksum


def unfinished(path: Path) -> Subject | None:
    """Return what an interrupted repair of this file was about; None where there was none."""
    journal = None if path.exists() else Journal.read(Paths.of(path.parent, path.name).journal)
    return journal.subject if journal else None


def go_on(site: Client, subject: Subject, path: Path, request: Request, watcher: Watcher) -> Outcome:
    """Fetch what is missing of a file under repair."""
    about = replace(
        request, name=subject.dataset, folder=path.parent, version=subject.version, filename=path.name
    )
    return download(site, about, watcher)


class Verifier:
    """Holds one file against a dataset of a site.

    Args:
        site: the site.
        name: id or slug of the dataset; None takes it from the record beside the file.
        version: a version, None for the recorded one or else the current one.
        path: the file.
    """

    def __init__(self, site: Client, name: str | None, version: int | None, path: Path) -> None:
        self._site = site
        self._paths = Paths.of(path.parent, path.name)
        record = Record.read(self._paths.record)
        if name is None and (record is None or record.kind != "dataset"):
            raise errors.UsageError(
                f"Nothing is recorded about {path.name}.", hint="Say which dataset it is: --dataset ID"
            )
        if name is None and record:
            name = record.dataset
            version = version or record.version
        self._about: Dataset = site.dataset(name or "", version=version)
        self._pieces: Pieces | None = site.pieces(self._about.id, version=self._about.version)

    def verify(self, watcher: Watcher) -> Finding:
        """Look at every piece, or at the whole where the site tells no pieces."""
        path, expected = self._paths.final, self._expected()
        if self._pieces is None:
            finding = verify_against(path, expected, "dataset", watcher)
        else:
            finding = self._look_at_pieces(self._pieces, expected, watcher)
        if finding.is_good:
            # Whoever holds the lock notes the same, or makes the file another one.
            with contextlib.suppress(HeldError), Lock(self._paths.lock):
                keep_record(self._paths, self._subject(finding.size), slug=self._about.slug)
        return finding

    def repair(self, finding: Finding, watcher: Watcher, request: Request) -> Outcome:
        """Fetch the bad pieces, and only these; then the file has its name again.

        Raises:
            UsageError: the site tells no hashes of pieces, so that there is nothing to go by.
            CommonholdError: the pieces cannot be had.
        """
        if self._pieces is None:
            raise errors.UsageError(
                "The site tells no hashes of pieces, so it is not known which part is wrong.",
                hint="Fetch the whole again: commonhold download --overwrite",
            )
        subject = self._subject(self._pieces.size_bytes)._replace(segment=self._pieces.piece_size)
        good = set(range(len(self._pieces.digests))) - set(finding.bad)
        try:
            with Lock(self._paths.lock):
                self._make_unfinished(self._paths, subject, good)
        except HeldError as held:
            raise errors.LocalFileError(
                f"{subject.filename} is being downloaded by {held.who}.",
                hint="Wait for it, then verify again.",
            ) from held
        return go_on(self._site, subject, self._paths.final, request, watcher)

    def _make_unfinished(self, paths: Paths, subject: Subject, good: set[int]) -> None:
        """Turn the file into an unfinished download of which the good pieces are here.

        The journal is given no boot, so that the download looks at every piece again before it trusts one.
        """
        kept = Journal.read(paths.journal)
        known = kept if kept and kept.subject == subject else Journal(subject)
        grant = known.grant or Grant("http://none.invalid/", 0.0, 1.0, is_fresh=False)
        paths.discard()
        try:
            os.truncate(self._paths.final, subject.size)
            self._paths.final.replace(paths.part)
        except OSError as error:
            raise local_fault(error, self._paths.final) from error
        self._paths.record.unlink(missing_ok=True)
        repaired = Journal(subject, grant, boot="", durable=frozenset(good), asking=known.asking)
        repaired.write(paths.journal)

    def _look_at_pieces(self, pieces: Pieces, expected: str, watcher: Watcher) -> Finding:
        file = ReadableFile(self._paths.final)
        plan = Plan(pieces.size_bytes, pieces.piece_size, pieces.digests, expected)
        watcher.begin(self._paths.final.name, file.size, 0)
        try:
            bad = tuple(bad_pieces(file, plan, range(plan.count), advanced=_Counter(watcher).add))
            is_good = not bad and file.size == plan.size
            return Finding(self._paths.final, file.size, expected, is_good, plan.count, bad, "dataset")
        finally:
            watcher.end()
            file.close()

    def _expected(self) -> str:
        checksum = self._about.checksum or (self._pieces.checksum if self._pieces else None)
        if checksum is None:
            raise errors.UsageError(
                "The site tells no checksum of this dataset.", hint="Give one with --checksum"
            )
        return checksum

    def _subject(self, size: int) -> Subject:
        return Subject(
            api_url=self._site.settings.api_url,
            kind="dataset",
            dataset=self._about.id,
            version=self._about.version,
            filename=self._paths.final.name,
            size=size,
            checksum=self._expected(),
            segment=SEGMENT,
        )


class _Counter:
    """Adds up what threads report, for a watcher that wants the sum."""

    def __init__(self, watcher: Watcher) -> None:
        self._watcher = watcher
        self._done = 0

    def add(self, count: int) -> None:
        self._done += count
        self._watcher.advance(self._done, 0)
