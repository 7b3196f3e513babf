"""One read for everything: the SHA-256 of a whole file and of every piece of it.

The hashes of the pieces let a client prove and repair a download piece by piece (decision 18).
"""

import hashlib
import io
from dataclasses import dataclass
from typing import BinaryIO

PIECE_SIZE = 8 * 1024 * 1024
_CHUNK = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FileHashes:
    """What a file's bytes are.

    Attributes:
        size: bytes.
        sha256: of the whole, 64 lower-case hexadecimal digits.
        pieces: the 32-byte SHA-256 digests of all pieces of :data:`PIECE_SIZE`, one after the other; the
        last piece
            is as long as what remains, and an empty file has none.
    """

    size: int
    sha256: str
    pieces: bytes


class PieceHasher:
    """Takes a file's bytes in order, in chunks of any size."""

    def __init__(self) -> None:
        self._size = 0
        self._whole = hashlib.sha256()
        self._piece = hashlib.sha256()
        self._digests = bytearray()

    def update(self, data: bytes | bytearray | memoryview) -> None:
        """Take the next bytes."""
        self._whole.update(data)
        view = memoryview(data).cast("B")
        while view:
            room = PIECE_SIZE - self._size % PIECE_SIZE
            part = view[:room]
            self._piece.update(part)
            self._size += len(part)
            if len(part) == room:
                self._digests += self._piece.digest()
                self._piece = hashlib.sha256()
            view = view[room:]

    def result(self) -> FileHashes:
        """Return the hashes of what was taken so far."""
        pieces = bytes(self._digests)
        if self._size % PIECE_SIZE:
            pieces += self._piece.digest()
        return FileHashes(self._size, self._whole.hexdigest(), pieces)


class HashingReader(io.RawIOBase):
    """A file that is hashed as it is read, to be put in the store and proven in the same read.

    Reading through it is the only way it moves: it cannot seek. Closing it leaves the file it reads open.
    """

    def __init__(self, source: BinaryIO) -> None:
        super().__init__()
        self._source = source
        self._hasher = PieceHasher()

    def readable(self) -> bool:
        """Say yes."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read and hash up to ``size`` bytes, or all that remain."""
        data = self._source.read(-1 if size is None else size)
        self._hasher.update(data)
        return data

    def readall(self) -> bytes:
        """Read and hash all that remain."""
        return self.read(-1)

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read and hash into ``buffer``."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def result(self) -> FileHashes:
        """Return the hashes of what was read so far."""
        return self._hasher.result()


def hash_file(file: BinaryIO) -> FileHashes:
    """Hash what ``file`` still holds, reading it once, in bounded memory."""
    hasher = PieceHasher()
    buffer = bytearray(_CHUNK)
    view = memoryview(buffer)
    while count := file.readinto(buffer):  # type: ignore[attr-defined]
        hasher.update(view[:count])
    return hasher.result()


def sha256_of(file: BinaryIO) -> str:
    """Return the SHA-256 (hex) of what ``file`` still holds, reading it once, in bounded memory."""
    return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
