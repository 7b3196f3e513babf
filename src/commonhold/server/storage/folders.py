"""Walking a folder one segment at a time, with descriptors, so that no link inside it leads out of it."""

import contextlib
import datetime as dt
import errno
import fcntl
import os
import secrets
import stat as modes
from collections.abc import Iterator, Sequence
from pathlib import Path

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
NOT_THERE = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: opening a named pipe that somebody left in the store must not hang.
FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
DRAFT_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class Tree:
    """A folder, and what lies below it.

    Args:
        root: the folder, made when first needed. It alone may be a link: that is the operator's choice.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextlib.contextmanager
    def folder(self, segments: Sequence[str], *, create: bool = False) -> Iterator[int]:
        """Open the folder that these segments lead to, link by link refused; yield its descriptor."""
        if create:
            self.root.mkdir(mode=0o750, parents=True, exist_ok=True)
        current = os.open(self.root, FOLDER_FLAGS & ~os.O_NOFOLLOW)
        try:
            for segment in segments:
                if create:
                    make_folder(segment, current)
                following = os.open(segment, FOLDER_FLAGS, dir_fd=current)
                os.close(current)
                current = following
            yield current
        finally:
            os.close(current)

    def open_file(self, segments: Sequence[str]) -> int | None:
        """Open a regular file and return its descriptor, or None if there is none."""
        try:
            with self.folder(segments[:-1]) as folder:
                return open_regular(segments[-1], folder)
        except OSError as error:
            if error.errno in NOT_THERE:
                return None
            raise

    def is_taken(self, segments: Sequence[str]) -> bool:
        """Whether something is in a new file's way now: itself, what lies below it, a file above it."""
        for length in range(1, len(segments) + 1):
            try:
                with self.folder(segments[: length - 1]) as folder:
                    status = os.stat(segments[length - 1], dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                if error.errno in NOT_THERE:
                    return error.errno != errno.ENOENT
                raise
            if length == len(segments) or not modes.S_ISDIR(status.st_mode):
                return True
        return False


def locked_draft(folder: int, prefix: str = "") -> tuple[str, int]:
    """Make a file in an open folder and lock it: sweeps leave what is locked. Return its name and descriptor."""
    while True:
        name = f"{prefix}{secrets.token_hex(16)}"
        descriptor = os.open(name, DRAFT_FLAGS, 0o600, dir_fd=folder)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            is_there = os.fstat(descriptor).st_nlink
        except BaseException:
            os.close(descriptor)
            raise
        if is_there:
            return name, descriptor
        os.close(descriptor)  # a sweep came between making and locking it


def open_regular(name: str, folder: int) -> int | None:
    """Open the regular file ``name`` in an open folder, or return None if there is none."""
    try:
        descriptor = os.open(name, FILE_FLAGS, dir_fd=folder)
    except OSError as error:
        if error.errno in NOT_THERE | {errno.ENXIO}:  # ENXIO: a socket somebody left in the store
            return None
        raise
    if modes.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def make_folder(name: str, parent: int) -> None:
    """Make a folder, for good; one that is there already is fine."""
    try:
        os.mkdir(name, 0o750, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write all of ``data``, however many calls that takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def is_same_file(first: os.stat_result, second: os.stat_result) -> bool:
    """Whether two statuses are of one file."""
    return (first.st_dev, first.st_ino) == (second.st_dev, second.st_ino)


def moment_of(status: os.stat_result) -> dt.datetime:
    """Return when a file was last written to."""
    return dt.datetime.fromtimestamp(status.st_mtime, dt.UTC)
