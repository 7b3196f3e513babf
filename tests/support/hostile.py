"""Archives made to harm those who read or unpack them, each with a word of the reason its publisher is given."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Hostile:
    """One of them.

    Attributes:
        name: what it tries.
        filename: as it is sent.
        content: its bytes.
        word: stands in the reason; empty for what may be taken: it harms only those who unpack what is inside.
    """

    name: str
    filename: str
    content: bytes
    word: str


def packed(*entries: tarfile.TarInfo | tuple[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """Return a tar.gz."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=form, compresslevel=1) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry[0]) if isinstance(entry, tuple) else entry
            content = entry[1] if isinstance(entry, tuple) else b""
            info.size = len(content) if isinstance(entry, tuple) else info.size
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def member(kind: bytes, target: str = "", name: str = "m", **more: object) -> tarfile.TarInfo:
    """Return a member without content."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    for field, value in more.items():
        setattr(info, field, value)
    return info


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(zipfile.ZipInfo(name), content, method)
    return buffer.getvalue()


def corpus() -> Iterator[Hostile]:
    """Yield all of them."""
    for name, word, content in (*_tars(), *_streams()):
        yield Hostile(name, "x.tar.gz", content, word)
    for name, word, content in _zips():
        yield Hostile(name, "x.zip", content, word)


def _tars() -> Iterator[tuple[str, str, bytes]]:
    yield "absolute", "absolute", packed(("/etc/passwd", b"x"))
    yield "out by dots", "leads out", packed(("a/../../../etc/passwd", b"x"))
    yield "backslash", "backslash", packed(("..\\..\\x", b"x"))
    yield "drive", "absolute", packed(("C:x", b"x"))
    yield "character device", "device", packed(member(tarfile.CHRTYPE))
    yield "block device", "device", packed(member(tarfile.BLKTYPE))
    yield "named pipe", "named pipe", packed(member(tarfile.FIFOTYPE))
    yield "link to a file outside", "out of the archive", packed(member(tarfile.SYMTYPE, "/etc/passwd"))
    yield "link by dots", "out of the archive", packed(member(tarfile.SYMTYPE, "../../x", "a/m"))
    yield "hard link outside", "out of the archive", packed(member(tarfile.LNKTYPE, "../x"))
    yield "through a link", "behind a link", packed(member(tarfile.SYMTYPE, "."), ("m/x", b"x"))
    yield "control character", "control character", packed(("a\x1b[2Jb", b"x"))
    yield "turned around", "control character", packed(("\u202egpj.exe", b"x"))
    yield (
        "NUL in a name",
        "control character",
        packed(member(tarfile.REGTYPE, name="a", pax_headers={"path": "a\0b"})),
    )
    yield "name of megabytes, pax", "header", packed(("n" * (5 * MIB), b"x"))
    yield "name of megabytes, GNU", "header", packed(("n" * (5 * MIB), b"x"), form=tarfile.GNU_FORMAT)
    yield "deep folder", "folders deep", packed(("a/" * 1500 + "x", b"x"))
    yield "sparse, old", "sparse", packed(member(tarfile.GNUTYPE_SPARSE))
    sparse = {"GNU.sparse.major": "1", "GNU.sparse.realsize": str(1 << 50)}
    yield "sparse, pax", "sparse", packed(member(tarfile.REGTYPE, pax_headers=sparse))
    sizes = {"size": str(1 << 60)}
    yield (
        "lying size, pax",
        "too early",
        gzip.compress(_raw(member(tarfile.REGTYPE, pax_headers=sizes)) + bytes(9000)),
    )
    yield "lying size", "too early", gzip.compress(_raw(member(tarfile.REGTYPE, size=7 * MIB)) + bytes(9000))
    huge = member(tarfile.XHDTYPE, size=1 << 33)
    yield "huge header", "header", gzip.compress(huge.tobuf(tarfile.GNU_FORMAT) + bytes(MIB))
    headers = member(tarfile.XHDTYPE, size=0).tobuf(tarfile.USTAR_FORMAT) * 20_000
    yield "nothing but headers", "in a row", gzip.compress(headers)
    yield "damaged header", "damaged", gzip.compress(_raw(member(tarfile.REGTYPE)) + b"\xff" * 512)


def _streams() -> Iterator[tuple[str, str, bytes]]:
    whole = packed(("a", bytes(range(256)) * 4000))
    yield "bomb", "50 times", packed(("zeros", bytes(70 * MIB)))
    yield "cut short", "too early", whole[: len(whole) // 2]
    yield "cut in its trailer", "too early", whole[:-3]
    yield "wrong CRC", "damaged", whole[:-8] + bytes(4) + whole[-4:]
    yield "wrong length", "damaged", whole[:-4] + bytes([whole[-4] ^ 1]) + whole[-3:]
    yield "garbage at the end", "damaged", whole + b"garbage"
    yield "another archive at the end", "follows", whole + packed(("b", b"hidden"))
    yield "thousands of empty gzip members", "empty", gzip.compress(b"", 1) * 20_000
    nested = gzip.compress(gzip.compress(bytes(100 * MIB), 9), 9)
    yield "bomb in an archive", "", packed(("inside.gz", nested))


def _zips() -> Iterator[tuple[str, str, bytes]]:
    yield "absolute", "absolute", zipped(("/etc/passwd", b"x"))
    yield "out by dots", "leads out", zipped(("../x", b"x"))
    yield "turned around", "control character", zipped(("\u2066gpj.exe", b"x"))
    yield "NUL in a name", "control character", zipped(("aXb", b"x")).replace(b"aXb", b"a\0b")
    link = zipfile.ZipInfo("l")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    yield "link outside", "out of the archive", _one(link, b"../../etc/passwd")
    device = zipfile.ZipInfo("d")
    device.create_system, device.external_attr = 3, 0o020666 << 16
    yield "device", "device", _one(device, b"")
    yield "twice", "twice", zipped(("aX", b"one"), ("a/", b"")).replace(b"a/", b"aX")
    yield "bomb", "50 times", zipped(("zeros", bytes(70 * MIB)))
    inner = zipped(("zeros", bytes(70 * MIB)))
    yield "bomb in an archive", "", zipped(*((f"{number}.zip", inner) for number in range(8)))
    yield "overlapping members", "overlap", _overlapping(same_name=True)
    yield "overlapping members of other names", "two names", _overlapping(same_name=False)
    yield "cut short", "cut short", zipped(("a", bytes(9000)))[:-30]
    good = zipped(("a", b"some content" * 99), method=zipfile.ZIP_STORED)
    directory = good.rindex(b"PK\x01\x02")
    yield (
        "wrong CRC",
        "checksum",
        good.replace(struct.pack("<L", zlib.crc32(b"some content" * 99)), b"\1\2\3\4"),
    )
    yield "two CRCs", "do not agree", good[:14] + b"\1\2\3\4" + good[18:]
    lying = struct.pack("<L", 5000)
    yield "lying size", "damaged", good[: directory + 24] + lying + good[directory + 28 :]
    yield "two sizes", "do not agree", good[:22] + lying + good[26:]
    yield "encrypted", "encrypted", good[: directory + 8] + b"\1" + good[directory + 9 :]
    yield "encrypted, said in one place", "do not agree", good[:6] + b"\1" + good[7:]
    end = good.rindex(b"PK\x05\x06")
    many = good[: end + 8] + b"\xfe\xff\xfe\xff" + good[end + 12 :]
    yield "sixty thousand members announced", "cut short", many
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 60, 1 << 60, 46, directory)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    narrow = good[end : end + 8] + b"\xff" * 4 + good[end + 12 :]
    yield "zip64 that announces a quintillion", "members", good[:end] + wide + locator + narrow
    yield "bzip2", "deflate", zipped(("x", bytes(100)), method=zipfile.ZIP_BZIP2)


def _one(info: zipfile.ZipInfo, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, content)
    return buffer.getvalue()


def _overlapping(*, same_name: bool) -> bytes:
    """Return a zip of forty members that are the same bytes (what a 42 KB file needs to become petabytes)."""
    content = zipped(("a", bytes(range(256)) * 500))
    start, end = content.rindex(b"PK\x01\x02"), content.rindex(b"PK\x05\x06")
    entry = content[start:end]
    names = [b"a" if same_name else bytes([number]) for number in range(48, 88)]
    entries = b"".join(entry[:46] + name + entry[47:] for name in names)
    tail = content[end : end + 8] + struct.pack("<2HL", 40, 40, len(entries)) + content[end + 16 :]
    return content[:start] + entries + tail


def _raw(info: tarfile.TarInfo) -> bytes:
    """Return a member's headers, whatever follows them."""
    return info.tobuf(tarfile.PAX_FORMAT)
