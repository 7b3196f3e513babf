"""The file itself: writing members one after the other, and reading back exactly what was written."""

import hashlib
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from commonhold.server.backup import format as layout
from commonhold.server.backup.format import DamagedError, Part, WritingError
from commonhold.server.storage.folders import FULL

CHUNK = 1024 * 1024
_GZIP = 16 + zlib.MAX_WBITS


@contextmanager
def told() -> Iterator[None]:
    """Turn what the file itself refuses into an error of its own, not to be taken for one of what is copied."""
    try:
        yield
    except OSError as error:
        raise WritingError(
            f"The backup cannot be written: {error.strerror or error}.", is_full=error.errno in FULL
        ) from error


class Sink:
    """Takes in the bytes of one member, and knows their number and hash."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Write some.

        Raises:
            WritingError: the file takes no more.
        """
        with told():
            self._file.write(data)
        self._hash.update(data)
        self.size += len(data)

    @property
    def part(self) -> Part:
        """What was written so far."""
        return Part(self.size, self._hash.hexdigest())


class PackedLines:
    """Packs lines into a member.

    Args:
        sink: of the member.

    Attributes:
        count: lines so far.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
        self.count = 0

    def write(self, line: bytes) -> None:
        """Write one, which ends with its newline."""
        if len(line) > layout.MAX_LINE_BYTES:
            raise layout.BackupError(f"A row of {len(line):,} bytes is more than a backup can hold.")
        self._sink.write(self._packer.compress(line))
        self.count += 1

    def finish(self) -> None:
        """Write what is left."""
        self._sink.write(self._packer.flush())


class Writer:
    """Writes a file from its beginning to its end.

    Args:
        file: empty, open for writing; it can seek.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    @contextmanager
    def member(self, name: str) -> Iterator[Sink]:
        """Write a member whose size shows only at its end."""
        start = self._file.tell()
        with told():
            self._file.write(bytes(len(layout.header(name, 0))))
        sink = Sink(self._file)
        yield sink
        with told():
            self._file.write(bytes(layout.padding(sink.size)))
            end = self._file.tell()
            self._file.seek(start)
            self._file.write(layout.header(name, sink.size))
            self._file.seek(end)

    def whole(self, name: str, data: bytes) -> Part:
        """Write a small member."""
        with self.member(name) as sink:
            sink.write(data)
        return sink.part

    def position(self) -> int:
        """Return where the next member begins."""
        return self._file.tell()

    def go_back(self, position: int) -> None:
        """Forget everything that was written behind a position."""
        with told():
            self._file.seek(position)
            self._file.truncate()

    def finish(self, manifest: bytes) -> None:
        """Write the end, and at the beginning the manifest, for which room was left."""
        with told():
            self._file.write(layout.END)
            self._file.seek(0)
        self.begin(manifest)

    def begin(self, manifest: bytes = b"") -> None:
        """Write the manifest and its sum, or leave room for them."""
        if len(manifest) > layout.MANIFEST_BYTES:
            raise layout.BackupError("The manifest is longer than it may be.")
        padded = manifest.ljust(layout.MANIFEST_BYTES)
        part = self.whole(layout.MANIFEST, padded)
        self.whole(layout.MANIFEST_SUM, f"{part.sha256}\n".encode())


class Reader:
    """Reads what a :class:`Writer` wrote, and nothing else.

    Args:
        file: open for reading; it can seek.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def exactly(self, size: int) -> bytes:
        """Read so many bytes."""
        data = self._file.read(size)
        if len(data) < size:
            raise DamagedError("The file ends before its end.")
        return data

    def expect(self, name: str, size: int) -> None:
        """Read the header of the member that must come next."""
        if not self.comes(name, size):
            raise DamagedError(f"Where {name} should begin, the file holds something else.")

    def comes(self, name: str, size: int) -> bool:
        """Whether this member comes next; its header is then read."""
        wanted, start = layout.header(name, size), self._file.tell()
        if self._file.read(len(wanted)) == wanted:
            return True
        self._file.seek(start)
        return False

    def whole(self, name: str, part: Part) -> bytes:
        """Read a small member and hold it against its sum."""
        self.expect(name, part.size)
        data = self.exactly(part.size)
        self.end_member(part.size)
        if hashlib.sha256(data).hexdigest() != part.sha256:
            raise DamagedError(f"{name} is damaged.")
        return data

    def end_member(self, size: int) -> None:
        """Read the zeros that follow a member."""
        if any(self.exactly(layout.padding(size))):
            raise DamagedError("The file is damaged between two members.")

    def check(self, name: str, part: Part) -> int:
        """Read a member, hold it against its sum, and return where its bytes begin."""
        self.expect(name, part.size)
        start = self._file.tell()
        Content(self._file, name, part).prove()
        self.end_member(part.size)
        return start

    def lines(self, name: str, start: int, part: Part) -> Iterator[bytes]:
        """Yield the lines of a packed member, unpacking no more than one may be long."""
        unpacker = zlib.decompressobj(_GZIP)
        held, seen, position, left = bytearray(), 0, start, part.size
        try:
            while not unpacker.eof:
                packed = unpacker.unconsumed_tail
                if not packed and left:
                    self._file.seek(position)
                    packed = self.exactly(min(CHUNK, left))
                    position, left = position + len(packed), left - len(packed)
                unpacked = unpacker.decompress(packed, CHUNK)
                if not packed and not unpacked:
                    break
                held += unpacked
                while (end := held.find(b"\n", seen)) >= 0:
                    yield bytes(held[: end + 1])
                    del held[: end + 1]
                    seen = 0
                seen = len(held)
                if seen > layout.MAX_LINE_BYTES:
                    raise DamagedError(f"{name} holds a line that is longer than a row can be.")
        except zlib.error as error:
            raise DamagedError(f"{name} cannot be unpacked.") from error
        if held or left or not unpacker.eof or unpacker.unused_data:
            raise DamagedError(f"{name} does not end where it should.")

    def content(self, name: str, part: Part) -> "Content":
        """Return the member that begins here for somebody else to read to its end."""
        return Content(self._file, name, part)

    def go(self, position: int) -> None:
        """Read on from there."""
        self._file.seek(position)

    def position(self) -> int:
        """Return where reading goes on."""
        return self._file.tell()

    def end(self) -> None:
        """Read the end, behind which there is nothing."""
        if self._file.read(len(layout.END) + 1) != layout.END:
            raise DamagedError("The file does not end where it should.")


class Content:
    """The bytes of one member as a file; reading them to the end proves them."""

    def __init__(self, file: BinaryIO, name: str, part: Part) -> None:
        self._file = file
        self._name = name
        self._part = part
        self._hash = hashlib.sha256()
        self._left = part.size

    def read(self, size: int = -1) -> bytes:
        """Read up to ``size`` bytes.

        Raises:
            DamagedError: at the end, where they are not what they were.
        """
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._hash.update(data)
        if not data and self._left:
            raise DamagedError("The file ends before its end.")
        self._left -= len(data)
        if not self._left and self._hash.hexdigest() != self._part.sha256:
            raise DamagedError(f"{self._name} is damaged.")
        return data

    def prove(self, tick: Callable[[], None] = lambda: None) -> None:
        """Read what is left, for its proof alone; ``tick`` is called now and then.

        Raises:
            DamagedError: it is not what it was.
        """
        while self.read(CHUNK):
            tick()
