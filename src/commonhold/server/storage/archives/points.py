"""Points in a gzip file at which unpacking can begin, and beginning there with nothing but Python's ``zlib``."""

import zlib
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

MAX_POINTS = 1024
FIRST_SPACING = 4 * 1024 * 1024

_CHUNK = 256 * 1024
_TRAILER = 8
# An empty block with fixed codes: 10 bits. One with codes of its own, which is odd: 93 bits. (value, bits)
_EMPTY_FIXED = (0b010, 10)
_EMPTY_DYNAMIC = (0x35FFC10000000000081E004, 93)
_RAW, _WITH_GZIP_HEADER = -zlib.MAX_WBITS, 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class Point:
    """A place to begin.

    Attributes:
        bit: where, in bits from the file's first byte; within a byte the lowest bit comes first.
        offset: bytes unpacked before it.
        window: the last 32 KiB of those that belong to the same gzip member, compressed with zlib.
    """

    bit: int
    offset: int
    window: bytes


class PointKeeper:
    """Keeps points at even distances: every 4 MiB unpacked, and twice as far whenever there are too many."""

    def __init__(self) -> None:
        self.points: list[Point] = []
        self._spacing = FIRST_SPACING

    def offer(self, bit: int, offset: int, window: Callable[[], bytes]) -> None:
        """Take a place to begin if it is far enough from the one before."""
        if self.points and offset < self.points[-1].offset + self._spacing:
            return
        self.points.append(Point(bit, offset, zlib.compress(window(), 6)))
        if len(self.points) > MAX_POINTS:
            # The first is kept: everything can be reached from there.
            del self.points[1::2]
            self._spacing *= 2


def place_before(points: list[Point], offset: int) -> int:
    """Return the place of the last point from which what lies at ``offset`` can be reached."""
    return max(0, bisect_right(points, offset, key=lambda point: point.offset) - 1)


def bytes_until(points: list[Point], offset: int, archive_size: int) -> int:
    """Return how many of the file's first bytes are enough to unpack everything before ``offset``."""
    place = bisect_right(points, offset - 1, key=lambda point: point.offset)
    return min(archive_size, (points[place].bit + 7) // 8) if place < len(points) else archive_size


def alignment(bit: int) -> bytes:
    """Return deflate blocks that unpack to nothing and end at bit ``bit % 8`` of their last byte.

    Put before the archive's bytes, with the upper bits of that byte taken from the first of those, they make a
    stream that begins anywhere begin at a byte: Python's ``zlib`` knows no other beginning.
    """
    phase = bit % 8
    blocks = [_EMPTY_DYNAMIC] if phase % 2 else []
    taken = sum(length for _, length in blocks)
    blocks += [_EMPTY_FIXED] * ((phase - taken) % 8 // 2)
    value = length = 0
    for bits, count in blocks:
        value |= bits << length
        length += count
    return value.to_bytes((length + 7) // 8, "little")


def unpack_from(point: Point, file: BinaryIO, skip: int, size: int) -> bytes:
    """Unpack ``size`` bytes that begin ``skip`` bytes after a point; fewer where the file ends.

    Args:
        point: where to begin.
        file: yields the archive's bytes from the one that ``point.bit`` lies in.
        skip: bytes to pass over.
        size: bytes wanted.
    """
    found, is_raw = bytearray(), True
    unpacker = zlib.decompressobj(_RAW, zdict=zlib.decompress(point.window))
    packed = file.read(_CHUNK)
    if phase := point.bit % 8:
        lead = alignment(point.bit)
        packed = lead[:-1] + bytes([lead[-1] | packed[0] >> phase << phase]) + packed[1:]
    while packed and len(found) < size:
        unpacked = unpacker.decompress(packed, _CHUNK)
        passed = min(skip, len(unpacked))
        skip -= passed
        found += unpacked[passed:]
        packed = unpacker.unconsumed_tail
        if unpacker.eof:  # the next gzip member has a header of its own
            packed = unpacker.unused_data
            if is_raw:
                packed = (packed + file.read(_CHUNK))[_TRAILER:]
            is_raw, unpacker = False, zlib.decompressobj(_WITH_GZIP_HEADER)
        packed = packed or file.read(_CHUNK)
    return bytes(found[:size])
