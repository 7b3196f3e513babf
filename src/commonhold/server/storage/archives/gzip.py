"""A gzip file as a stream whose every byte is counted and whose sums are checked."""

import zlib
from collections.abc import Callable
from typing import Any, BinaryIO

from commonhold.server.storage.archives.inflate import BlockInflater
from commonhold.server.storage.archives.members import BrokenArchiveError, Rules
from commonhold.server.storage.archives.points import PointKeeper

_CHUNK = 256 * 1024
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS

CUT = "The archive ends too early: its upload or its packing was cut short."


class GzipReader:
    """Reads one gzip file, of one or more members (as parallel packers write them), front to back.

    Args:
        file: its bytes.
        rules: count what it unpacks to.
        keeper: takes places at which unpacking can begin, where somebody wants to know.
    """

    def __init__(self, file: BinaryIO, rules: Rules, keeper: PointKeeper | None = None) -> None:
        self._file = file
        self._rules = rules
        self._packed = b""
        self._unpacked = b""
        self._taken = 0
        self._keeper = keeper
        self._bytes_read = 0
        self._bytes_unpacked = 0
        self._member_start = (0, 0)  # in the file, and in what it unpacks to
        self._member = self._inflater()
        self._ended = False
        self._padded = False
        self.position = 0

    def read(self, size: int) -> bytes:
        """Return ``size`` unpacked bytes, fewer only at the end.

        Raises:
            BrokenArchiveError: the file is damaged or cut short.
        """
        parts: list[bytes] = []
        while size and self._fill():
            part = self._unpacked[self._taken : self._taken + size]
            self._taken += len(part)
            self.position += len(part)
            size -= len(part)
            parts.append(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over ``size`` unpacked bytes.

        Raises:
            BrokenArchiveError: there are not that many, or as for :meth:`read`.
        """
        while size:
            if not self._fill():
                raise BrokenArchiveError(CUT)
            step = min(size, len(self._unpacked) - self._taken)
            self._taken += step
            self.position += step
            size -= step

    def finish(self) -> None:
        """Read on to the very end, where only padding may be.

        Raises:
            BrokenArchiveError: more than padding follows, or as for :meth:`read`.
        """
        while self._fill():
            if self._unpacked[self._taken :].strip(b"\0"):
                raise BrokenArchiveError("Something follows the end of the archive.")
            self._taken = len(self._unpacked)

    def _fill(self) -> bool:
        """Unpack more if nothing is left; say whether there is anything."""
        while self._taken == len(self._unpacked) and not self._ended:
            self._taken, self._unpacked = 0, self._unpack()
        return self._taken < len(self._unpacked)

    def _unpack(self) -> bytes:
        if not self._packed:
            self._packed = self._read()
        if self._member.eof and not self._next_member():
            self._ended = True
            return b""
        if not self._packed:
            raise BrokenArchiveError(CUT)
        try:
            unpacked: bytes = self._member.decompress(self._packed, _CHUNK)
        except zlib.error:
            raise BrokenArchiveError("The archive is damaged: it cannot be unpacked by gzip.") from None
        self._packed = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        self._bytes_unpacked += len(unpacked)
        self._rules.unpacked(len(unpacked))
        return unpacked

    def _read(self) -> bytes:
        packed = self._file.read(_CHUNK)
        self._bytes_read += len(packed)
        return packed

    def _inflater(self) -> Any:
        self._member_start = (self._bytes_read - len(self._packed), self._bytes_unpacked)
        if self._keeper is not None and BlockInflater.is_there():
            return BlockInflater(self._at_block, _CHUNK)
        return zlib.decompressobj(_WITH_GZIP_HEADER)

    def _at_block(self, bit: int, unpacked: int, window: Callable[[], bytes]) -> None:
        start, offset = self._member_start
        if self._keeper is not None:
            self._keeper.offer(start * 8 + bit, offset + unpacked, window)

    def _next_member(self) -> bool:
        """Begin the gzip member that follows, if one does; zeros after the last one are padding."""
        while self._packed:
            rest = self._packed.lstrip(b"\0")
            if rest:
                if len(rest) < len(self._packed) or self._padded:
                    raise BrokenArchiveError("Something follows the end of the archive.")
                self._member = self._inflater()
                return True
            self._padded = True
            self._packed = self._read()
        return False
