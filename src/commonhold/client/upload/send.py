"""Sending one file: begin or go on, send what is missing, hold it against the file once more, complete."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from commonhold.client import errors, submissions
from commonhold.client.api import Client
from commonhold.client.transfer.adapt import Connections
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.request import Watcher
from commonhold.client.upload.hashing import Hashes, Hashing, Look
from commonhold.client.upload.journal import Journal, SentPart, Session
from commonhold.client.upload.storage import Addresses, PartSender, SessionGoneError

_PART = 16 << 20
_MEBIBYTE = 1 << 20
MOST_PARTS = 10_000
MOST_CONNECTIONS = 16
_ROUNDS = 3
_TYPES = {".tar.gz": "application/gzip", ".tgz": "application/gzip", ".zip": "application/zip"}


@dataclass(frozen=True, slots=True)
class Upload:
    """What to send, and how.

    Attributes:
        path: the file.
        submission: id of the submission it is sent for.
        sample: it is the sample, not the archive.
        connections: never more than this many.
        part_size: bytes; None: what suits the file.
    """

    path: Path
    submission: str
    sample: bool = False
    connections: int = 8
    part_size: int | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that the site has.

    Attributes:
        upload: id of the upload at the site, where its verification can be followed.
        size: bytes.
        checksum: SHA-256 in hex.
        sent: bytes that went over the network this time.
        seconds: how long it took.
    """

    upload: str
    size: int
    checksum: str
    sent: int
    seconds: float


def send(site: Client, upload: Upload, watcher: Watcher | None = None) -> Sent:
    """Send a file; run again after an interruption of any kind, it sends only what is missing.

    Raises:
        CommonholdError: see :mod:`commonhold.client.errors`; what has arrived stays for the next run.
    """
    return _Sending(site, upload, watcher or Watcher()).run()


@dataclass(slots=True)
class _Meter:
    """Counts bytes that have left; threads tell it."""

    present: int = 0
    sent: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, count: int) -> None:
        with self._lock:
            self.sent += count


