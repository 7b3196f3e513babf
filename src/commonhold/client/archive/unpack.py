"""Unpacking a gzip file from a point in its middle, with bounded memory."""

import zlib
from collections.abc import Iterable, Iterator

from commonhold.client.archive.models import Point
from commonhold.client.errors import CorruptError

_GULP = 256 << 10
_TRAILER = 8
_RAW, _WITH_GZIP_HEADER = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS


def damaged(what: str) -> CorruptError:
    """Return the error for content that does not unpack."""
    return CorruptError(
        f"{what} cannot be unpacked: what the storage sent is damaged.",
        hint="Try again; if it lasts, download the whole archive, which is proven piece by piece.",
    )


def gunzip(packed: Iterable[bytes], point: Point | None) -> Iterator[bytes]:
    """Yield what lies in a gzip file from ``point`` on, at most 256 KiB at a time.

    Args:
        packed: the file's bytes from the one that the point lies in; from its first, without a point.
        point: where to begin.

    Raises:
        CorruptError: it does not unpack.
    """
    try:
        yield from _gunzip(packed, point)
    except zlib.error as error:
        raise damaged("The archive") from error


def _gunzip(packed: Iterable[bytes], point: Point | None) -> Iterator[bytes]:
    inflater = (
        zlib.decompressobj(_RAW, zdict=point.window) if point else zlib.decompressobj(_WITH_GZIP_HEADER)
    )
    is_raw, trailer, is_first = point is not None, 0, True
    for chunk in packed:
        if not chunk:
            continue
        rest, is_first = (_completed(point, chunk) if is_first else chunk), False
        is_full = False  # what has no room in one gulp stays in the inflater, even when all input is used up
        while rest or is_full:
            if trailer:
                passed = min(trailer, len(rest))
                trailer, rest = trailer - passed, rest[passed:]
                continue
            unpacked = inflater.decompress(rest, _GULP)
            if unpacked:
                yield unpacked
            rest, is_full = inflater.unconsumed_tail, len(unpacked) == _GULP
            if inflater.eof:  # the next gzip member has a header of its own; zeros may fill up the file
                rest, is_full = inflater.unused_data, False
                trailer, is_raw = (_TRAILER if is_raw else 0), False
                inflater = zlib.decompressobj(_WITH_GZIP_HEADER)
                if not trailer and not rest.strip(b"\0"):
                    rest = b""


def _completed(point: Point | None, first: bytes) -> bytes:
    if point is None or not point.lead:
        return first
    return point.lead[:-1] + bytes([point.lead[-1] | first[0] & point.mask]) + first[1:]


class Flow:
    """Bytes that arrive in chunks, taken in the sizes that are wanted."""

    def __init__(self, chunks: Iterator[bytes], position: int) -> None:
        self._chunks = chunks
        self._held = memoryview(b"")
        #: Where the next byte lies.
        self.position = position

    def take(self, most: int) -> bytes:
        """Return up to ``most`` bytes, at least one; nothing at the end."""
        while not self._held:
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._held = memoryview(chunk)
        found, self._held = bytes(self._held[:most]), self._held[most:]
        self.position += len(found)
        return found

    def exactly(self, count: int, what: str) -> bytes:
        """Return ``count`` bytes.

        Raises:
            CorruptError: it ends before.
        """
        return b"".join(self.each(count, what))

    def each(self, count: int, what: str) -> Iterator[bytes]:
        """Yield ``count`` bytes as they come.

        Raises:
            CorruptError: it ends before.
        """
        while count:
            found = self.take(count)
            if not found:
                raise damaged(what)
            count -= len(found)
            yield found

    def skip_to(self, position: int, what: str) -> None:
        """Pass over everything before ``position``.

        Raises:
            CorruptError: it ends before, or was passed already.
        """
        if position < self.position:
            raise damaged(what)
        for _ in self.each(position - self.position, what):
            pass
