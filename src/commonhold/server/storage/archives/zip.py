"""Zip archives: the directory at the end is walked as a stream, and every member is unpacked against its sum.

Python's own ``zipfile`` reads the whole directory into memory, at half a kilobyte a member.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from commonhold.server.storage.archives.members import (
    FILE,
    FOLDER,
    LINK,
    MAX_MEMBERS,
    BrokenArchiveError,
    Member,
    Rules,
    shown,
)

_CHUNK = 256 * 1024
_STRETCH = 1024 * 1024
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_MAX_COMMENT = 65535

_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1
_SIZES_FOLLOW = 0x8
_ELSEWHERE = 0xFFFFFFFF  # in the extra field of zip64
_UTF8 = 0x800
_UNIX = 3
_KIND_MASK, _KIND_FILE, _KIND_FOLDER, _KIND_LINK = 0o170000, 0o100000, 0o040000, 0o120000
_MAX_TARGET = 4096

_DAMAGED = "The archive's directory is damaged, or its upload or its packing was cut short."


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the directory."""

    name: str
    raw_name: bytes
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    unix_kind: int


def read_zip(file: BinaryIO, archive_size: int, rules: Rules) -> Iterator[Member]:
    """Yield the members of a zip archive in the order of its directory.

    Raises:
        BrokenArchiveError: see ``check_archive``.
    """
    start, length, count = _find_directory(file, archive_size)
    if count > MAX_MEMBERS:
        raise BrokenArchiveError(f"The archive has more than {MAX_MEMBERS:,} members.")
    if not count:
        raise BrokenArchiveError("The archive is empty.")
    position, packed = start, 0
    directory = _Ahead(file, start + length)
    for _ in range(count):
        entry, position = _read_entry(directory, position, start + length)
        rules.member(entry.name)
        # Members that share bytes are how a small file becomes a huge one.
        packed += entry.packed
        if packed > start:
            raise BrokenArchiveError("Members of the archive overlap.")
        rules.once(entry.name)
        yield _read_member(file, entry, start, rules)
    if position != start + length:
        raise BrokenArchiveError(_DAMAGED)


def _read_member(file: BinaryIO, entry: _Entry, limit: int, rules: Rules) -> Member:
    begin = _locate(file, entry, limit)
    if entry.unix_kind == _KIND_LINK:
        if entry.size > _MAX_TARGET:
            raise BrokenArchiveError(f"The link {shown(entry.name)} is too long.")
        target = b"".join(_unpack(file, entry, begin, rules))
        rules.symbolic_link(entry.name, target.decode(errors="surrogateescape"))
        kind = LINK
    elif entry.unix_kind not in {0, _KIND_FILE, _KIND_FOLDER}:
        raise BrokenArchiveError(f"{shown(entry.name)} is a device; archives hold files and folders.")
    else:
        kind = FOLDER if entry.name.endswith("/") else FILE
        if kind == FILE and rules.wants(entry.name, entry.size):
            rules.contents[entry.name] = b"".join(_unpack(file, entry, begin, rules))
        else:
            for _ in _unpack(file, entry, begin, rules):
                pass
    return Member(
        entry.name, kind, entry.size, entry.offset, entry.packed, begin, deflated=entry.method == _DEFLATED
    )


def _locate(file: BinaryIO, entry: _Entry, limit: int) -> int:
    """Return where a member's content begins, having seen that its own header says what the directory says."""
    file.seek(entry.offset)
    header = file.read(_LOCAL.size)
    if len(header) < _LOCAL.size or header[:4] != b"PK\x03\x04":
        raise BrokenArchiveError(f"{shown(entry.name)} is not where the archive's directory says.")
    _, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(header)
    if file.read(name_length) != entry.raw_name:
        raise BrokenArchiveError(f"{shown(entry.name)} has two names in the archive.")
    said = (crc, packed, size)
    agrees = flags & _SIZES_FOLLOW or _ELSEWHERE in said or said == (entry.crc, entry.packed, entry.size)
    if method != entry.method or flags & _ENCRYPTED or not agrees:
        raise BrokenArchiveError(f"{shown(entry.name)} is described in two ways that do not agree.")
    begin: int = entry.offset + _LOCAL.size + name_length + extra_length
    if begin + entry.packed > limit:
        raise BrokenArchiveError(_DAMAGED)
    return begin


def _unpack(file: BinaryIO, entry: _Entry, begin: int, rules: Rules) -> Iterator[bytes]:
    """Yield a member's content; at the end its size and sum have been proven."""
    file.seek(begin)
    size, crc = 0, 0
    for chunk in _inflate(file, entry):
        size += len(chunk)
        rules.unpacked(len(chunk))
        if size > entry.size:
            break
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if size != entry.size or crc != entry.crc:
        raise BrokenArchiveError(f"{shown(entry.name)} is damaged: its content does not fit its checksum.")


