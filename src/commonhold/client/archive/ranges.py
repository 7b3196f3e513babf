"""The bytes of one archive by range, from one download session, proven by pieces where that is asked for."""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.archive.models import MemberPage
from commonhold.client.archive.sessions import SessionStore
from commonhold.client.http.connection import Connection, Response
from commonhold.client.models import Pieces, Session
from commonhold.client.retry import Patience, jitter
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.faults import (
    ChangedError,
    ExpiredError,
    MisbehavedError,
    OverloadedError,
    TransferFaultError,
)
from commonhold.client.transfer.source import Grant, Source
from commonhold.client.transfer.throttle import Throttle

_GULP = 256 << 10
_MOST_STRIKES = 4
# Two pieces: what the end of one member and the beginning of the next have in common is fetched once.
_KEPT_PIECES = 2
_TOLD = 2.0


class Ranges:
    """The file of one version of a dataset. Belongs to one thread at a time.

    Args:
        site: the site, which is asked for a session when the first byte is wanted, and not before.
        about: which file it is.
        sessions: where sessions are kept.
        options: rate and patience.
        note: told what takes so long.
    """

    def __init__(
        self,
        site: Client,
        about: MemberPage,
        sessions: SessionStore,
        options: Options,
        note: Callable[[str], None],
    ) -> None:
        self._site = site
        self._about = about
        self._sessions = sessions
        self._options = options
        self._note = note
        self._throttle = Throttle(options.rate)
        self._connection = Connection(site.network, silence=options.silence)
        self._source: Source | None = None
        self._pieces: Pieces | None = None
        self._asked_for_pieces = False
        self._proven: OrderedDict[int, bytes] = OrderedDict()
        #: Bytes that came from the storage, and sessions that were asked for.
        self.received = 0
        self.granted = 0

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @property
    def piece_size(self) -> int | None:
        """How long the pieces are by which the file can be proven; None where the site tells no hashes."""
        pieces = self._known_pieces()
        return pieces.piece_size if pieces else None

    def _known_pieces(self) -> Pieces | None:
        if not self._asked_for_pieces:
            found = self._site.pieces(self._about.dataset, version=self._about.version)
            fits = found and (found.size_bytes, found.checksum) == (
                self._about.size_bytes,
                self._about.checksum,
            )
            self._pieces, self._asked_for_pieces = (found if fits else None), True
        return self._pieces

    def proven(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``end`` (not included), in whole pieces that were proven.

        Raises:
            CorruptError: a piece is not what it should be, each time it is fetched.
            CommonholdError: they cannot be had.
        """
        pieces = self._known_pieces()
        if pieces is None:
            raise errors.UsageError("The site tells no hashes of pieces, so nothing can be proven by them.")
        at = start
        while at < end:
            index = at // pieces.piece_size
            first = index * pieces.piece_size
            content = self._piece(pieces, index)
            yield content[at - first : end - first]
            at = first + len(content)

    def _piece(self, pieces: Pieces, index: int) -> bytes:
        if index in self._proven:
            return self._proven[index]
        first = index * pieces.piece_size
        last = min(first + pieces.piece_size, pieces.size_bytes)
        for _ in range(_MOST_STRIKES):
            content = b"".join(self.plain(first, last))
            if hashlib.sha256(content).digest() == pieces.digests[index]:
                self._proven[index] = content
                while len(self._proven) > _KEPT_PIECES:
                    self._proven.popitem(last=False)
                return content
        raise errors.CorruptError(
            f"Piece {index + 1} of {len(pieces.digests)} comes damaged from the storage, each time it is fetched.",
            hint="Try again later; if it lasts, tell the people who run the site.",
        )

    def plain(self, start: int, end: int) -> Iterator[bytes]:
        """Yield the bytes from ``start`` to ``end`` (not included) as they come.

        Raises:
            CommonholdError: they cannot be had.
        """
        at, patience, failures, strikes = start, Patience(self._options.max_wait), 0, 0
        while at < end:
            try:
                response = self._opened(at, end)
                for chunk in self._body(response, end - at):
                    at += len(chunk)
                    failures = strikes = 0
                    patience.renew()
                    yield chunk
            except ExpiredError as fault:
                self._sourced().renew_after(str(fault))
            except ChangedError as changed:
                self._forget()
                raise errors.CorruptError(
                    f"The archive is another one now: {changed}.",
                    hint="A version may have been published just now: run the same command again.",
                ) from changed
            except MisbehavedError as fault:
                self._connection.close()
                strikes += 1
                if strikes >= _MOST_STRIKES:
                    raise errors.ProtocolError(
                        f"The storage cannot be trusted: {fault}.",
                        hint="Download the whole archive instead: commonhold download.",
                    ) from fault
            except (TransferFaultError, errors.UnreachableError) as fault:
                failures += 1
                self._wait(fault, failures, patience)

    def _wait(self, fault: Exception, failures: int, patience: Patience) -> None:
        wait = jitter(failures)
        if isinstance(fault, OverloadedError) and fault.retry_after is not None:
            wait = fault.retry_after
        if not patience.allows(wait):
            if isinstance(fault, errors.CommonholdError):
                raise fault
            raise errors.BusyError(f"{str(fault).capitalize()}, again and again.", status=503) from fault
        if wait > _TOLD:
            self._note(f"{fault} Trying again in {wait:.0f} s.")
        time.sleep(wait)

    def _opened(self, at: int, end: int) -> Response:
        return self._sourced().open(self._connection, at, end - 1)

    def _body(self, response: Response, count: int) -> Iterator[bytes]:
        buffer = bytearray(min(_GULP, self._throttle.gulp or _GULP))
        view = memoryview(buffer)
        try:
            while count:
                filled = response.receive(view[: min(len(view), count)])
                if not filled:
                    raise errors.UnreachableError("The storage ended the connection in the middle.")
                self.received += filled
                count -= filled
                wait = self._throttle.passed(filled)
                if wait:
                    time.sleep(wait)
                yield bytes(view[:filled])
        finally:
            if count:  # whoever reads has enough, or something broke: the rest must not be waited for
                self._connection.close()

    # -- the session

    def _path(self) -> Path:
        settings = self._site.settings
        return self._sessions.path(settings.api_url, settings.key, self._about.dataset, self._about.version)

    def _sourced(self) -> Source:
        if self._source is None:
            path = self._path()
            kept = self._sessions.obtain(path, self._ask)
            self._source = Source(
                kept.grant,
                self._about.size_bytes,
                kept.identity,
                renew=self._renew,
                on_identity=lambda identity: self._sessions.note_identity(path, identity),
            )
            self._check(kept.size, kept.checksum)
        return self._source

    def _ask(self, key: str) -> Session:
        session = self._site.start_download(self._about.dataset, version=self._about.version, key=key)
        self.granted += 1
        return session

    def _renew(self) -> Grant:
        refused = self._source.url if self._source else ""
        kept = self._sessions.obtain(self._path(), self._ask, refused=refused)
        self._check(kept.size, kept.checksum)
        return kept.grant

    def _check(self, size: int, checksum: str | None) -> None:
        if (size, checksum) != (self._about.size_bytes, self._about.checksum):
            self._forget()
            raise errors.CorruptError(
                "The site grants another file than it lists.",
                hint="A version may have been published just now: run the same command again.",
            )

    def _forget(self) -> None:
        self._source = None
        self._path().unlink(missing_ok=True)
