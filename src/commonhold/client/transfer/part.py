"""The file under way: room made before the first byte, written at any place by many threads at once."""

import errno
import os
import stat
import time
from pathlib import Path

from commonhold.client.errors import CommonholdError, DiskFullError, LocalFileError
from commonhold.client.transfer.layout import sync_folder
from commonhold.client.transfer.positional import OPEN_FLAGS, Positional, free_space

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# Making room takes as long for much as for little where the file system can do it. Where it cannot, the C library or
# the system itself writes zeros: a second pass over the whole file that is better left out. So a little is tried first,
# then eight times as much.
_LITTLE = 1 << 20
_MORE = 8 * _LITTLE
_AS_QUICK = 3
_UNSUPPORTED = {errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL, errno.ENODEV}


def local_fault(error: OSError, path: Path) -> CommonholdError:
    """Say what stands in the way of writing ``path``."""
    if error.errno in _FULL:
        return DiskFullError(
            f"There is no room for {path.name}: {error.strerror}.",
            hint="Make room, or name another folder with --output, and run the same command again.",
        )
    return LocalFileError(
        f"{path} cannot be written: {error.strerror or error}.",
        hint="Check the folder and its permissions, or name another with --output.",
    )


def _seconds_to_reserve(descriptor: int, offset: int, length: int) -> float:
    began = time.monotonic()
    os.posix_fallocate(descriptor, offset, length)
    return time.monotonic() - began


def _unreadable(error: OSError, path: Path) -> LocalFileError:
    return LocalFileError(
        f"{path} cannot be read: {error.strerror or error}.",
        hint="Check the path, its permissions and the disk.",
    )


class ReadableFile:
    """A file open for reading at any place, by many threads at once.

    Raises:
        LocalFileError: it is not there, cannot be read, or is no plain file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            flags = os.O_RDONLY | (OPEN_FLAGS & ~getattr(os, "O_NOFOLLOW", 0))
            self._file = Positional(os.open(path, flags))
        except OSError as error:
            raise _unreadable(error, path) from error
        self.size = self._look().st_size

    def _look(self) -> os.stat_result:
        found = os.fstat(self._file.descriptor)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise LocalFileError(f"{self.path} is no plain file.", hint="Move it away, or name another.")
        return found

    def read(self, offset: int, view: memoryview) -> int:
        """Fill the front of ``view`` with what stands at ``offset``; return how much that is.

        Raises:
            LocalFileError: the file cannot be read.
        """
        try:
            return self._file.read(view, offset)
        except OSError as error:
            raise _unreadable(error, self.path) from error

    def close(self) -> None:
        """Close it; what was written stays."""
        self._file.close()


class PartFile(ReadableFile):
    """A file of a size told beforehand, open for reading and writing at any place.

    Attributes:
        is_new: whether it was made just now, so that nothing in it can be of use.
        identity: device and inode, by which a later run knows it again.

    Raises:
        LocalFileError: it cannot be made, or is no plain file.
        DiskFullError: there is no room for it.
    """

    def __init__(self, path: Path, size: int) -> None:
        self.path = path
        self.size = size
        try:
            self._file = Positional(os.open(path, os.O_RDWR | os.O_CREAT | OPEN_FLAGS, 0o666))
        except OSError as error:
            raise local_fault(error, path) from error
        found = self._look()
        self.is_new = found.st_size != size or size == 0
        self.identity = f"{found.st_dev}:{found.st_ino}"
        if self.is_new:
            try:
                self._make_room(size)
            except OSError as error:
                self.close()
                path.unlink(missing_ok=True)
                raise local_fault(error, path) from error

    def _make_room(self, size: int) -> None:
        descriptor = self._file.descriptor
        os.ftruncate(descriptor, 0)
        if size == 0:
            return
        if free_space(self.path.parent) < size:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.ftruncate(descriptor, size)
        try:
            little = _seconds_to_reserve(descriptor, 0, min(size, _LITTLE))
            if (
                size > _LITTLE + _MORE
                and _seconds_to_reserve(descriptor, _LITTLE, _MORE) < _AS_QUICK * little
            ):
                os.posix_fallocate(descriptor, 0, size)
        except (AttributeError, OSError) as error:
            if isinstance(error, OSError) and error.errno not in _UNSUPPORTED:
                raise

    def write(self, offset: int, view: memoryview) -> None:
        """Write all of ``view`` at ``offset``.

        Raises:
            DiskFullError: there is no room.
            LocalFileError: the file cannot be written.
        """
        try:
            while view:
                count = self._file.write(view, offset)
                offset += count
                view = view[count:]
        except OSError as error:
            raise local_fault(error, self.path) from error

    def release(self, index: int) -> None:
        """Keep the segment: it is on disk to stay."""

    def sync(self) -> None:
        """Make what was written survive a power loss."""
        try:
            self._file.sync()
        except OSError as error:
            raise local_fault(error, self.path) from error

    def become(self, final: Path) -> None:
        """Give the finished file its name, for good."""
        self.sync()
        try:
            self.path.replace(final)
        except OSError as error:
            raise local_fault(error, final) from error
        sync_folder(final.parent)
