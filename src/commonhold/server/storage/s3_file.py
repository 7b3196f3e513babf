"""An object in a bucket as a file that can be read and can seek."""

from collections.abc import Callable
from typing import Any

from commonhold.server.storage.seekable import SeekableFile

_ATTEMPTS = 5
# A short way forward is read over; anything else is a new request.
_SKIPPED_BYTES = 1024 * 1024


class S3File(SeekableFile):
    """Reads in one stream for as long as it is read in order; takes a broken stream up where it broke.

    Args:
        read_from: returns a stream of the bytes from a position on, with ``read`` and ``close``.
        size: bytes of the object.
    """

    def __init__(self, read_from: Callable[[int], Any], size: int) -> None:
        super().__init__(size)
        self._read_from = read_from
        self._stream: Any = None
        self._stream_position = 0

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read what has come, at most as much as ``buffer`` holds."""
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        for attempt in range(_ATTEMPTS):
            try:
                data = self._reach().read(wanted)
            except Exception as fault:
                self._drop()
                if attempt == _ATTEMPTS - 1:
                    raise OSError("The object store breaks off while an object is read.") from fault
                continue
            if data:
                break
            self._drop()
        else:
            raise OSError("A stored object ended before its size.")
        buffer[: len(data)] = data
        self._position += len(data)
        self._stream_position += len(data)
        return len(data)

    def close(self) -> None:
        """Close the stream."""
        self._drop()
        super().close()

    def _reach(self) -> Any:
        """Return a stream that stands at the position."""
        ahead = self._position - self._stream_position
        if self._stream is not None and 0 < ahead <= _SKIPPED_BYTES:
            while ahead and (skipped := self._stream.read(ahead)):
                ahead -= len(skipped)
            self._stream_position = self._position - ahead
        if self._stream is None or self._stream_position != self._position:
            self._drop()
            self._stream = self._read_from(self._position)
            self._stream_position = self._position
        return self._stream

    def _drop(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