class _Sending:
    def __init__(self, site: Client, upload: Upload, watcher: Watcher) -> None:
        self._site, self._upload, self._watcher = site, upload, watcher
        self._path = upload.path.absolute()
        self._meter = _Meter()
        self._started = time.monotonic()

    def run(self) -> Sent:
        look = Look.at(self._path)
        if not look.size:
            raise errors.LocalFileError(f"{self._path} is empty.")
        place = Journal.beside(self._path, sample=self._upload.sample)
        with self._alone(place):
            for attempt in range(2):
                journal = self._journal(place, look.size)
                try:
                    return self._run(journal)
                except (SessionGoneError, errors.GoneError) as error:
                    journal.forget()
                    if attempt:
                        raise _gone(error) from error
                    self._watcher.note("The site has ended that upload; sending from the beginning.")
        raise AssertionError("the last attempt either returned or raised")

    @contextmanager
    def _alone(self, place: Path) -> Iterator[None]:
        try:
            with Lock(place.with_name(f"{place.name}.lock")):
                yield
        except HeldError as error:
            raise errors.LocalFileError(
                f"{self._path.name} is being sent already, by {error.who}.", hint="Wait for that to end."
            ) from error

    def _journal(self, place: Path, size: int) -> Journal:
        """Return the journal of the session that is under way for this file, or of a new one."""
        kept = Journal.load(place)
        if kept is not None:
            session = kept.session
            same = (session.api_url, session.submission, session.size)
            if same == (self._site.settings.api_url, self._upload.submission, size):
                return kept
        part_size = self._upload.part_size or part_size_for(size)
        body = {
            "submissionId": self._upload.submission,
            "filename": self._path.name,
            "fileSize": size,
            "mimeType": _type_of(self._path.name),
        }
        base = f"{submissions.path(self._upload.submission)}/sample" if self._upload.sample else "/uploads"
        answer = self._site.send("POST", base, body)
        upload, upload_id = answer.get("fileUploadId"), answer.get("uploadId")
        if not (isinstance(upload, str) and upload and isinstance(upload_id, str) and upload_id):
            raise errors.ProtocolError("The site's answer holds no upload.")
        session = Session(
            self._site.settings.api_url,
            self._upload.submission,
            f"{base}/{upload}",
            upload_id,
            size,
            part_size,
        )
        journal = Journal(place, session)
        journal.begin()
        return journal

    def _run(self, journal: Journal) -> Sent:
        session = journal.session
        count = -(-session.size // session.part_size)
        self._meter.present = sum(_length(session, number) for number in journal.parts)
        self._watcher.begin(self._path.name, session.size, self._meter.present)
        try:
            for _ in range(_ROUNDS):
                hashing = Hashing(self._path, session.part_size)
                hashing.start()
                try:
                    self._send_missing(journal, [n for n in range(1, count + 1) if n not in journal.parts])
                    hashes = hashing.result()
                finally:
                    hashing.stop()
                if self._is_settled(journal, hashes, count):
                    return self._complete(journal, hashes)
                self._watcher.note(f"{self._path.name} has changed; sending the changed parts again.")
        finally:
            self._watcher.end()
        raise errors.LocalFileError(
            f"{self._path} keeps changing while it is sent.",
            hint="Wait until it is finished, or send a copy.",
        )

    def _is_settled(self, journal: Journal, hashes: Hashes, count: int) -> bool:
        """Whether what was sent is what the file holds; parts that are not are forgotten."""
        look = Look.at(self._path)
        if look.size != journal.session.size:
            journal.forget()
            raise errors.LocalFileError(
                f"{self._path} has changed its size while it was sent.", hint="Run the same command again."
            )
        for number, digest in enumerate(hashes.parts, start=1):
            part = journal.parts.get(number)
            if part is not None and part.sha256 != digest:
                del journal.parts[number]
                self._meter.present -= _length(journal.session, number)
        return len(journal.parts) == count and look == hashes.look

    def _send_missing(self, journal: Journal, missing: list[int]) -> None:
        if not missing:
            return
        session = journal.session
        sender = PartSender(self._site, self._path, session, Addresses(self._site, session), self._meter)
        most = min(self._upload.connections, MOST_CONNECTIONS, len(missing))
        width = Connections(most, first=min(4, most), window=1.0)
        running: dict[Future[SentPart], int] = {}
        ahead = iter(missing)
        left = list(missing)
        with ThreadPoolExecutor(most, "upload") as threads:
            try:
                while True:
                    while len(running) < width.count and (number := next(ahead, None)) is not None:
                        del left[: left.index(number)]
                        running[threads.submit(sender.send, number, left[:200])] = number
                    if not running:
                        return
                    done, _ = wait(running, timeout=0.25, return_when=FIRST_COMPLETED)
                    for future in done:
                        del running[future]
                        journal.add(future.result())
                    width.observe(time.monotonic(), self._meter.sent, 0.0)
                    self._watcher.advance(self._meter.present + self._meter.sent, len(running))
            except BaseException:
                # What is on its way is awaited: its parts need not be sent again.
                sender.stopping.set()
                finished, _ = wait(running, timeout=30)
                for future in finished:
                    if future.exception() is None:
                        journal.add(future.result())
                raise

    def _complete(self, journal: Journal, hashes: Hashes) -> Sent:
        session = journal.session
        body = {
            "uploadId": session.upload_id,
            "parts": [
                {"partNumber": part.number, "etag": part.etag}
                for part in sorted(journal.parts.values(), key=lambda part: part.number)
            ],
            "checksum": hashes.whole,
        }
        self._site.send("POST", session.root, body, repeatable=True)
        journal.forget()
        upload = session.root.rpartition("/")[2]
        seconds = time.monotonic() - self._started
        return Sent(upload, session.size, hashes.whole, self._meter.sent, seconds)


def part_size_for(size: int) -> int:
    """Return whole mebibytes, at least 16, of which no more than 10,000 make ``size``."""
    needed = -(-size // MOST_PARTS)
    return max(_PART, -(-needed // _MEBIBYTE) * _MEBIBYTE)


def _length(session: Session, number: int) -> int:
    return min(session.part_size, session.size - (number - 1) * session.part_size)


def _type_of(name: str) -> str:
    lowered = name.lower()
    for ending, kind in _TYPES.items():
        if lowered.endswith(ending):
            return kind
    raise errors.UsageError(
        f"{name} cannot be sent: its name must end in .tar.gz, .tgz or .zip.",
        hint="Pack the files first, with tar -czf say.",
    )


def _gone(error: Exception) -> errors.CommonholdError:
    if isinstance(error, errors.CommonholdError):
        return error
    return errors.GoneError("The site ends every upload of this file.", hint="Tell the people of the site.")
