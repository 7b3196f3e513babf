import contextlib
import gzip
import io
import random
import struct
import tarfile
import tracemalloc
import zipfile

import pytest

from commonhold.server.storage.archives import BrokenArchiveError, check_archive, read_members
from commonhold.server.storage.archives import members as limits


def tar_gz(*entries: tuple[str, bytes] | tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", format=form) as archive:
        for entry in entries:
            if isinstance(entry, tarfile.TarInfo):
                archive.addfile(entry)
            else:
                info = tarfile.TarInfo(entry[0])
                info.size = len(entry[1])
                archive.addfile(info, io.BytesIO(entry[1]))
    return buffer.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return buffer.getvalue()


def names(content: bytes, filename: str) -> list[str]:
    return [member.name for member in read_members(io.BytesIO(content), filename)]


def reason(content: bytes, filename: str = "a.tar.gz") -> str:
    with pytest.raises(BrokenArchiveError) as caught:
        check_archive(io.BytesIO(content), filename)
    assert caught.value.reason.endswith((".", "?"))
    assert caught.value.reason.isprintable()
    return caught.value.reason


NOISE = random.Random(5).randbytes(300_000)
LONG = "ordner/" * 30 + "größe.wav"


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_reads_every_tar_dialect(form):
    long = [] if form == tarfile.USTAR_FORMAT else [(LONG * 2, b"long")]
    content = tar_gz(("./a.txt", b"x" * 700), special("b", tarfile.DIRTYPE), (LONG, NOISE), *long, form=form)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        assert [name.rstrip("/") for name in names(content, "a.tgz")] == archive.getnames()


def test_members_tell_where_their_content_lies():
    content = tar_gz(("a", b"first"), ("b", NOISE), ("c", b"last"))
    stream = gzip.decompress(content)
    found = {member.name: member for member in read_members(io.BytesIO(content), "x.tar.gz")}
    assert stream[found["c"].offset :][: found["c"].size] == b"last"
    assert stream[found["b"].offset :][: found["b"].size] == NOISE


def test_reads_gzip_of_several_members_and_padding():
    tar = gzip.decompress(tar_gz(("a", NOISE)))
    content = gzip.compress(tar[:1000]) + gzip.compress(tar[1000:]) + bytes(512)
    assert names(content, "a.tar.gz") == ["a"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_reads_zip(method):
    content = zipped(("a/", b""), ("a/größe.txt", NOISE), ("b", b""), method=method)
    assert names(content, "x.ZIP") == ["a/", "a/größe.txt", "b"]


def test_reads_zip64():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("big", "w", force_zip64=True) as file:
            file.write(NOISE)
        for number in range(66_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    members = list(read_members(io.BytesIO(buffer.getvalue()), "x.zip"))
    assert len(members) == 66_001
    assert members[0].size == len(NOISE)


@pytest.mark.parametrize(
    ("filename", "content", "words"),
    [
        ("a.tar.gz", b"", "empty"),
        ("a.zip", tar_gz(("a", b"x")), "no zip"),
        ("a.tar.gz", zipped(("a", b"x")), "not compressed with gzip"),
        ("a.tar.gz", gzip.compress(NOISE), "no tar archive"),
        ("a.tar.gz", gzip.compress(b""), "empty"),
        ("a.tar.gz", b"\x1f\x8bnonsense", "damaged"),
        ("a.rar", b"Rar!", "must end in"),
        ("a.zip", b"PK\x03\x04" + NOISE, "damaged"),
        ("a.zip", zipped(), "empty"),
        ("a.tar.gz", tar_gz(("/etc/passwd", b"x")), "absolute"),
        ("a.tar.gz", tar_gz(("a/../../b", b"x")), "leads out"),
        ("a.tar.gz", tar_gz(("a\\b", b"x")), "backslash"),
        ("a.tar.gz", tar_gz(("C:evil", b"x")), "absolute"),
        ("a.tar.gz", tar_gz(("a\nb", b"x")), "control character"),
        ("a.tar.gz", tar_gz(("x" * 5000, b"x")), "longer than"),
        ("a.tar.gz", tar_gz(special("d", tarfile.CHRTYPE)), "device"),
        ("a.tar.gz", tar_gz(special("d", tarfile.FIFOTYPE)), "named pipe"),
        ("a.tar.gz", tar_gz(special("l", tarfile.SYMTYPE, "/etc/passwd")), "out of the archive"),
        ("a.tar.gz", tar_gz(special("a/l", tarfile.SYMTYPE, "../../x")), "out of the archive"),
        ("a.tar.gz", tar_gz(special("a/l", tarfile.SYMTYPE, "b/../../../x")), "out of the archive"),
        ("a.tar.gz", tar_gz(special("l", tarfile.LNKTYPE, "../x")), "out of the archive"),
        ("a.tar.gz", tar_gz(special("l", tarfile.SYMTYPE, "."), ("l/x", b"")), "behind a link"),
        (
            "a.tar.gz",
            tar_gz(special("l", tarfile.SYMTYPE, "."), special("./l/m", tarfile.SYMTYPE, "../x")),
            "behind a link",
        ),
        ("a.zip", zipped(("../x", b"x")), "leads out"),
        ("a.zip", zipped(("/x", b"x")), "absolute"),
        ("a.zip", zipped(("x", b"x" * 100), method=zipfile.ZIP_BZIP2), "deflate"),
    ],
    ids=lambda value: "content" if isinstance(value, bytes) else None,  # packed anew in each process
)
def test_refuses(filename, content, words):
    assert words in reason(content, filename)


def test_links_inside_are_welcome():
    content = tar_gz(
        ("a/x", b"x"), special("b/l", tarfile.SYMTYPE, "../a/x"), special("h", tarfile.LNKTYPE, "a/x")
    )
    assert names(content, "a.tar.gz") == ["a/x", "b/l", "h"]


def test_refuses_zip_links_that_lead_out():
    info = zipfile.ZipInfo("l")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, "../../etc/passwd")
    assert "out of the archive" in reason(buffer.getvalue(), "a.zip")


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_refuses_what_is_cut_short_anywhere(filename):
    content = (
        tar_gz(("a", NOISE), ("b", NOISE)) if filename == "a.tar.gz" else zipped(("a", NOISE), ("b", NOISE))
    )
    check_archive(io.BytesIO(content), filename)
    for length in [*range(4, len(content), 20_011), len(content) - 1, len(content) - 9]:
        reason(content[:length], filename)


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_refuses_a_flipped_byte_in_the_content(filename):
    content = bytearray(tar_gz(("a", NOISE)) if filename == "a.tar.gz" else zipped(("a", NOISE)))
    content[len(content) // 2] ^= 0x40
    assert "damaged" in reason(bytes(content), filename)


def test_refuses_tar_cut_short_before_it_was_compressed():
    tar = gzip.decompress(tar_gz(("a", NOISE), ("b", NOISE)))
    assert "too early" in reason(gzip.compress(tar[:-200_000]))


def test_refuses_what_follows_the_end():
    content = tar_gz(("a", b"x"))
    assert "follows" in reason(content + bytes(9) + gzip.compress(b"x"))
    assert "follows" in reason(content + gzip.compress(b"hidden"))


def test_refuses_bombs_without_unpacking_them(monkeypatch):
    monkeypatch.setattr(limits, "ALWAYS_ALLOWED_BYTES", 1024 * 1024)
    zeros = bytes(30 * 1024 * 1024)
    tracemalloc.start()
    assert "50 times" in reason(tar_gz(("a", zeros)))
    assert "50 times" in reason(zipped(("a", zeros)), "a.zip")
    tracemalloc.reset_peak()
    content = tar_gz(("a", zeros))
    before = tracemalloc.get_traced_memory()[0]
    tracemalloc.reset_peak()
    reason(content)
    assert tracemalloc.get_traced_memory()[1] - before < 4 * 1024 * 1024
    tracemalloc.stop()


def test_refuses_members_that_share_bytes():
    content = zipped(("a", NOISE))
    directory = content.rindex(b"PK\x01\x02")
    entry, end = content[directory : content.rindex(b"PK\x05\x06")], content[-22:]
    end = end[:8] + struct.pack("<2HL", 40, 40, 40 * len(entry)) + end[16:]
    assert "overlap" in reason(content[:directory] + entry * 40 + end, "a.zip")


def test_refuses_a_huge_header_without_reading_it():
    info = tarfile.TarInfo("x")
    info.type, info.size = tarfile.XHDTYPE, 1 << 40
    content = gzip.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(10_000))
    assert "header" in reason(content)


def test_refuses_too_many_members(monkeypatch):
    monkeypatch.setattr(limits, "MAX_MEMBERS", 3)
    assert "more than 3 members" in reason(tar_gz(*((str(number), b"") for number in range(4))))


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_hostile_bytes_end_in_one_kind_of_error(filename):
    chance = random.Random(7)
    original = (
        tar_gz(("a", b"x" * 900), ("b", b"y"))
        if filename == "a.tar.gz"
        else zipped(("a", b"x" * 900), ("b", b"y"))
    )
    if filename == "a.tar.gz":
        original = gzip.decompress(original)
    for _ in range(400):
        content = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            content[chance.randrange(len(content))] = chance.choice([0, 0xFF, 0x80, chance.randrange(256)])
        packed = gzip.compress(bytes(content), 1) if filename == "a.tar.gz" else bytes(content)
        with contextlib.suppress(BrokenArchiveError):
            check_archive(io.BytesIO(packed), filename)
