"""Taking what arrives on a connection: each bit at once from a slow line, much at a time from a fast one.

Who is woken for each packet of a fast line spends more on waking than on the bytes. And TLS hands out records of
16 KiB: where the way from one to the next is long, threads get into each other's way on it.
"""

import contextlib
import select
import socket
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from ssl import SSLSocket

_CAN_LOOK = hasattr(select, "poll")
# Not every system can wait for more than the first byte.
_CAN_GATHER = _CAN_LOOK and hasattr(socket, "SO_RCVLOWAT")
# A line that has just become slow costs this much, and no more.
_MOST_MILLISECONDS = 100
# So much of a stream may lie in TLS, where the system does not count it: a record, with what surrounds it.
_HELD_BY_TLS = 32 << 10


class Arrivals:
    """What arrives on one connection; ``is_tls`` tells that it deciphers what it hands out."""

    def __init__(self, connection: socket.socket, *, is_tls: bool) -> None:
        self._socket = connection
        self._is_tls = is_tls
        self._least = 1

    def receive(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view``, waiting for a byte at least; 0 at the end of the stream.

        Args:
            view: where to put it. No more may be expected than what fits.
            gather: how many bytes it is worth a tenth of a second to wait for.

        Raises:
            OSError: the connection broke, or brought nothing within the time it is given.
        """
        self._gather(min(gather, len(view) - (_HELD_BY_TLS if self._is_tls else 0)))
        count = self._socket.recv_into(view)
        if self._is_tls and gather > 1 and count:
            count += self._rest_at_hand(view[count:])
        return count

    def take_each(self) -> None:
        """Let whoever waits on this connection wake for a single byte again."""
        self._wake_at(1)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waits to be received, nor the end of the stream, as far as this system can tell."""
        if self._is_tls and cast("SSLSocket", self._socket).pending():
            return False
        return not _CAN_LOOK or not self._has_come_within(0)

    def _gather(self, count: int) -> None:
        """Wait until so many bytes are here, or the stream has ended; not for long."""
        if not _CAN_GATHER:
            return
        self._wake_at(max(1, count))
        if count > 1 and not self._has_come_within(_MOST_MILLISECONDS):
            self._wake_at(1)

    def _has_come_within(self, milliseconds: int) -> bool:
        """Whether what wakes us has come, or comes so soon."""
        waiting = select.poll()
        waiting.register(self._socket, select.POLLIN)
        return bool(waiting.poll(milliseconds))

    def _wake_at(self, count: int) -> None:
        if count != self._least:
            self._least = count
            with contextlib.suppress(OSError):  # closed meanwhile, or unknown here: then each arrival wakes
                self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)

    def _rest_at_hand(self, view: memoryview) -> int:
        """Take the records that have come already."""
        at, patience = 0, self._socket.gettimeout()
        self._socket.settimeout(0)
        try:
            # Nothing more is here; or the line broke, of which the next receive hears too.
            with contextlib.suppress(OSError):
                while at < len(view):
                    count = self._socket.recv_into(view[at:])
                    if not count:
                        break
                    at += count
        finally:
            self._socket.settimeout(patience)
        return at
