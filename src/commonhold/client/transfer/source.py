"""Where the bytes come from: an address that is renewed in time, and answers held to the question."""

import re
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from commonhold.client import errors
from commonhold.client.http.connection import Connection, Response, host_of
from commonhold.client.retry import retry_after
from commonhold.client.transfer.faults import (
    ChangedError,
    ExpiredError,
    MisbehavedError,
    OverloadedError,
    WithoutRangesError,
)

_CONTENT_RANGE = re.compile(r"bytes (\d{1,16})-(\d{1,16})/(\d{1,16}|\*)")
_EARLY = 0.8
_LAST_MOMENT = 5.0


class Grant(NamedTuple):
    """An address and its life, in seconds of this machine's clock since 1970.

    ``is_fresh`` tells an address granted during this run from one that an earlier run left.
    """

    url: str
    granted_at: float
    expires_at: float | None
    is_fresh: bool = True

    def __repr__(self) -> str:
        return f"Grant(granted_at={self.granted_at}, expires_at={self.expires_at})"  # the address is a secret

    def is_alive(self, now: float) -> bool:
        """Whether the address can still be used."""
        return self.expires_at is None or now < self.expires_at - self._margin

    @property
    def _margin(self) -> float:
        return min(_LAST_MOMENT, 0.1 * ((self.expires_at or 0.0) - self.granted_at))

    def is_due(self, now: float, remaining: float | None) -> bool:
        """Whether to renew: at its end, or after four fifths if ``remaining`` seconds of work outlast it."""
        if self.expires_at is None:
            return False
        if not self.is_alive(now):
            return True
        early = self.granted_at + _EARLY * (self.expires_at - self.granted_at)
        return now >= early and remaining is not None and now + remaining > self.expires_at - self._margin


class Identity(NamedTuple):
    """How the storage names the content: its entity tag and its date, empty where not told."""

    etag: str = ""
    modified: str = ""

    @property
    def is_strong(self) -> bool:
        """Whether the tag names these very bytes."""
        return len(self.etag) > 2 and self.etag.startswith('"')


