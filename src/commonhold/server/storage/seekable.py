"""What files of the stores share: they are read only, and their position moves without anything being read."""

import io
import os


class SeekableFile(io.RawIOBase):
    """An object as a file that can be read and can seek; what reading does is its subclass's.

    Args:
        size: bytes of the object.
    """

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Move, as files do."""
        target = self._target(offset, whence)
        if target < 0:
            raise ValueError("A position in a file is not negative.")
        self._position = target
        return self._position

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def _target(self, offset: int, whence: int) -> int:
        """Return where moving leads; before the front, that is negative."""
        return {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence] + offset
