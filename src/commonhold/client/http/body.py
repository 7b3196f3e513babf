"""How the body of an answer is framed: counted, in chunks, or up to the end (RFC 9112, sections 6 and 7)."""

from typing import Protocol

from commonhold.client.http.faults import MalformedError
from commonhold.client.http.head import Head
from commonhold.client.http.stream import Stream

_LONGEST_LINE = 8192
_MOST_TRAILERS = 100
_HEX = b"0123456789abcdefABCDEF"
_MOST_DIGITS = 15
_WITHOUT_BODY = {204, 304}


class Body(Protocol):
    """One body, received once from its front to its end."""

    @property
    def left(self) -> int | None:
        """Bytes still to come; None where nobody can tell."""

    @property
    def is_over(self) -> bool:
        """Whether it was received to its end, and nothing stands between here and the next answer."""

    def receive(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view`` with what arrives; 0 at the end, or where the stream has ended.

        Raises:
            MalformedError: the framing is wrong, or the end came in the middle of it.
            OSError: the connection broke, or brought nothing within the time it is given.
        """


def body_of(head: Head, stream: Stream, method: str) -> Body:
    """Return the body that follows a head (section 6.3).

    Raises:
        MalformedError: the head does not say clearly where it ends.
    """
    coding, announced = head.header("Transfer-Encoding"), head.header("Content-Length")
    if method == "HEAD" or head.status in _WITHOUT_BODY:
        return Counted(stream, 0)
    if coding:
        if coding.lower() != "chunked" or not head.is_1_1 or announced:
            raise MalformedError("where it ends cannot be told")
        return Chunked(stream)
    if not announced:
        return UntilEnd(stream)
    lengths = {length.strip() for length in announced.split(",")}
    length = lengths.pop()
    if lengths or not length.isascii() or not length.isdigit() or len(length) > _MOST_DIGITS:
        raise MalformedError("its length is malformed")
    return Counted(stream, int(length))


class Counted:
    """A body whose length was announced."""

    def __init__(self, stream: Stream, length: int) -> None:
        self._stream = stream
        self.left = length

    @property
    def is_over(self) -> bool:
        """Whether it was received to its end."""
        return not self.left

    def receive(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view``; 0 at the end, and where the stream has ended before it."""
        if not self.left:
            return 0
        count = self._stream.receive(view[: self.left], gather)
        self.left -= count
        if not self.left:
            self._stream.take_each()  # the next answer on this connection may be a short one
        return count


class Chunked:
    """A body in chunks, each with its own length."""

    left = None

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._chunk = 0
        self._is_first = True
        self.is_over = False

    def receive(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view`` from one chunk; 0 after the last."""
        del gather  # chunks are small, and their number is not known
        if self.is_over or not view:
            return 0
        if not self._chunk:
            self._begin_chunk()
            if self.is_over:
                return 0
        count = self._stream.receive(view[: self._chunk])
        if not count:
            raise MalformedError("it ended in the middle")
        self._chunk -= count
        return count

    def _begin_chunk(self) -> None:
        if not self._is_first and self._stream.line(0):
            raise MalformedError("a chunk is longer than announced")
        self._is_first = False
        digits = self._stream.line(_LONGEST_LINE).partition(b";")[0].rstrip(b" \t")
        if not digits or len(digits) > _MOST_DIGITS or digits.translate(None, _HEX):
            raise MalformedError("the length of a chunk is malformed")
        self._chunk = int(digits, 16)
        if self._chunk:
            return
        for _ in range(_MOST_TRAILERS):
            if not self._stream.line(_LONGEST_LINE):
                self.is_over = True
                return
        raise MalformedError("too much follows its last chunk")


class UntilEnd:
    """A body that ends with its connection."""

    left = None

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self.is_over = False

    def receive(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view``; 0 at the end."""
        del gather  # its end may be near
        if self.is_over or not view:
            return 0
        count = self._stream.receive(view)
        self.is_over = not count
        return count
