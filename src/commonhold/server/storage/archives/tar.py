"""Tar archives compressed with gzip, read as a stream (POSIX ustar and pax, and GNU's long names).

Python's own ``tarfile`` keeps every member in memory and reads a header's claimed length in one go; an
archive of millions of clips, or a hostile one, needs neither.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from commonhold.server.storage.archives.gzip import CUT, GzipReader
from commonhold.server.storage.archives.members import (
    FILE,
    FOLDER,
    LINK,
    MAX_NAME_BYTES,
    BrokenArchiveError,
    Member,
    Rules,
    shown,
)
from commonhold.server.storage.archives.points import PointKeeper

_BLOCK = 512
_MAX_PAX_BYTES = 1024 * 1024
_MAX_HEADERS_IN_A_ROW = 16

_FILES = {b"0", b"\0", b"7"}
_FOLDER = b"5"
_HARD, _SYMBOLIC = b"1", b"2"
_DEVICES = {b"3": "a device", b"4": "a device", b"6": "a named pipe"}
_PAX, _PAX_GLOBAL = b"x", b"g"
_GNU_NAME, _GNU_TARGET = b"L", b"K"
_SPARSE = b"S"

_NOT_TAR = "What the file holds, once unpacked by gzip, is no tar archive."
_PAX_RECORD = re.compile(rb"([0-9]{1,8}) ")


@dataclass(slots=True)
class _Pending:
    """What extension headers said of the member that follows."""

    name: str | None = None
    target: str | None = None
    size: int | None = None
    headers: int = field(default=0)


def read_tar_gz(file: BinaryIO, rules: Rules, keeper: PointKeeper | None = None) -> Iterator[Member]:
    """Yield the members of a compressed tar archive, then see that nothing is missing at its end.

    Raises:
        BrokenArchiveError: see ``check_archive``.
    """
    stream = GzipReader(file, rules, keeper)
    pending = _Pending()
    members = 0
    while True:
        block = stream.read(_BLOCK)
        if not block and not pending.headers:
            break  # some packers leave out the two empty blocks
        if len(block) < _BLOCK:
            raise BrokenArchiveError(CUT if members else _NOT_TAR)
        if not block.strip(b"\0"):
            break
        size = _checked_size(block, first=not members)
        kind = block[156:157]
        if kind in {_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_TARGET}:
            _extend(pending, kind, _content(stream, size))
            continue
        if pending.size is None:
            pending.size = size
        yield _member(stream, block, pending, rules)
        members += 1
        pending = _Pending()
    if pending.headers:
        raise BrokenArchiveError(CUT)
    if not members:
        raise BrokenArchiveError("The archive is empty.")
    stream.finish()


def _member(stream: GzipReader, block: bytes, pending: _Pending, rules: Rules) -> Member:
    kind, size = block[156:157], pending.size or 0
    name = pending.name if pending.name is not None else _ustar_name(block)
    target = pending.target if pending.target is not None else _text(block[157:257])
    rules.member(name)
    if kind in _DEVICES:
        raise BrokenArchiveError(f"{shown(name)} is {_DEVICES[kind]}; archives hold files and folders.")
    if kind == _SPARSE:
        raise BrokenArchiveError(f"{shown(name)} is stored as a sparse file: pack it without --sparse.")
    offset = stream.position
    if kind in _FILES:
        # Before POSIX, a folder was a file whose name ends in a slash.
        kept = FOLDER if name.endswith("/") else FILE
    elif kind == _FOLDER:
        # Its size, where there is one, is room to reserve: no content follows.
        kept, size = FOLDER, 0
    elif kind in {_HARD, _SYMBOLIC}:
        judge = rules.symbolic_link if kind == _SYMBOLIC else rules.hard_link
        judge(name, target)
        kept = LINK
        size = 0 if kind == _SYMBOLIC else size
    else:
        raise BrokenArchiveError(f"{shown(name)} is of a kind that most tools cannot unpack.")
    if kept == FILE and rules.wants(name, size):
        rules.contents[name] = stream.read(size)
        stream.skip(-size % _BLOCK)
    else:
        stream.skip(size + -size % _BLOCK)
    return Member(name, kept, size, offset, size, offset)


def _extend(pending: _Pending, kind: bytes, content: bytes) -> None:
    pending.headers += 1
    if pending.headers > _MAX_HEADERS_IN_A_ROW:
        raise BrokenArchiveError("The archive has too many extension headers in a row.")
    if kind == _GNU_NAME:
        pending.name = _text(content)
    elif kind == _GNU_TARGET:
        pending.target = _text(content)
    else:
        _read_pax(pending, content, whole_archive=kind == _PAX_GLOBAL)
    if kind == _PAX_GLOBAL and not pending.name and not pending.target and pending.size is None:
        pending.headers -= 1  # it says nothing of one member: the archive may end after it


def _read_pax(pending: _Pending, content: bytes, *, whole_archive: bool) -> None:
    position = 0
    while position < len(content) and content[position : position + 1] != b"\0":
        match = _PAX_RECORD.match(content, position)
        end = position + int(match[1]) if match else 0
        if match is None or end > len(content) or end <= match.end() or content[end - 1 : end] != b"\n":
            raise BrokenArchiveError("An extended header of the archive is damaged.")
        key, equals, value = content[match.end() : end - 1].partition(b"=")
        position = end
        if key.startswith(b"GNU.sparse."):
            raise BrokenArchiveError(
                "A member is stored as a sparse file: pack the archive without --sparse."
            )
        if not equals or key not in {b"path", b"linkpath", b"size"}:
            continue
        if whole_archive:
            raise BrokenArchiveError("A global header of the archive renames its members.")
        if key == b"size":
            if not value.isdigit() or len(value) > 19:
                raise BrokenArchiveError("An extended header of the archive is damaged.")
            pending.size = int(value)
        elif key == b"path":
            pending.name = value.decode(errors="surrogateescape")
        else:
            pending.target = value.decode(errors="surrogateescape")


def _content(stream: GzipReader, size: int) -> bytes:
    if size > _MAX_PAX_BYTES:
        raise BrokenArchiveError(f"A header of the archive is larger than {_MAX_PAX_BYTES} bytes.")
    content = stream.read(size)
    if len(content) < size:
        raise BrokenArchiveError(CUT)
    stream.skip(-size % _BLOCK)
    return content


def _checked_size(block: bytes, *, first: bool) -> int:
    """Return the size in a header, having checked the header's sum."""
    stored = _number(block[148:156])
    # The sum is taken with its own field blank; some old packers summed signed characters.
    blank = block[:148] + b" " * 8 + block[156:]
    unsigned = sum(blank)
    signed = unsigned - 256 * sum(byte > 127 for byte in blank)
    size = _number(block[124:136])
    if stored is None or stored not in {unsigned, signed} or size is None:
        raise BrokenArchiveError(_NOT_TAR if first else "A header of the archive is damaged.")
    return size


def _number(raw: bytes) -> int | None:
    """Read a number as tar writes it: octal digits, or, if it is too large for them, GNU's base 256."""
    if raw[0] == 0x80:
        return int.from_bytes(raw[1:])
    text = raw.strip(b" \0")
    if not text:
        return 0
    return int(text, 8) if re.fullmatch(rb"[0-7]+", text) else None


def _ustar_name(block: bytes) -> str:
    name, prefix = _text(block[:100]), ""
    if block[257:263] == b"ustar\0":
        prefix = _text(block[345:500])
    return f"{prefix}/{name}" if prefix else name


def _text(raw: bytes) -> str:
    return raw[: MAX_NAME_BYTES + 2].partition(b"\0")[0].decode(errors="surrogateescape")
