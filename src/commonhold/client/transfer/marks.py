"""How far each segment of a file has come, told on disk after every write.

Four bytes for each segment are written in place, after the bytes they speak of: a process that is killed
leaves marks that are never ahead of its file. After a power loss they may be; that is for :mod:`.resume` to
sort out.
"""

import os
import sys
from array import array
from pathlib import Path

from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.positional import OPEN_FLAGS, Positional

_MAGIC = b"commonhold-marks"
_HEADER = len(_MAGIC) + 16
#: The segment was held against its hash and is right.
PROVEN = 0xFFFF_FFFF


class Marks:
    """The marks of one file: bytes written at the front of each segment, or :data:`PROVEN`.

    Different threads may set the marks of different segments at once.

    Args:
        path: where they are kept.
        count: how many segments there are.
        nonce: 16 bytes that tie them to one journal; marks of another are not read.
    """

    def __init__(self, path: Path, count: int, nonce: bytes) -> None:
        self._path = path
        self._values = array("I", bytes(4 * count))
        if self._values.itemsize != 4:
            raise TypeError("this machine's unsigned int has other than four bytes")
        try:
            self._file = Positional(os.open(path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS, 0o600))
            view = memoryview(bytearray(_HEADER + 4 * count + 1))
            content = bytes(view[: self._file.read(view, 0)])
            self.is_new = len(content) != _HEADER + 4 * count or not content.startswith(_MAGIC + nonce)
            if self.is_new:
                os.ftruncate(self._file.descriptor, 0)
                self._file.write(_MAGIC + nonce + bytes(4 * count), 0)
            else:
                self._values = array("I", content[_HEADER:])
        except OSError as error:
            raise local_fault(error, path) from error

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, index: int) -> int:
        return self._values[index]

    def __setitem__(self, index: int, value: int) -> None:
        self._values[index] = value
        try:
            self._file.write(value.to_bytes(4, sys.byteorder), _HEADER + 4 * index)
        except OSError as error:
            raise local_fault(error, self._path) from error

    def close(self) -> None:
        """Close the file; the marks stay on disk."""
        self._file.close()
