"""What lies where in an archive: enough for a client to fetch one member with one range request.

Hundreds of thousands of members fit in a few bytes each: they are kept in compressed blocks, written as they are
passed, so that neither making nor paging through an index needs the memory of all of them.
"""

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from commonhold.server.storage.archives.members import FILE, FOLDER, LINK, Member
from commonhold.server.storage.archives.points import Point, alignment, bytes_until, place_before

TAR_GZ, ZIP = "tar.gz", "zip"
# What the list holds at most; a larger archive is checked whole all the same.
MAX_INDEXED_MEMBERS = 1_000_000

_BLOCK_MEMBERS = 4096
_KINDS = (FILE, FOLDER, LINK)
_encode, _decode = msgspec.msgpack.encode, msgspec.msgpack.decode


@dataclass(frozen=True, slots=True)
class Access:
    """How to fetch a member's content.

    Attributes:
        start: first byte of the archive to ask for.
        end: byte after the last.
        deflated: in a zip archive, whether what was fetched is to be unpacked (raw deflate).
        point: in a tar.gz, where unpacking begins, and its place in :attr:`ArchiveIndex.points`.
        skip: bytes to pass over, once unpacked.
    """

    start: int
    end: int
    deflated: bool = False
    point: tuple[int, Point] | None = None
    skip: int = 0


@dataclass(slots=True)
class ArchiveIndex:
    """The members of one archive, and in a tar.gz the points where unpacking can begin.

    Attributes:
        kind: :data:`TAR_GZ` or :data:`ZIP`.
        archive_size: bytes of the archive.
        count: members in the archive.
        unpacked: bytes of all their contents.
        points: see there.
        blocks: the members, compressed.
        listed: how many of them are in the blocks.
    """

    kind: str
    archive_size: int = 0
    count: int = 0
    unpacked: int = 0
    points: list[Point] = field(default_factory=list)
    blocks: list[bytes] = field(default_factory=list)
    listed: int = 0
    _rows: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, member: Member) -> None:
        """Add the next member."""
        self.count += 1
        self.unpacked += member.size
        if self.listed >= MAX_INDEXED_MEMBERS:
            return
        self.listed += 1
        name = member.name.encode(errors="surrogateescape")
        kind = _KINDS.index(member.kind)
        self._rows.append(
            (name, kind, member.size, member.offset, member.packed_size, member.data, member.deflated)
        )
        if len(self._rows) == _BLOCK_MEMBERS:
            self.finish()

    def finish(self) -> None:
        """Write the last block."""
        if self._rows:
            # Column by column: what is alike stands together, and takes half the room.
            self.blocks.append(zlib.compress(_encode(list(zip(*self._rows, strict=True))), 6))
            self._rows = []

    def members(self, after: int = 0) -> Iterator[tuple[int, Member]]:
        """Yield number (from 1) and member of all that follow the member with number ``after``."""
        self.finish()
        for place in range(after // _BLOCK_MEMBERS, len(self.blocks)):
            number = place * _BLOCK_MEMBERS
            columns = _decode(zlib.decompress(self.blocks[place]))
            for name, kind, *rest in zip(*columns, strict=True):
                number += 1
                if number > after:
                    yield number, Member(name.decode(errors="surrogateescape"), _KINDS[kind], *rest)

    def find(self, name: str) -> tuple[int, Member] | None:
        """Return number and member of that name: the last, which is what unpacking leaves."""
        found = None
        for number, member in self.members():
            if member.name == name:
                found = number, member
        return found

    def ranges_for(self, member: Member) -> Access:
        """Return how to fetch a member."""
        if self.kind == ZIP:
            return Access(member.data, member.data + member.packed_size, member.deflated)
        if not self.points:
            return Access(0, self.archive_size, skip=member.data)
        place = place_before(self.points, member.data)
        point = self.points[place]
        end = bytes_until(self.points, member.data + member.size, self.archive_size)
        start = point.bit // 8
        return Access(start, max(start, end), point=(place, point), skip=member.data - point.offset)

    def dump(self) -> bytes:
        """Return everything but the points' windows, for a database column."""
        self.finish()
        points = [(point.bit, point.offset, len(point.window)) for point in self.points]
        return _encode(
            [1, self.kind, self.archive_size, self.count, self.unpacked, self.listed, points, self.blocks]
        )

    def dump_windows(self) -> bytes:
        """Return the points' windows, one after the other, for a column that is read only when needed."""
        return b"".join(point.window for point in self.points)

    @classmethod
    def load(cls, data: bytes, windows: bytes = b"") -> "ArchiveIndex":
        """Read what :meth:`dump` wrote; without the windows, points have empty ones."""
        _, kind, size, count, unpacked, listed, points, blocks = _decode(data)
        index = cls(kind, size, count, unpacked, blocks=blocks, listed=listed)
        position = 0
        for bit, offset, length in points:
            index.points.append(Point(bit, offset, windows[position : position + length]))
            position += length
        return index


def describe_point(point: Point) -> dict[str, Any]:
    """Return a point as clients get it.

    Unpacking begins with ``lead`` (raw deflate), its last byte completed by the upper bits (``mask``) of the first
    byte fetched, then the other bytes fetched; ``window`` is the dictionary.
    """
    lead = alignment(point.bit)
    return {
        "bit": point.bit,
        "offset": point.offset,
        "lead": base64.b64encode(lead).decode(),
        "mask": 0xFF << point.bit % 8 & 0xFF,
        "window": base64.b64encode(point.window).decode(),
    }
