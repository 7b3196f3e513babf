"""A whole archive into a folder, while it arrives: nothing is written but what lies in it."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any, cast

from commonhold.client.archive.folder import Folder
from commonhold.client.archive.models import LINK, Member
from commonhold.client.archive.unpack import Flow, damaged, gunzip
from commonhold.client.archive.zipped import read_zip_member
from commonhold.client.errors import CorruptError, UsageError

_BLOCK = 256 << 10
SUFFIXES = (".tar.gz", ".tgz", ".zip")


def stem_of(filename: str) -> str:
    """Return what an archive's folder is called.

    Raises:
        UsageError: it is none that can be unpacked.
    """
    for suffix in SUFFIXES:
        if filename.lower().endswith(suffix) and len(filename) > len(suffix):
            return filename[: -len(suffix)]
    raise UsageError(
        f"{filename} is no archive that can be extracted.", hint="Run the same command without --extract."
    )


class _Stream:
    """What tarfile reads from."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._flow = Flow(chunks, 0)

    def read(self, most: int) -> bytes:
        return self._flow.take(most)


def untar(packed: Iterable[bytes | memoryview], folder: Folder) -> int:
    """Unpack a tar.gz that arrives in order; return how many links were left out.

    Raises:
        CorruptError: it does not unpack, or holds what could reach out of the folder.
        LocalFileError: something cannot be made.
    """
    stream = cast("IO[bytes]", _Stream(gunzip((bytes(chunk) for chunk in packed), None)))
    try:
        with tarfile.open(fileobj=stream, mode="r|", bufsize=_BLOCK) as archive:
            for info in archive:
                cast("Any", archive).members = []  # millions of clips need no memory
                _make(archive, info, folder)
    except (tarfile.TarError, zlib.error, EOFError, UnicodeError, ValueError) as error:
        raise damaged("The archive") from error
    return folder.finish()


def _make(archive: tarfile.TarFile, info: tarfile.TarInfo, folder: Folder) -> None:
    if info.isdir():
        if info.name.strip("./"):
            folder.folder(info.name)
    elif info.issym():
        folder.link(info.name, info.linkname)
    elif info.islnk():
        folder.copy(info.name, info.linkname)
    elif info.isreg() and not info.issparse():
        content = archive.extractfile(info)
        if content is None:
            raise damaged(info.name)
        chunks = iter(lambda: content.read(_BLOCK), b"")
        is_program = bool(info.mode & 0o100)
        folder.file(
            info.name, info.size, _whole(chunks, info), is_program=is_program, modified=float(info.mtime)
        )
    else:
        raise CorruptError(
            f"The archive holds {info.name[:80]!r}, which is neither a file nor a folder.",
            hint="Nothing was made of it. Tell the people who published it.",
        )


def _whole(chunks: Iterator[bytes], info: tarfile.TarInfo) -> Iterator[bytes]:
    count = 0
    for chunk in chunks:
        count += len(chunk)
        yield chunk
    if count != info.size:
        raise damaged(info.name)


def unzip(members: Iterable[Member]) -> Callable[[Iterable[bytes | memoryview], Folder], int]:
    """Return what unpacks a zip that arrives in order, by the site's list of its members."""
    # Of several with one name the last counts: it is what unpacking leaves.
    last = {member.name: member for member in members}
    in_order = sorted(last.values(), key=lambda member: (member.start, member.number))

    def unpack(packed: Iterable[bytes | memoryview], folder: Folder) -> int:
        flow, links = Flow((bytes(chunk) for chunk in packed), 0), 0
        for member in in_order:
            if member.is_file:
                folder.file(member.name, member.size, read_zip_member(flow, member))
            elif member.kind == LINK:
                links += 1
            else:
                folder.folder(member.name)
        return links + folder.finish()

    return unpack


def unpack_file(path: Path, folder: Folder) -> int:
    """Unpack an archive that is here; return how many links were left out. Raises what :func:`untar` raises."""
    if not path.name.lower().endswith(".zip"):
        with path.open("rb") as file:
            return untar(iter(lambda: file.read(_BLOCK), b""), folder)
    links = 0
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.is_dir():
                    folder.folder(info.filename)
                elif info.external_attr >> 16 & 0o170000 == 0o120000:
                    links += 1
                else:
                    with archive.open(info) as content:
                        folder.file(info.filename, info.file_size, iter(lambda: content.read(_BLOCK), b""))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise damaged(path.name) from error
    return links + folder.finish()
