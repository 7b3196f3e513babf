"""Verification: one read, everything found, everything hostile refused, nothing kept in memory."""

import gzip
import hashlib
import io
import os
import random
import socket
import subprocess
import sys
import tarfile
import zipfile
import zlib
from contextlib import closing
from functools import cache

import pytest

from commonhold.server.storage.archives import inflate
from commonhold.server.storage.archives.index import ArchiveIndex, describe_point
from commonhold.server.storage.archives.members import Member
from commonhold.server.storage.archives.points import MAX_POINTS, PointKeeper, alignment, unpack_from
from commonhold.server.storage.memory import MemoryStore
from commonhold.server.storage.pieces import PIECE_SIZE
from commonhold.server.storage.scanning import ScannerError
from commonhold.server.storage.verification import ArchiveRejectedError, VerificationTimeoutError, verify
from tests.server.storage.test_archives import special, tar_gz, zipped
from tests.support.clamd import Clamd

WORDS = [bytes(random.Random(3).choices(b"abcdefghij \n", k=7)) for _ in range(400)]


def text(seed: int, size: int) -> bytes:
    chance = random.Random(seed)
    return b"".join(chance.choices(WORDS, k=size // 7 + 1))[:size]


@cache
def mixed() -> tuple[tuple[str, bytes], ...]:
    noise = random.Random(8).randbytes
    return (
        ("data/", b""),
        ("data/text.txt", text(1, 9_000_000)),
        ("data/noise.bin", noise(9_000_000)),
        ("data/empty", b""),
        ("data/größe.txt", b"small"),
        ("data/more.txt", text(2, 7_000_000)),
        ("data/zeros", bytes(9_000_000)),
        *[(f"data/{number}.txt", text(number, 5000)) for number in range(200)],
    )


def plain_tar(entries) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def in_members(tar: bytes, size: int) -> bytes:
    """As parallel packers write it: one gzip member after the other."""
    return b"".join(gzip.compress(tar[start : start + size], 6) for start in range(0, len(tar), size))


def flushed(tar: bytes) -> bytes:
    """As some writers do: full and partial flushes in between, so that blocks end at every phase of a byte."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    parts = []
    for place, start in enumerate(range(0, len(tar), 70_001)):
        parts.append(packer.compress(tar[start : start + 70_001]))
        parts.append(packer.flush((zlib.Z_PARTIAL_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH)[place % 3]))
    return b"".join([*parts, packer.flush()])


PACKERS = {
    "gzip -9": lambda tar: gzip.compress(tar, 9),
    "gzip -1": lambda tar: gzip.compress(tar, 1),
    "stored": lambda tar: gzip.compress(tar, 0),
    "members": lambda tar: in_members(tar, 3_000_000),
    "small members": lambda tar: in_members(tar, 64_000),
    "flushed": flushed,
    "padded": lambda tar: gzip.compress(tar, 6) + bytes(700),
}


def check(content: bytes, filename="a.tar.gz", claimed=None, **options):
    store = MemoryStore()
    store.put("k", io.BytesIO(content))
    return verify(store, "k", filename=filename, claimed_sha256=claimed, clamd_url="", **options)


def reasons(content: bytes, filename="a.tar.gz", claimed=None, **options) -> tuple[str, ...]:
    with pytest.raises(ArchiveRejectedError) as caught:
        check(content, filename, claimed, **options)
    assert caught.value.reasons
    assert all(reason.endswith(".") and reason.isprintable() for reason in caught.value.reasons)
    return caught.value.reasons


def read_member(content: bytes, index: ArchiveIndex, member: Member) -> bytes:
    """As a client does it: one range of the archive and what the index says, nothing else."""
    access = index.ranges_for(member)
    fetched = content[access.start : access.end]
    if index.kind == "zip":
        return zlib.decompress(fetched, -15) if access.deflated else fetched
    if access.point is None:
        return zlib.decompressobj(31).decompress(fetched)[access.skip : access.skip + member.size]
    return unpack_from(access.point[1], io.BytesIO(fetched), access.skip, member.size)


@pytest.mark.parametrize("packer", PACKERS)
def test_every_member_of_a_tar_gz_can_be_read_by_range(packer):
    entries = mixed()
    content = PACKERS[packer](plain_tar(entries))
    verified = check(content)
    assert verified.hashes.sha256 == hashlib.sha256(content).hexdigest()
    index = ArchiveIndex.load(verified.members.dump(), verified.members.dump_windows())
    assert len(index.points) > 5
    found = [member for _, member in index.members()]
    assert [member.name for member in found] == [name for name, _ in entries]
    for member, (_, expected) in zip(found, entries, strict=True):
        assert read_member(content, index, member) == expected
    last = index.ranges_for(found[-1])
    assert last.end - last.start < len(content) / 2, "a part of the archive is enough"


def test_points_lie_at_every_phase_of_a_byte():
    packer = zlib.compressobj(6, zlib.DEFLATED, 31, 1)  # little memory: many short blocks
    content = packer.compress(text(5, 300_000)) + packer.flush()
    keeper, unpacked = PointKeeper(), zlib.decompress(content, 31)
    keeper._spacing = 1
    inflater = inflate.BlockInflater(keeper.offer, len(unpacked) + 10)
    assert inflater.decompress(content, len(unpacked) + 10) == unpacked
    assert {point.bit % 8 for point in keeper.points} == set(range(8))
    for point in keeper.points[:60]:
        file = io.BytesIO(content[point.bit // 8 :])
        assert unpack_from(point, file, 100, 5000) == unpacked[point.offset + 100 : point.offset + 5100]


@pytest.mark.parametrize("phase", range(8))
def test_a_lead_unpacks_to_nothing_and_ends_at_its_phase(phase):
    lead = alignment(800 + phase)
    assert (len(lead) > 0) == (phase > 0)
    final = int.from_bytes(lead, "little") | 0b011 << (len(lead) * 8 - (8 - phase) % 8)
    unpacker = zlib.decompressobj(-15)
    assert unpacker.decompress(final.to_bytes(len(lead) + 3, "little")) == b""
    assert unpacker.eof


def test_points_are_thinned_and_the_first_is_kept():
    keeper = PointKeeper()
    for offset in range(0, 10_000 * 4 << 20, 4 << 20):
        keeper.offer(offset, offset, lambda: b"")
    assert MAX_POINTS // 3 < len(keeper.points) <= MAX_POINTS
    gaps = {
        after.offset - before.offset for before, after in zip(keeper.points, keeper.points[1:], strict=False)
    }
    assert keeper.points[0].offset == 0
    assert len(gaps) == 1


def test_without_the_library_archives_are_read_all_the_same(monkeypatch):
    monkeypatch.setattr(inflate, "_library", None)
    entries = [("a", text(1, 100_000)), ("b", b"x")]
    content = gzip.compress(plain_tar(entries))
    index = check(content).members
    assert index.points == []
    _, member = index.find("b")
    access = index.ranges_for(member)
    assert (access.start, access.end) == (0, len(content))
    assert read_member(content, index, member) == b"x"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_member_of_a_zip_can_be_read_by_range(method):
    entries = mixed()
    content = zipped(*entries, method=method)
    verified = check(content, "a.zip")
    assert verified.hashes.sha256 == hashlib.sha256(content).hexdigest()
    index = ArchiveIndex.load(verified.members.dump())
    for (_, member), (name, expected) in zip(index.members(), entries, strict=True):
        assert (member.name, member.size) == (name, len(expected))
        assert read_member(content, index, member) == expected


def test_a_zip_whose_directory_is_out_of_order_is_hashed_in_order():
    entries = [(str(number), os.urandom(400_000)) for number in range(30)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in entries:
            archive.writestr(name, content)
        random.Random(4).shuffle(archive.filelist)
    content = buffer.getvalue()
    verified = check(content, "a.zip", hashlib.sha256(content).hexdigest())
    pieces = [
        hashlib.sha256(content[start : start + PIECE_SIZE]).digest()
        for start in range(0, len(content), PIECE_SIZE)
    ]
    assert verified.hashes.pieces == b"".join(pieces)


class Counted(io.BytesIO):
    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_one_read(filename):
    from commonhold.server.storage.verification import verify_file

    entries = [(str(number), os.urandom(300_000)) for number in range(60)]
    content = gzip.compress(plain_tar(entries)) if filename == "a.tar.gz" else zipped(*entries)
    file = Counted(content)
    verify_file(file, filename=filename)
    assert file.taken < len(content) + 200_000, "the directory of a zip, and the first bytes, are read twice"


def test_a_claim():
    content = tar_gz(("a", b"x"))
    right = hashlib.sha256(content).hexdigest()
    assert check(content, claimed=right.upper()).hashes.sha256 == right
    wrong = "0" * 64
    [reason] = reasons(content, claimed=wrong)
    assert right in reason
    assert wrong in reason
    first, second = reasons(content[:-5], claimed=right)
    assert "SHA-256" in first, "what explains the rest comes first"
    assert "too early" in second


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([("/etc/passwd", b"x")], "absolute"),
        ([("a/../../x", b"x")], "leads out"),
        ([special("dev", tarfile.CHRTYPE)], "device"),
        ([special("l", tarfile.SYMTYPE, "../../etc")], "out of the archive"),
        ([("bomb", bytes(70 << 20))], "50 times"),
    ],
)
def test_hostile_archives_are_refused(entries, words):
    [reason] = reasons(tar_gz(*entries))
    assert words in reason


def test_what_is_no_archive():
    assert "not compressed with gzip" in reasons(bytes(7_500_000))[0]
    assert "no zip" in reasons(tar_gz(("a", b"x")), "a.zip")[0]
    assert "empty" in reasons(b"")[0]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["schema.yaml"], "schema.yaml"),
        (["data/schema.yaml"], "data/schema.yaml"),
        (["./schema.yaml", "a"], "./schema.yaml"),
        (["b/schema.yaml", "schema.yaml"], "schema.yaml"),
        (["a/b/schema.yaml"], None),
        (["myschema.yaml", "schema.yaml.txt"], None),
    ],
)
@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_a_schema_is_found(filename, names, expected):
    entries = [(name, f"from {name}: ä".encode()) for name in names]
    content = tar_gz(*entries) if filename == "a.tar.gz" else zipped(*entries)
    assert check(content, filename).schema == (expected and f"from {expected}: ä")


def test_schemas_that_are_none():
    assert check(tar_gz(("schema.yaml", b"\xff\xfe"))).schema is None
    assert check(tar_gz(("schema.yaml", b"x" * 300_000), ("a", b"y"))).schema is None


def test_progress_and_stopping():
    content = gzip.compress(plain_tar([("a", os.urandom(9_000_000))]))
    seen = []
    check(content, progress=lambda done, size: seen.append((done, size)))
    assert seen == sorted(seen)
    assert seen[-1] == (len(content), len(content))
    with pytest.raises(VerificationTimeoutError):
        check(content, time_limit=-1)

    class StoppedError(Exception):
        pass

    def stop(done, size):
        raise StoppedError

    with pytest.raises(StoppedError):
        check(content, progress=stop)


def test_a_large_index_is_small_and_paged():
    index = ArchiveIndex("zip", 1)
    for number in range(300_000):
        name = f"clips/common_voice_en_{number:08d}.mp3"
        index.add(
            Member(
                name,
                "file",
                30_000 + number % 977,
                number * 30_000,
                29_000,
                number * 30_000 + 60,
                deflated=True,
            )
        )
    data = index.dump()
    assert len(data) < 300_000 * 12
    again = ArchiveIndex.load(data)
    assert (again.count, again.listed) == (300_000, 300_000)
    page = [next(again.members(after=123_456))]
    assert [(number, member.name) for number, member in page] == [
        (123_457, "clips/common_voice_en_00123456.mp3")
    ]
    assert list(again.members(after=300_000)) == []


def test_names_that_are_no_unicode_survive():
    index = ArchiveIndex("tar.gz", 1)
    index.add(Member("a\udcff", "file", 1, 2, 3, 4))
    [(number, member)] = ArchiveIndex.load(index.dump()).members()
    assert (number, member.name) == (1, "a\udcff")


def test_a_point_is_described_for_clients():
    content = gzip.compress(plain_tar([("a", text(1, 9_000_000))]))
    index = check(content).members
    point = index.points[1]
    described = describe_point(point)
    assert described["bit"] == point.bit
    assert described["mask"] == 0xFF << point.bit % 8 & 0xFF


def test_memory_stays_small(tmp_path):
    """In a process of its own: 100,000 members, 100 MB unpacked."""
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", 1) as file:
        body = os.urandom(64 * 512)
        for number in range(100_000):
            info = tarfile.TarInfo(f"clips/{number:08d}.txt")
            info.size = 512
            file.write(info.tobuf() + body[number % 64 * 512 :][:512])
        file.write(bytes(1024))
    code = f"""
import resource
from commonhold.server.storage.verification import verify_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open({str(path)!r}, "rb") as file:
    found = verify_file(file, filename="a.tar.gz")
print(found.members.count, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    count, grown = map(int, done.stdout.split())
    assert count == 100_000
    assert grown < 80


@pytest.fixture
def clamd():
    with Clamd.running() as server:
        yield server


def scanned(content: bytes, url: str):
    store = MemoryStore()
    store.put("k", io.BytesIO(content))
    return verify(store, "k", filename="a.zip", claimed_sha256=None, clamd_url=url)


def test_a_scanner_sees_every_byte_in_order(clamd):
    content = zipped(*[(str(number), os.urandom(200_000)) for number in range(20)])
    assert scanned(content, clamd.url).scanned
    assert clamd.streams == [content]


def test_what_the_scanner_finds_is_refused(clamd):
    with pytest.raises(ArchiveRejectedError, match="Eicar-Signature"):
        scanned(zipped(("a", b"EICAR"), method=zipfile.ZIP_STORED), clamd.url)


def test_what_is_too_large_for_the_scanner_is_said_to_be_unscanned(clamd):
    assert not scanned(zipped(("a", os.urandom(22_000_000))), clamd.url).scanned


def test_a_scanner_that_does_not_answer_is_no_verdict(clamd):
    with pytest.raises(ScannerError, match="no verdict"):
        scanned(zipped(("a", b"MUTE"), method=zipfile.ZIP_STORED), clamd.url)
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(ScannerError, match="cannot be reached"):
            scanned(zipped(("a", b"x")), f"tcp://127.0.0.1:{probe.getsockname()[1]}")
    with pytest.raises(ScannerError, match="cannot be reached"):
        scanned(zipped(("a", b"x")), "unix:///nowhere/clamd.sock")
