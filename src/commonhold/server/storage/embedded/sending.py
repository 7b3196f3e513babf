"""Sending bytes and stretches of files to sockets, as fast as the client reads and no faster.

Files go out by ``sendfile``: from the page cache to the socket within the kernel, without a copy here. Where the
cache does not hold them it would wait for the disk, and everybody with it: those are read ahead in a thread first.
"""

import asyncio
import errno
import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from commonhold.server.storage.embedded.answers import FileAnswer
from commonhold.server.storage.embedded.ranges import Range
from commonhold.server.storage.joined import Stretches

# At most so much at once for one client, before others have their turn.
_TURN_BYTES = 1024 * 1024
# Where a file system cannot tell what lies in the cache (one in memory, say), threads read so much each time.
_BLIND_BYTES = 8 * _TURN_BYTES
# A client that takes no byte for so long is gone, or might as well be: it can go on with a range.
_STALLED_SECONDS = 600
# A slow disk holds up to so many clients before it holds everybody who reads from it.
_READING_THREADS = 4


class Sender:
    """Sends; shared by all connections."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_READING_THREADS, "reading")

    async def send(self, receiver: socket.socket, data: bytes, *, more: bool = False) -> None:
        """Send all of ``data``.

        Args:
            receiver: the socket, non-blocking.
            data: the bytes.
            more: more follows at once; the kernel may wait for it and fill its packets.

        Raises:
            ConnectionError: the client went away.
            TimeoutError: it took nothing for :data:`_STALLED_SECONDS`.
        """
        flags = getattr(socket, "MSG_MORE", 0) if more else 0
        view = memoryview(data)
        while view:
            try:
                view = view[receiver.send(view, flags) :]
            except (BlockingIOError, InterruptedError):
                await _room(receiver)

    async def send_file(self, receiver: socket.socket, file: Stretches, start: int, end: int) -> None:
        """Send the bytes from ``start`` up to ``end`` of an object.

        Raises:
            ConnectionError: the client went away.
            OSError: the file cannot be read, or ends before its size.
            TimeoutError: the client took nothing for :data:`_STALLED_SECONDS`.
        """
        position, at_hand = start, start
        while position < end:
            descriptor, offset, available = file.stretch(position)
            if position >= at_hand:
                at_hand = position + await self._read_ahead(
                    descriptor, offset, min(end - position, available)
                )
            wanted = min(at_hand - position, _TURN_BYTES)
            try:
                sent = os.sendfile(receiver.fileno(), descriptor, offset, wanted)
            except (BlockingIOError, InterruptedError):
                await _room(receiver)
                continue
            if not sent:
                raise OSError("A stored object ended before its size.")
            position += sent
            if sent == wanted:
                await asyncio.sleep(0)

    async def _read_ahead(self, descriptor: int, offset: int, available: int) -> int:
        """Have the next bytes in the cache; return how many."""
        length = min(available, _TURN_BYTES)
        is_at_hand = _is_at_hand(descriptor, offset + length - 1)
        if not is_at_hand:
            if is_at_hand is None:
                length = min(available, _BLIND_BYTES)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._threads, _read, descriptor, offset, length)
        return length


class WholeFile:
    """An object that lies in one file."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 -- `close` closes it
        self._size = os.fstat(self._file.fileno()).st_size

    def stretch(self, position: int) -> tuple[int, int, int]:
        """See :class:`Stretches`."""
        return self._file.fileno(), position, self._size - position

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def stretches_of(answer: FileAnswer) -> Iterator[bytes | Range]:
    """Yield what the body of an answer consists of: bytes, and ranges of the object."""
    for index, wanted in enumerate(answer.ranges):
        if answer.parts:
            yield answer.parts[index]
        yield wanted
    if answer.parts:
        yield answer.parts[-1]


def is_exhausted(fault: BaseException) -> bool:
    """Say whether descriptors or memory ran out: later there may be some again."""
    return isinstance(fault, OSError) and fault.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


async def _room(receiver: socket.socket) -> None:
    """Wait until a socket takes more."""
    loop = asyncio.get_running_loop()
    room = loop.create_future()
    loop.add_writer(receiver, _settle, room)
    try:
        async with asyncio.timeout(_STALLED_SECONDS):
            await room
    finally:
        loop.remove_writer(receiver)


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _is_at_hand(descriptor: int, position: int) -> bool | None:
    """Say whether a byte of a file can be read without waiting for a disk; None where the file system cannot tell."""
    try:
        return os.preadv(descriptor, [bytearray(1)], position, os.RWF_NOWAIT) == 1
    except BlockingIOError:
        return False
    except (OSError, AttributeError):
        return None


def _read(descriptor: int, offset: int, length: int) -> None:
    """Have the kernel read a stretch into its cache, and wait for the end of it."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, offset, length, os.POSIX_FADV_WILLNEED)
    os.pread(descriptor, 1, offset + length - 1)
