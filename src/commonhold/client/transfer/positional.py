"""Reading and writing at a place of a file, also where the system has no calls for that.

``pread`` and ``pwrite`` need no seek before them. Where they are missing, a thread holds the file's lock from the seek
to the end of the read or write.
"""

import os
import threading
from pathlib import Path

# O_BINARY: without it, one system turns line ends around.
OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_CAN_WRITE, _CAN_READ, _CAN_READ_INTO = hasattr(os, "pwrite"), hasattr(os, "pread"), hasattr(os, "preadv")


class Positional:
    """An open file, by its descriptor. Safe to use from many threads."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lock = threading.Lock()

    def write(self, view: "memoryview | bytes", offset: int) -> int:
        """Write the front of ``view`` at ``offset``; return how much that was."""
        # Systems let one thread at a time write into a file. The others would wait for it in a busy loop there, on
        # processors that have better things to do; here they sleep.
        with self._lock:
            if _CAN_WRITE:
                return os.pwrite(self.descriptor, view, offset)
            os.lseek(self.descriptor, offset, os.SEEK_SET)
            return os.write(self.descriptor, view)

    def read(self, view: memoryview, offset: int) -> int:
        """Fill the front of ``view`` with what stands at ``offset``; return how much that is."""
        if _CAN_READ_INTO:
            return os.preadv(self.descriptor, [view], offset)
        if _CAN_READ:
            found = os.pread(self.descriptor, len(view), offset)
        else:
            with self._lock:
                os.lseek(self.descriptor, offset, os.SEEK_SET)
                found = os.read(self.descriptor, len(view))
        view[: len(found)] = found
        return len(found)

    def sync(self) -> None:
        """Make what was written survive a power loss."""
        if hasattr(os, "fdatasync"):
            os.fdatasync(self.descriptor)
        else:
            os.fsync(self.descriptor)

    def close(self) -> None:
        """Close it; once is enough."""
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def free_space(folder: Path) -> int:
    """Return how many bytes the file system of a folder has room for, for people without special rights."""
    if hasattr(os, "statvfs"):
        found = os.statvfs(folder)
        return found.f_bavail * found.f_frsize
    from shutil import disk_usage  # noqa: PLC0415 -- brings much along that other systems do not need

    return disk_usage(folder).free
