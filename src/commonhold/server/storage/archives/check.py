"""The door of the archive reader: from a file and its name to the right format."""

import os
from collections.abc import Callable, Iterator
from typing import BinaryIO

from commonhold.server.storage.archives.members import BrokenArchiveError, Member, Rules
from commonhold.server.storage.archives.points import PointKeeper
from commonhold.server.storage.archives.tar import read_tar_gz
from commonhold.server.storage.archives.zip import read_zip
from commonhold.server.storage.keys import archive_suffix

_GZIP = b"\x1f\x8b"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def check_archive(file: BinaryIO, filename: str) -> None:
    """Read an archive through once.

    Args:
        file: the archive, open for reading and seeking.
        filename: whose ending says what it is.

    Raises:
        BrokenArchiveError: it is not what its name says, not whole, or not harmless.
    """
    for _ in read_members(file, filename):
        pass


def read_members(
    file: BinaryIO,
    filename: str,
    *,
    rules: Callable[[int], Rules] = Rules,
    keeper: PointKeeper | None = None,
) -> Iterator[Member]:
    """Yield an archive's members in their order, as they are passed; see :func:`check_archive`.

    What was yielded holds only if the end is reached without an error.

    Args:
        file: the archive.
        filename: whose ending says what it is.
        rules: makes the judge of an archive of so many bytes.
        keeper: takes places in a tar.gz at which unpacking can begin.
    """
    suffix = archive_suffix(filename)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if not size:
        raise BrokenArchiveError("The file is empty.")
    if suffix == ".zip":
        if not start.startswith(_ZIP):
            raise BrokenArchiveError("The file is named .zip, but is no zip archive.")
        return read_zip(file, size, rules(size))
    if suffix is None:
        raise BrokenArchiveError("The file's name must end in .tar.gz, .tgz or .zip.")
    if not start.startswith(_GZIP):
        raise BrokenArchiveError(f"The file is named {suffix}, but is not compressed with gzip.")
    return read_tar_gz(file, rules(size), keeper)
