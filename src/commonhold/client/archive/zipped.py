"""One member of a zip archive, from its local header to the CRC-32 behind its content."""

import struct
import zlib
from collections.abc import Iterator

from commonhold.client.archive.models import Member
from commonhold.client.archive.unpack import Flow, damaged

_GULP = 256 << 10
_HEADER = struct.Struct("<4sHHHHHLLLHH")
_LOCAL, _DESCRIPTOR = b"PK\x03\x04", b"PK\x07\x08"
_ENCRYPTED, _CRC_FOLLOWS = 1, 8


def read_zip_member(flow: Flow, member: Member) -> Iterator[bytes]:
    """Yield the content of a member; ``flow`` stands before its local header, or before its content.

    Raises:
        CorruptError: it does not unpack, has another size than the site lists, or another CRC-32.
    """
    if not member.is_file:
        return
    expected, follows = _local_header(flow, member) if member.offset is not None else (None, False)
    flow.skip_to(member.start, member.name)
    crc = length = 0
    for chunk in _unpacked(flow, member):
        length += len(chunk)
        if length > member.size:
            raise damaged(member.name)
        crc = zlib.crc32(chunk, crc)
        yield chunk
    if length != member.size:
        raise damaged(member.name)
    if follows:
        told = flow.exactly(8, member.name)
        # The signature may be left out; a CRC-32 that looks like it comes after it, or is it.
        candidates = {told[:4]} | ({told[4:]} if told[:4] == _DESCRIPTOR else set())
        is_right = crc.to_bytes(4, "little") in candidates
    else:
        is_right = expected is None or crc == expected
    if not is_right:
        raise damaged(member.name)


def _local_header(flow: Flow, member: Member) -> tuple[int, bool]:
    """Return the CRC-32 that stands before the content, and whether it stands behind it instead."""
    flow.skip_to(member.offset or 0, member.name)
    fields = _HEADER.unpack(flow.exactly(_HEADER.size, member.name))
    signature, _, flags, *_, crc, _, _, name_length, extra_length = fields
    begins = (member.offset or 0) + _HEADER.size + name_length + extra_length
    if signature != _LOCAL or flags & _ENCRYPTED or begins != member.start:
        raise damaged(member.name)
    return crc, bool(flags & _CRC_FOLLOWS)


def _unpacked(flow: Flow, member: Member) -> Iterator[bytes]:
    packed = flow.each(member.end - member.start, member.name)
    if not member.deflated:
        yield from packed
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for chunk in packed:
            rest, is_full = chunk, False
            while rest or is_full:
                unpacked = inflater.decompress(rest, _GULP)
                if unpacked:
                    yield unpacked
                rest, is_full = inflater.unconsumed_tail, len(unpacked) == _GULP
                if inflater.eof:
                    break
    except zlib.error as error:
        raise damaged(member.name) from error
    if not inflater.eof:
        raise damaged(member.name)
