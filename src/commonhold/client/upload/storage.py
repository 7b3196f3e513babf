"""PUTting parts to the site's storage: fresh addresses in batches, a retry for whatever passes."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from commonhold.client import errors
from commonhold.client.answers import refusal
from commonhold.client.api import Client
from commonhold.client.fields import web_address
from commonhold.client.http.connection import Connection, host_of
from commonhold.client.retry import Patience, jitter
from commonhold.client.upload.journal import SentPart, Session

_AT_ONCE = 200
_CHUNK = 1 << 18
_FRESH_SECONDS = 600.0
_SILENCE = 120.0


class SessionGoneError(Exception):
    """The site has ended this upload; what was sent for it is lost."""


class Addresses:
    """Where parts go. Asked for in batches where the site can do that, kept for some minutes."""

    def __init__(self, site: Client, session: Session) -> None:
        self._site, self._session = site, session
        self._lock = threading.Lock()
        self._known: dict[int, tuple[str, float]] = {}
        self._one_by_one = False

    def of(self, number: int, ahead: list[int]) -> str:
        """Return the address of a part, asking for those ``ahead`` in the same breath."""
        with self._lock:
            known = self._known.get(number)
            if known and time.monotonic() - known[1] < _FRESH_SECONDS:
                return known[0]
            self._ask([number, *(n for n in ahead if n != number)][:_AT_ONCE])
            return self._known[number][0]

    def forget(self, number: int) -> None:
        """The address of a part is no good any more."""
        with self._lock:
            self._known.pop(number, None)

    def _ask(self, numbers: list[int]) -> None:
        root = self._session.root
        if not self._one_by_one:
            try:
                answer = self._site.send("POST", f"{root}/parts", {"partNumbers": numbers}, repeatable=True)
            except errors.GoneError as error:
                raise SessionGoneError from error
            except (errors.NotFoundError, errors.ProtocolError) as error:
                if error.status not in {404, 405}:
                    raise
                self._one_by_one = True  # other collectives sign parts singly
            else:
                for part in answer.get("parts", []):
                    self._keep(part["partNumber"], part["url"])
                return
        try:
            answer = self._site.send("GET", f"{root}/parts/{numbers[0]}")
        except errors.GoneError as error:
            raise SessionGoneError from error
        self._keep(numbers[0], answer.get("url") or answer.get("presignedUrl"))

    def _keep(self, number: int, url: object) -> None:
        address = web_address(url)
        if address is None:
            raise errors.ProtocolError("The site's answer holds no address for a part.")
        self._known[number] = (address, time.monotonic())


class PartSender:
    """Sends the parts of one file.

    Args:
        site: whose network settings hold.
        path: the file.
        session: what it is sent for.
        addresses: where parts go.
        sent: told of bytes as they leave, and of those that have to leave again (negative).
    """

    def __init__(
        self, site: Client, path: Path, session: Session, addresses: Addresses, sent: Callable[[int], None]
    ) -> None:
        self._site, self._path, self._session = site, path, session
        self._addresses, self._sent = addresses, sent
        self._local = threading.local()
        self.stopping = threading.Event()

    def send(self, number: int, ahead: list[int]) -> SentPart:
        """Send one part, however often that takes.

        Raises:
            SessionGoneError: the upload was ended.
            CommonholdError: the storage refuses, or cannot be reached for long.
        """
        patience = Patience(self._site.max_wait)
        failures = 0
        while True:
            if self.stopping.is_set():
                raise errors.UnreachableError("The upload was stopped.")
            try:
                return self._attempt(number, ahead)
            except errors.CommonholdError as error:
                failures += 1
                self._addresses.forget(number)
                if not _passes(error, failures):
                    raise
                seconds = error.retry_after if error.retry_after is not None else jitter(failures)
                if not patience.allows(seconds):
                    raise
                self.stopping.wait(seconds)

    def _attempt(self, number: int, ahead: list[int]) -> SentPart:
        session = self._session
        start = (number - 1) * session.part_size
        length = min(session.part_size, session.size - start)
        body = _PartBody(self._path, start, length, self._sent)
        url = self._addresses.of(number, ahead)
        try:
            response = self._connection().request("PUT", url, {"Content-Length": str(length)}, body=body)
            if not 200 <= response.status < 300:
                raise refusal(response)
            etag = response.header("ETag")
            self._connection().close_unless_spent(response)
        except BaseException:
            body.take_back()
            raise
        if not etag or len(etag) > 256:
            raise errors.ProtocolError(f"{host_of(url)} took a part without giving it an ETag.")
        return SentPart(number, etag, body.sha256())

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = Connection(self._site.network, silence=_SILENCE)
        return connection


class _PartBody:
    """The bytes of one part, read as they are sent and hashed as they were read."""

    def __init__(self, path: Path, start: int, length: int, sent: Callable[[int], None]) -> None:
        self._path, self._start, self._length, self._sent = path, start, length, sent
        self._hash = hashlib.sha256()
        self._told = 0

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb", buffering=0) as file:
            left = self._length
            file.seek(self._start)
            while left:
                chunk = file.read(min(_CHUNK, left))
                if not chunk:
                    raise errors.LocalFileError(f"{self._path} has become shorter while it was sent.")
                self._hash.update(chunk)
                yield chunk
                left -= len(chunk)
                self._told += len(chunk)
                self._sent(len(chunk))

    def sha256(self) -> str:
        """Return the SHA-256 of what was sent."""
        return self._hash.hexdigest()

    def take_back(self) -> None:
        """What was sent was lost."""
        self._sent(-self._told)
        self._told = 0


def _passes(error: errors.CommonholdError, failures: int) -> bool:
    if failures > 12 or isinstance(error, errors.LocalFileError):
        return False
    if isinstance(error, errors.UnreachableError | errors.LimitError):
        return True
    # 403: the address has expired; 404 and 410: the storage has ended the upload, and the site says so when asked.
    return error.status in {403, 404, 410} and failures <= 3
