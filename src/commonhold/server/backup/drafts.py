"""A file that appears under its name whole, on disk for good, or not at all."""

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from commonhold.server.backup.container import CHUNK, told
from commonhold.server.backup.format import BackupError

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}


@contextmanager
def draft(path: Path, *, replaces: bool) -> Iterator[BinaryIO]:
    """Write beside ``path`` into a file that nobody else can read; give it its name at the end.

    Raises:
        BackupError: a file of that name came meanwhile, and ``replaces`` is not set.
    """
    aside = path.with_name(f".{path.name[:200]}.{secrets.token_hex(8)}.part")
    with told():
        descriptor = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        os.close(descriptor)
        file = aside.open("r+b", buffering=CHUNK)
        try:
            yield file
            with told():
                file.flush()
                os.fsync(file.fileno())
        finally:
            # What could not be written a moment ago cannot be written now; that was told.
            with suppress(OSError):
                file.close()
        with told():
            _give_name(aside, path, replaces=replaces)
    finally:
        with suppress(FileNotFoundError):
            aside.unlink()


def _give_name(aside: Path, path: Path, *, replaces: bool) -> None:
    if replaces:
        aside.replace(path)
    else:
        try:
            # A link never replaces anything.
            path.hardlink_to(aside)
        except FileExistsError:
            raise BackupError(f"There is a file {path} by now.", hint="Choose another name.") from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            aside.rename(path)  # a file system without links; nobody else is likely to take the name now
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
