"""Reading an object whose parts are not joined yet, or are being joined at this very moment."""

import os
from typing import Protocol

from commonhold.server.storage.folders import Tree, open_regular
from commonhold.server.storage.manifest import Manifest, part_name
from commonhold.server.storage.seekable import SeekableFile
from commonhold.server.storage.uploads import JOINED, UPLOADS


class Stretches(Protocol):
    """An object that is read through the files it lies in."""

    def stretch(self, position: int, /) -> tuple[int, int, int]:
        """Say where the bytes from ``position`` on lie: a descriptor, the offset there, and how many follow.

        The descriptor is good until the next call.

        Raises:
            OSError: the object is gone.
        """

    def close(self) -> None:
        """Close what is open."""


class PartedFile(SeekableFile):
    """The object as a file that can be read and can seek.

    A part lies in its own file; once that is gone, in the file of what is joined; and once that is gone, under
    the key. Each of these steps is taken only when the next place holds the bytes, so looking in this order
    always finds them.

    Args:
        tree: the store's folder.
        manifest: the object's.
    """

    def __init__(self, tree: Tree, manifest: Manifest) -> None:
        super().__init__(manifest.size)
        self._tree = tree
        self._manifest = manifest
        self._number = 0  # of the part that is open; 0: none, or the whole
        self._file = -1
        self._is_whole = False

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Read up to the end of the part at hand."""
        data = self.pread(len(buffer), self._position)
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def pread(self, length: int, position: int) -> bytes:
        """Read up to ``length`` bytes at ``position``, fewer at the end of a part, none at the end."""
        if position >= self._manifest.size or not length:
            return b""
        file, offset, available = self.stretch(position)
        data = os.pread(file, min(length, available), offset)
        if not data:
            raise OSError("A stored object ended before its size.")
        return data

    def stretch(self, position: int, /) -> tuple[int, int, int]:
        """See :class:`Stretches`: up to the end of a part."""
        number = position // self._manifest.part_size + 1
        self._reach(number)
        start = 0 if self._is_whole else self._manifest.start(number)
        return self._file, position - start, self._manifest.end(number) - position

    def close(self) -> None:
        """Close what is open."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        super().close()

    def _reach(self, number: int) -> None:
        """Open where the bytes of a part lie, unless that is open already."""
        if self._file >= 0 and number == self._number:
            return
        file = self._open_part(number)
        whole = file is None
        if file is None:
            file = self._tree.open_file([UPLOADS, self._manifest.upload, JOINED])
        if file is None:
            file = self._open_object()
        if self._file >= 0:
            os.close(self._file)
        self._file, self._number, self._is_whole = file, number, whole

    def _open_part(self, number: int) -> int | None:
        try:
            with self._tree.folder([UPLOADS, self._manifest.upload]) as folder:
                return open_regular(part_name(number), folder)
        except FileNotFoundError:
            return None

    def _open_object(self) -> int:
        file = self._tree.open_file(self._manifest.key.split("/"))
        if file is not None:
            status = os.fstat(file)
            if (status.st_size, status.st_mtime_ns) == (self._manifest.size, self._manifest.modified):
                return file
            os.close(file)
        raise OSError("A stored object was deleted while it was read.")
