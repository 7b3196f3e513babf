"""The bytes of one connection in their order: lines where there are lines, and memory filled where there are not."""

import math
import socket
import time

from commonhold.client.http.arrivals import Arrivals
from commonhold.client.http.faults import MalformedError

_MOST_AT_ONCE = 8192


class Stream:
    """What arrives on one connection.

    Args:
        connection: whose time limit holds for each wait.
        is_tls: whether it deciphers what arrives.
    """

    def __init__(self, connection: socket.socket, *, is_tls: bool) -> None:
        self._socket = connection
        self._arrivals = Arrivals(connection, is_tls=is_tls)
        # What came along with a line and belongs to what follows it.
        self._ahead = bytearray()

    def line(self, most: int, deadline: float = math.inf) -> bytes:
        """Return the next line, without its end.

        Args:
            most: bytes it may have.
            deadline: by the clock of :func:`time.monotonic`; a line that drips is not waited for any longer.

        Raises:
            MalformedError: it is longer, or the stream ends before it does.
            OSError: the connection broke, or brought nothing within the time it is given.
        """
        searched = 0
        while (end := self._ahead.find(b"\n", searched)) < 0:
            searched = len(self._ahead)
            if searched > most + 1:
                break
            more = self._socket.recv(_MOST_AT_ONCE)
            if not more:
                raise MalformedError("the connection ended" if not searched else "it ended in the middle")
            if time.monotonic() > deadline:
                raise TimeoutError
            self._ahead += more
        if not 0 <= end <= most + 1:
            raise MalformedError(f"a line is longer than {most} bytes")
        line = bytes(self._ahead[:end])
        del self._ahead[: end + 1]
        return line.removesuffix(b"\r")

    def receive(self, view: memoryview, gather: int = 1) -> int:
        """Fill the front of ``view``, waiting for a byte at least; 0 at the end of the stream.

        Args:
            view: where to put it. No more may be expected than what fits.
            gather: how many bytes it is worth a tenth of a second to wait for.

        Raises:
            OSError: the connection broke, or brought nothing within the time it is given.
        """
        if not self._ahead:
            return self._arrivals.receive(view, gather)
        count = min(len(view), len(self._ahead))
        view[:count] = self._ahead[:count]
        del self._ahead[:count]
        return count

    def take_each(self) -> None:
        """Let whoever waits wake for a single byte again."""
        self._arrivals.take_each()

    @property
    def is_quiet(self) -> bool:
        """Whether nothing came that nobody has asked for, be it bytes or the end of the stream."""
        return not self._ahead and self._arrivals.is_quiet