class Source:
    """The storage of one file, shared by all workers.

    Args:
        grant: the address to begin with.
        size: bytes the whole file must have.
        identity: what an earlier run saw.
        renew: asks the site for another address; called by one thread at a time.
        on_identity: told once, when the storage has named the content.
    """

    def __init__(
        self,
        grant: Grant,
        size: int,
        identity: Identity,
        *,
        renew: Callable[[], Grant],
        on_identity: Callable[[Identity], None],
    ) -> None:
        self._grant = grant
        self._size = size
        self._identity = identity
        self._renew = renew
        self._on_identity = on_identity
        self._has_worked = False
        self._may_renew_early = True
        self._lock = threading.Lock()
        #: Seconds until the work is done, as the engine sees it; None while it cannot tell.
        self.remaining: float | None = None

    def open(self, connection: Connection, first: int, last: int) -> Response:
        """Ask for the bytes ``first`` to ``last``, both included; return an answer that carries just these.

        Raises:
            TransferFaultError: ask again, in the way its kind says.
            UnreachableError: no answer, or a passing fault of the storage; ask again.
            ChangedError: the content is another one now.
            NotFoundError: the storage does not have it any more.
        """
        grant, identity = self._current(), self._identity
        headers = {"Range": f"bytes={first}-{last}"}
        if identity.is_strong:
            headers |= {"If-Range": identity.etag, "If-Match": identity.etag}
        response = connection.request("GET", grant.url, headers)
        if response.status == 206:
            self._check_range(response, first, last)
        elif response.status == 200:
            self._check_identity(response)
            raise WithoutRangesError("the storage sent the whole file where a part was asked for")
        else:
            self._refused(response, grant)
        self._check_identity(response)
        self._has_worked = True
        return response

    def open_whole(self, connection: Connection) -> Response:
        """Ask for the whole file, for storage that knows no ranges. Raises what :meth:`open` raises."""
        grant = self._current()
        response = connection.request("GET", grant.url, {})
        if response.status != 200:
            self._refused(response, grant)
        if response.is_encoded:
            raise MisbehavedError("the storage encodes the file")
        if response.length is not None and response.length != self._size:
            raise MisbehavedError(f"the storage announces {response.length} bytes instead of {self._size}")
        self._check_identity(response)
        self._has_worked = True
        return response

    def renew_after(self, refused: str) -> None:
        """Replace the address that was refused, unless another thread has done so already.

        Raises:
            NotAllowedError: it was granted in this run and never worked, so another would not either.
        """
        with self._lock:
            if self._grant.url != refused:
                return
            if self._grant.is_fresh and not self._has_worked:
                raise errors.NotAllowedError(
                    f"The storage at {host_of(refused)} refuses an address that the site has just granted.",
                    hint="Check this machine's clock; if it is right, tell the people who run the site.",
                )
            self._replace()

    @property
    def url(self) -> str:
        """The address in use."""
        return self._grant.url

    def _current(self) -> Grant:
        now = time.time()
        if not self._grant.is_due(now, self.remaining):
            return self._grant
        with self._lock:
            grant = self._grant
            if grant.is_due(now, self.remaining) and (self._may_renew_early or not grant.is_alive(now)):
                try:
                    self._replace()
                except errors.LimitError:
                    if not grant.is_alive(now):
                        raise
                    self._may_renew_early = False  # the address still lives, and may live long enough
            return self._grant

    def _replace(self) -> None:
        self._grant = self._renew()
        self._has_worked = False

    def _check_range(self, response: Response, first: int, last: int) -> None:
        if response.is_encoded:
            raise MisbehavedError("the storage encodes the file")
        found = _CONTENT_RANGE.fullmatch(response.header("Content-Range"))
        if not found:
            raise MisbehavedError("the storage does not say which part it sent")
        start, end, total = found.groups()
        if total != "*" and int(total) != self._size:
            raise ChangedError(f"the storage holds {total} bytes, the site promised {self._size}")
        if (int(start), int(end)) != (first, last):
            raise MisbehavedError(f"the storage sent bytes {start}-{end} where {first}-{last} were asked for")
        if response.length is not None and response.length != last + 1 - first:
            raise MisbehavedError(
                f"the storage announces {response.length} bytes where {last + 1 - first} belong"
            )

    def _check_identity(self, response: Response) -> None:
        seen = Identity(response.header("ETag"), response.header("Last-Modified"))
        with self._lock:
            known = self._identity
            if not (known.etag or known.modified):
                self._identity = seen
                if seen.etag or seen.modified:
                    self._on_identity(seen)
                return
        if known.etag and seen.etag and seen.etag != known.etag:
            raise ChangedError("the storage names its content by another tag now")
        if known.etag and not seen.etag:
            raise MisbehavedError("the storage does not name its content any more")
        if not known.etag and known.modified and seen.modified != known.modified:
            raise ChangedError("the storage tells another date of its content now")

    def _refused(self, response: Response, grant: Grant) -> None:
        status, host = response.status, host_of(response.url)
        if status == 412:
            raise ChangedError("the storage holds other content now")
        if status == 416:
            total = response.header("Content-Range").rpartition("/")[2]
            if total.isdigit() and int(total) != self._size:
                raise ChangedError(f"the storage holds {total} bytes, the site promised {self._size}")
            raise MisbehavedError("the storage says that the file has no such part")
        if status in {400, 401, 403}:
            raise ExpiredError(grant.url)
        if status in {429, 503}:
            raise OverloadedError(
                f"the storage at {host} asks for a pause", retry_after(response.header("Retry-After"))
            )
        if status in {404, 410, 451}:
            kind = {404: errors.NotFoundError, 410: errors.GoneError}.get(status, errors.WithheldError)
            raise kind(
                f"The storage at {host} does not have the file any more.",
                status=status,
                hint="It may have been removed or replaced: look with `commonhold info`, then "
                "download again.",
            )
        if status >= 500 or status == 408:
            raise errors.UnreachableError(
                f"The storage at {host} failed with status {status}.", status=status
            )
        raise MisbehavedError(f"the storage at {host} answered with status {status}")
