"""A stored object that is hashed, and shown to whoever else must see it, while somebody reads it for his own ends."""

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

from commonhold.server.storage.pieces import FileHashes, PieceHasher
from commonhold.server.storage.seekable import SeekableFile

_CHUNK = 1024 * 1024
# A short way ahead (the headers between a zip's members) is read over; farther, it is read when it is its turn.
_GAP = 1024 * 1024
_WAITING = 8


class HashedFile(SeekableFile):
    """Hashes every byte once and in order, on a thread of its own, whatever order it is read in.

    What is read in order is read once. What is read ahead of its turn (a zip's directory), or again, is read twice.

    Args:
        source: the object, which can seek.
        observe: called with the bytes, in order, on the thread.
        tick: called with the number of bytes hashed so far, on the reader's thread; it may raise to stop.
    """

    def __init__(
        self, source: BinaryIO, *, observe: Callable[[bytes], None] | None, tick: Callable[[int], None]
    ) -> None:
        super().__init__(source.seek(0, os.SEEK_END))
        source.seek(0)
        self._source = source
        self._observe = observe
        self._tick = tick
        self._hasher = PieceHasher()
        self._hashed = 0
        self._source_position = 0
        self._thread = ThreadPoolExecutor(1, "hashing")
        self._waiting: list[Future[None]] = []

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move; nothing is read for that. What would lie before the front is the front."""
        self._position = max(0, self._target(offset, whence))
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        """Read up to ``size`` bytes."""
        wanted = self._size - self._position if size is None or size < 0 else size
        if self._hashed < self._position <= self._hashed + _GAP:
            self._fetch(self._hashed, self._position - self._hashed)
        data = self._fetch(self._position, min(wanted, self._size - self._position))
        self._position += len(data)
        return data

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read into ``buffer``."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def result(self) -> FileHashes:
        """Read what nobody has read, and return the hashes."""
        while self._hashed < self._size:
            self._fetch(self._hashed, min(_CHUNK, self._size - self._hashed))
        self._settle(0)
        return self._hasher.result()

    def close(self) -> None:
        """End the thread; the object stays open."""
        self._thread.shutdown(cancel_futures=True)
        super().close()

    def _fetch(self, position: int, size: int) -> bytes:
        if size <= 0:
            return b""
        if self._source_position != position:
            self._source.seek(position)
        data = self._source.read(size)
        self._source_position = position + len(data)
        if len(data) < size:
            raise OSError("A stored object ended before its size.")
        new = self._source_position - self._hashed
        if position <= self._hashed and new > 0:
            self._hashed = self._source_position
            self._waiting.append(self._thread.submit(self._take, data[-new:]))
            self._settle(_WAITING)
            self._tick(self._hashed)
        return data

    def _take(self, data: bytes) -> None:
        self._hasher.update(data)
        if self._observe is not None:
            self._observe(data)

    def _settle(self, allowed: int) -> None:
        """Wait until so few chunks wait to be hashed; raise what went wrong with one."""
        while len(self._waiting) > allowed:
            self._waiting.pop(0).result()

    def __del__(self) -> None:
        with contextlib.suppress(Exception):
            self._thread.shutdown(wait=False, cancel_futures=True)
