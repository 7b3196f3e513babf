"""A request's body, read once, by whoever needs it."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

# An early refusal reads what a client is sending, so that it sees the answer and not a reset: a part as the
# common clients cut them, and no more.
_DRAINED_BYTES = 16 * 1024 * 1024
_DRAIN_SECONDS = 5


class Body:
    """The chunks of a body as they arrive.

    Args:
        receive: returns the next bytes; none at the end.
    """

    def __init__(self, receive: Callable[[], Awaitable[bytes]]) -> None:
        self._receive = receive
        self._ended = False

    async def next(self) -> bytes:
        """Return the next bytes; none at the end, which for a connection that breaks is there."""
        if self._ended:
            return b""
        chunk = await self._receive()
        self._ended = not chunk
        return chunk

    async def drain(self) -> None:
        """Read on to the end of a small body."""
        taken = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DRAIN_SECONDS):
                while taken <= _DRAINED_BYTES and (chunk := await self.next()):
                    taken += len(chunk)