def _inflate(file: BinaryIO, entry: _Entry) -> Iterator[bytes]:
    remaining = entry.packed
    inflater = zlib.decompressobj(-zlib.MAX_WBITS) if entry.method == _DEFLATED else None
    while remaining:
        packed = file.read(min(_CHUNK, remaining))
        if not packed:
            raise BrokenArchiveError(_DAMAGED)
        remaining -= len(packed)
        if inflater is None:
            yield packed
            continue
        while packed:
            try:
                yield inflater.decompress(packed, _CHUNK)
            except zlib.error:
                raise BrokenArchiveError(f"{shown(entry.name)} is damaged: it cannot be unpacked.") from None
            packed = inflater.unconsumed_tail
    if inflater is not None and not inflater.eof:
        yield inflater.flush()
        if not inflater.eof:
            raise BrokenArchiveError(f"{shown(entry.name)} is damaged: it ends too early.")


class _Ahead:
    """Reads the directory in large stretches, so that the file is not sought to and fro for every member."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file = file
        self._end = end
        self._start = 0
        self._stretch = b""

    def read(self, position: int, size: int) -> bytes:
        """Return ``size`` bytes at ``position``, fewer where the directory ends."""
        wanted = min(size, self._end - position)
        if position < self._start or position + wanted > self._start + len(self._stretch):
            self._file.seek(position)
            self._start, self._stretch = position, self._file.read(min(_STRETCH, self._end - position))
        return self._stretch[position - self._start : position - self._start + wanted]


def _read_entry(directory: _Ahead, position: int, end: int) -> tuple[_Entry, int]:
    header = directory.read(position, _ENTRY.size)
    if len(header) < _ENTRY.size or header[:4] != b"PK\x01\x02" or position + _ENTRY.size > end:
        raise BrokenArchiveError(_DAMAGED)
    (_, made_by, _, flags, method, _, _, crc, packed, size, name_length, extra_length, comment_length, _, _,
     attributes, offset) = _ENTRY.unpack(header)  # fmt: skip
    rest = directory.read(position + _ENTRY.size, name_length + extra_length)
    raw_name, extra = rest[:name_length], rest[name_length:]
    name = raw_name.decode(errors="surrogateescape") if flags & _UTF8 else raw_name.decode("cp437")
    if flags & _ENCRYPTED:
        raise BrokenArchiveError(f"{shown(name)} is encrypted: nobody could open it.")
    if method not in {_STORED, _DEFLATED}:
        raise BrokenArchiveError(f"{shown(name)} is compressed in a way that many tools lack: use deflate.")
    size, packed, offset = _wide(extra, size, packed, offset)
    if method == _STORED and size != packed:
        raise BrokenArchiveError(_DAMAGED)
    unix_kind = attributes >> 16 & _KIND_MASK if made_by >> 8 == _UNIX else 0
    following = position + _ENTRY.size + name_length + extra_length + comment_length
    return _Entry(name, raw_name, method, crc, packed, size, offset, unix_kind), following


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """Replace the values that do not fit 32 bits by those in the zip64 extra field, in their order."""
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        content, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind == 1:
            wide = iter(struct.unpack(f"<{len(content) // 8}Q", content[: len(content) // 8 * 8]))
            values = tuple(next(wide, value) if value == 0xFFFFFFFF else value for value in values)
            break
    return values


def _find_directory(file: BinaryIO, archive_size: int) -> tuple[int, int, int]:
    """Return where the directory begins, its length in bytes, and how many entries it has."""
    tail_start = max(0, archive_size - _END.size - _MAX_COMMENT)
    file.seek(tail_start)
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at < 0 or at + _END.size > len(tail):
        raise BrokenArchiveError(_DAMAGED)
    _, disk, _, _, count, length, start, comment_length = _END.unpack_from(tail, at)
    if at + _END.size + comment_length != len(tail) or disk not in {0, 0xFFFF}:
        raise BrokenArchiveError(_DAMAGED)
    end = tail_start + at
    if count == 0xFFFF or length == 0xFFFFFFFF or start == 0xFFFFFFFF:
        start, length, count, end = _find_directory64(file, end, (start, length, count))
    if start + length > end:
        raise BrokenArchiveError(_DAMAGED)
    return start, length, count


def _find_directory64(file: BinaryIO, end: int, narrow: tuple[int, int, int]) -> tuple[int, int, int, int]:
    """Return what the zip64 end record says, and where it begins; what 32 bits said, if there is none."""
    if end < _LOCATOR64.size:
        return (*narrow, end)
    file.seek(end - _LOCATOR64.size)
    mark, _, position, _ = _LOCATOR64.unpack(file.read(_LOCATOR64.size))
    if mark != b"PK\x06\x07":
        return (*narrow, end)
    if position + _END64.size > end:
        raise BrokenArchiveError(_DAMAGED)
    file.seek(position)
    record = _END64.unpack(file.read(_END64.size))
    if record[0] != b"PK\x06\x06":
        raise BrokenArchiveError(_DAMAGED)
    count, length, start = record[7:10]
    return start, length, count, position
