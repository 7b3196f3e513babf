"""From a dataset's name to a proven file in a folder, with as few requests and as little quota as can be."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.http.faults import UnsentError
from commonhold.client.models import Dataset, Pieces, Session
from commonhold.client.names import safe_name
from commonhold.client.transfer import record as records
from commonhold.client.transfer.engine import Engine, Hooks
from commonhold.client.transfer.faults import ChangedError, StoppedError
from commonhold.client.transfer.journal import Journal, Subject
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.notebook import Notebook
from commonhold.client.transfer.part import PartFile, local_fault
from commonhold.client.transfer.plan import SEGMENT, Plan
from commonhold.client.transfer.present import Present, keep_record, outcome_of, tidy
from commonhold.client.transfer.question import new_key
from commonhold.client.transfer.request import Outcome, Request, Watcher
from commonhold.client.transfer.resume import Workplace
from commonhold.client.transfer.source import Grant, Source

_MOST_RESTARTS = 3
_LOCK_POLL = 0.3


class _AnotherFileError(Exception):
    """The site granted another file than it had described: a version was published just now."""


def download(
    site: Client, request: Request, watcher: Watcher | None = None, *, known: records.Records | None = None
) -> Outcome:
    """Bring a dataset's file here, proven, or find that it is here already.

    Args:
        site: the site.
        request: what to fetch, and where to.
        watcher: told what happens meanwhile.
        known: the records of the folder, where the caller has read them already.

    Raises:
        CommonholdError: it cannot be had; see :mod:`commonhold.client.errors`.
    """
    if not (request.overwrite or request.update):
        known = known or records.Records(request.folder)
        found = known.find(site.settings.api_url, request.kind, request.name, request.version)
        if found and request.filename in {None, found[0].name}:
            tidy(Paths.of(request.folder, found[0].name))
            return outcome_of(*found)
    return Fetch(site, request, watcher or Watcher()).run()


class Fetch:
    """One call of :func:`download`."""

    def __init__(self, site: Client, request: Request, watcher: Watcher) -> None:
        self._site = site
        self._request = request
        self._watcher = watcher
        self._began = time.monotonic()
        self._session: Session | None = None
        self._sessions = 0
        self._received = 0
        self._details: Dataset | None = None
        self._present = Present(request, watcher)

    def run(self) -> Outcome:
        """Find out what it is, and bring it; with another version that was published meanwhile, once more."""
        last: Exception | None = None
        doubted: Subject | None = None
        for _ in range(_MOST_RESTARTS):
            subject = self._subject()
            try:
                return self._obtain(subject)
            except _AnotherFileError as another:
                last = another
            except ChangedError as changed:
                last = changed
                if self._session is None and self._subject_from_details(fresh=True) == subject:
                    if doubted != subject:
                        doubted = subject  # it may only have been moved: once more, from the start
                        continue
                    raise errors.CorruptError(
                        f"The storage does not hold what the site promises: {changed}.",
                        hint="Tell the people who run the site; nothing wrong was kept.",
                    ) from changed
                self._watcher.note("A new version was published meanwhile; starting again with it.")
        raise errors.CorruptError(
            "The file changed again and again while it was fetched.", hint="Try again later."
        ) from last

    # -- what it is

    def _subject(self) -> Subject:
        """Find out what is to be fetched, spending quota only where nothing else tells."""
        if self._session is None:
            known = self._subject_from_details() or self._subject_from_journals()
            if known:
                return known
            self._session = self._ask_for_session()
        session = self._session
        if session.filename is None:
            raise errors.ProtocolError(
                "The site names no file to download.", hint="Tell the people who run it."
            )
        return self._make_subject(session.version, session.filename, session.size_bytes, session.checksum)

    def _subject_from_details(self, *, fresh: bool = False) -> Subject | None:
        if self._details is None or fresh:
            self._details = self._site.dataset(self._request.name, version=self._request.version)
        about = self._details
        if (
            self._request.sample
            or about.filename is None
            or about.size_bytes is None
            or about.checksum is None
        ):
            return None
        return self._make_subject(about.version, about.filename, about.size_bytes, about.checksum)

    def _subject_from_journals(self) -> Subject | None:
        """Look for an unfinished download of it whose address still lives, for sites that tell little."""
        for path in self._request.folder.glob("*.part.journal"):
            journal = Journal.read(path)
            if journal is None or journal.grant_at(time.time()) is None:
                continue
            subject = journal.subject
            if subject == self._make_subject(
                subject.version, subject.filename, subject.size, subject.checksum
            )._replace(segment=subject.segment) and self._request.version in {None, subject.version}:
                return subject._replace(segment=SEGMENT)
        return None

    @property
    def _slug(self) -> str:
        return self._details.slug if self._details else ""

    def _make_subject(self, version: int | None, filename: str, size: int, checksum: str | None) -> Subject:
        about = self._details
        return Subject(
            api_url=self._site.settings.api_url,
            kind=self._request.kind,
            dataset=about.id if about else self._request.name,
            version=version,
            filename=self._request.filename or safe_name(filename),
            size=size,
            checksum=checksum,
            segment=SEGMENT,
        )

    def _ask_for_session(self, version: int | None = None, key: str = "") -> Session:
        name = self._details.id if self._details else self._request.name
        if self._request.sample:
            return self._site.start_sample(name)
        session = self._site.start_download(name, version=version or self._request.version, key=key or None)
        self._sessions += 1
        return session

    # -- where it goes

    def _obtain(self, subject: Subject) -> Outcome:
        folder = self._request.folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise local_fault(error, folder) from error
        paths = Paths.of(folder, subject.filename)
        if not paths.journal.exists():
            present = self._present.recorded(paths, subject)
            if present:
                return present
        with self._alone(paths):
            present = self._present.look(paths, subject, slug=self._slug)
            if present:
                paths.discard()
                return present
            return self._transfer(paths, subject)

    @contextmanager
    def _alone(self, paths: Paths) -> Iterator[None]:
        """Hold the lock of this file, waiting for whoever holds it."""
        lock, told = Lock(paths.lock), False
        while True:
            try:
                lock.acquire()
                break
            except HeldError as held:
                if not told:
                    self._watcher.note(
                        f"{paths.final.name} is being downloaded by {held.who} already; waiting for it."
                    )
                    told = True
                share = self._request.options.share
                if share is None:
                    time.sleep(_LOCK_POLL)
                elif share.stop.wait(_LOCK_POLL):
                    raise StoppedError from held
        try:
            yield
        finally:
            lock.release()

    # -- bringing it

    def _transfer(self, paths: Paths, subject: Subject) -> Outcome:
        plan = self._plan(subject)
        subject = subject._replace(segment=plan.segment)
        kept = Journal.read(paths.journal)
        if kept is None or kept.subject != subject:
            paths.discard()
            kept = None
        # Room is made, and the folder found writable, before any quota is spent.
        part = PartFile(paths.part, plan.size)
        try:
            journal = self._granted(kept or Journal(subject), subject, paths.journal)
            journal.write(paths.journal)  # before anything else: what was granted must not be lost
            workplace = Workplace.open(paths, part, plan, journal)
        except BaseException:
            part.close()
            left = Journal.read(paths.journal)
            if left is None:
                paths.discard()
            elif left.grant is None:  # only a question, which may have been answered: it needs no room
                paths.part.unlink(missing_ok=True)
            raise
        try:
            return self._run(paths, subject, plan, workplace)
        except ChangedError:
            workplace.close()
            paths.discard()
            # The address may be good for another try, which then spends no quota.
            Journal(subject, workplace.journal.granted).write(paths.journal)
            raise
        finally:
            workplace.close()
            self._watcher.end()

    def _plan(self, subject: Subject) -> Plan:
        pieces = None if self._request.sample else self._site.pieces(subject.dataset, version=subject.version)
        if pieces and _fits(pieces, subject):
            return Plan(subject.size, pieces.piece_size, pieces.digests, subject.checksum)
        return Plan(subject.size, SEGMENT, (), subject.checksum)

    def _granted(self, journal: Journal, subject: Subject, path: Path) -> Journal:
        """Return the journal with an address that lives, asking for one only where it has none.

        Until the answer is noted, the journal at ``path`` holds the key of the question: whoever is killed in between
        asks again with it, and is given the same session. An answer that grants nothing leaves no such journal.
        """
        if self._session is None:
            if journal.grant_at(time.time()):
                return journal
            journal = self._about_to_ask(journal, path)
            try:
                self._session = self._ask_for_session(subject.version, journal.asking)
            except errors.CommonholdError as error:
                if journal.grant is None and _granted_nothing(error):
                    path.unlink(missing_ok=True)
                raise
        session = self._session
        described = self._make_subject(
            session.version, session.filename or subject.filename, session.size_bytes, session.checksum
        )
        if described._replace(segment=subject.segment, version=subject.version) != subject:
            if journal.grant is None:
                path.unlink(missing_ok=True)  # the session is for another file, and is at hand
            raise _AnotherFileError
        self._session = None
        return journal.with_grant(_grant(session))

    def _about_to_ask(self, journal: Journal, path: Path) -> Journal:
        if self._request.sample or journal.asking:
            return journal
        journal = replace(journal, asking=new_key())
        journal.write(path)
        return journal

    def _run(self, paths: Paths, subject: Subject, plan: Plan, workplace: Workplace) -> Outcome:
        source = Source(
            workplace.journal.granted,
            plan.size,
            workplace.journal.identity,
            renew=lambda: self._renew(subject, workplace),
            on_identity=workplace.note_identity,
        )
        watcher = self._watcher
        engine = Engine(
            self._site.network,
            source,
            plan,
            workplace.part,
            workplace.marks,
            options=self._request.options,
            hooks=Hooks(advanced=watcher.advance, note=watcher.note),
        )
        watcher.begin(subject.filename, plan.size, engine.present)
        workplace.start_checkpoints(plan)
        try:
            engine.run()
        finally:
            self._received += engine.received
        try:
            is_verified = engine.prove()
        except errors.CorruptError:
            # No piece is to blame, so all of it is; the address stays, and the next attempt spends no quota.
            workplace.close()
            paths.part.unlink(missing_ok=True)
            paths.progress.unlink(missing_ok=True)
            raise
        return self._finish(paths, subject, workplace, is_verified=is_verified)

    def _finish(self, paths: Paths, subject: Subject, workplace: Workplace, *, is_verified: bool) -> Outcome:
        if os.path.lexists(paths.final) and not self._request.overwrite:
            raise errors.LocalFileError(
                f"{paths.final} came about while it was downloaded.",
                hint="Move it away and run the same command again; nothing needs to be fetched anew.",
            )
        workplace.finish()
        keep_record(paths, subject, slug=self._slug)
        paths.discard()
        return Outcome(
            path=paths.final,
            dataset=subject.dataset,
            version=subject.version,
            size=subject.size,
            checksum=subject.checksum,
            is_verified=is_verified,
            received=self._received,
            seconds=self._elapsed,
            sessions=self._sessions,
        )

    @property
    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _renew(self, subject: Subject, notebook: Notebook) -> Grant:
        key = notebook.journal.asking
        if not key and not self._request.sample:
            key = new_key()
            notebook.note_question(key)
        session = self._ask_for_session(subject.version, key)
        if (session.size_bytes, session.checksum) != (subject.size, subject.checksum):
            self._session = session
            raise ChangedError("the site grants another file now")
        grant = _grant(session)
        notebook.note_grant(grant)
        return grant


def _fits(pieces: Pieces, subject: Subject) -> bool:
    same_content = pieces.checksum is None or pieces.checksum == subject.checksum
    return same_content and pieces.size_bytes == subject.size


def _granted_nothing(error: errors.CommonholdError) -> bool:
    """Whether the site, asked for a session, has surely granted none."""
    refused = error.status is not None and (400 <= error.status < 500 or error.status == 503)
    return refused or isinstance(error, UnsentError)


def _grant(session: Session) -> Grant:
    now = time.time()
    return Grant(session.url, now, None if session.lifetime is None else now + session.lifetime)
