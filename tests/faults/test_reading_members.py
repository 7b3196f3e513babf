"""Members read by range from storage that misbehaves: the right bytes, or an error; never wrong ones."""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commonhold import client
from commonhold.client import errors
from commonhold.client.archive.sessions import SessionStore
from commonhold.server.storage.archives.index import describe_point
from commonhold.server.storage.verification import verify_file
from tests.faults.conftest import SMALL_PIECE, options, random_bytes
from tests.faults.server import Fault, File, Site

CONTENT = {f"clips/{n}": random_bytes(400_000, n) for n in range(8)} | {"README": b"read me"}


def packed(filename: str) -> bytes:
    out = io.BytesIO()
    if filename.endswith(".zip"):
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in CONTENT.items():
                archive.writestr(name, data)
        return out.getvalue()
    with gzip.open(out, "wb", 1) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in CONTENT.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def listed(filename: str, content: bytes) -> Iterator[dict[str, Any]]:
    """The members as a real site tells them."""
    index = verify_file(io.BytesIO(content), filename=filename).members
    for number, member in index.members():
        access = index.ranges_for(member)
        yield {
            "number": number, "name": member.name, "kind": member.kind, "size": str(member.size),
            "start": str(access.start), "end": str(access.end), "deflated": access.deflated,
            "skip": str(access.skip), "offset": str(member.offset),
            "point": describe_point(access.point[1]) if access.point else None,
        }  # fmt: skip


@pytest.fixture(scope="module", params=["greetings.tar.gz", "greetings.zip"])
def file(request: pytest.FixtureRequest) -> File:
    content = packed(request.param)
    return File(content, request.param, piece_size=SMALL_PIECE, members=list(listed(request.param, content)))


def read(
    site: Site,
    folder: Path,
    name: str = "clips/5",
    *,
    patience: client.Options | None = None,
    **changes: object,
) -> tuple[bytes, client.Archive]:
    settings = client.Settings(site.api, None, "the test", folder)
    chosen = patience or options()
    with (
        client.Client(settings) as connected,
        client.Archive(
            connected, "greetings", sessions=SessionStore(folder), options=chosen, **changes
        ) as archive,
    ):
        return archive.read(name), archive


PASSING = {
    "cut": Fault("cut", after=10_000),
    "closed": Fault("close"),
    "busy": Fault("status", status=503, header="0"),
    "failing": Fault("status", status=500),
    "whole": Fault("whole"),
    "gzip": Fault("gzip"),
    "wrong-range": Fault("wrong-range"),
    "long": Fault("long"),
    "short": Fault("short"),
    "stall": Fault("stall", after=1000),
}


@pytest.mark.parametrize("kind", PASSING)
def test_what_happens_once_does_no_harm(tmp_path: Path, file: File, kind: str) -> None:
    with Site(file) as site:
        site.on_storage = lambda seen: PASSING[kind] if seen.turn == 1 else None
        patience = options(silence=1.0) if kind == "stall" else None
        assert read(site, tmp_path, patience=patience)[0] == CONTENT["clips/5"]
        assert site.sessions == 1


@pytest.mark.parametrize("proof", ["auto", "always", "never"])
def test_a_flipped_bit_is_never_handed_out(tmp_path: Path, file: File, proof: str) -> None:
    with Site(file) as site:
        member = next(one for one in file.members or [] if one["name"] == "clips/5")
        place = int(member["end"]) - 100_000 if file.filename.endswith(".zip") else len(file.content) * 6 // 9
        if proof == "never" and file.filename.endswith(".tar.gz"):
            return  # nothing but its form holds what was asked for without proof
        site.on_storage = lambda seen: Fault("flip", after=place) if seen.turn == 1 else None
        if proof == "never":
            with pytest.raises(errors.CorruptError):
                read(site, tmp_path, proof=proof)
        else:
            assert read(site, tmp_path, proof=proof)[0] == CONTENT["clips/5"]
        site.on_storage = lambda _seen: Fault("flip", after=place)
        with pytest.raises(errors.CorruptError):
            read(site, tmp_path, proof=proof)


def test_storage_that_never_fits_is_given_up(tmp_path: Path, file: File) -> None:
    for fault in (Fault("whole"), Fault("gzip"), Fault("close"), Fault("status", status=503, header="60")):
        with Site(file) as site:
            site.on_storage = lambda _seen, fault=fault: fault
            with pytest.raises((errors.CorruptError, errors.UnreachableError)):
                read(site, tmp_path, patience=options(max_wait=1.0))


def test_an_expired_address_is_replaced(tmp_path: Path, file: File) -> None:
    with Site(file) as site:
        read(site, tmp_path)
        site.expire()
        content, archive = read(site, tmp_path)
        assert content == CONTENT["clips/5"]
        assert archive.cost.sessions == 1
        read(site, tmp_path)
        assert site.sessions == 2


def test_an_archive_that_is_replaced_meanwhile_is_not_mixed_in(tmp_path: Path, file: File) -> None:
    with Site(file) as site:
        read(site, tmp_path)
        site.on_storage = lambda _seen: Fault("other-tag")
        with pytest.raises(errors.CorruptError, match="another one now"):
            read(site, tmp_path)
        site.on_storage = lambda _seen: None
        assert read(site, tmp_path)[0] == CONTENT["clips/5"]


def test_without_hashes_of_pieces_what_is_not_proven_is_not_called_so(tmp_path: Path, file: File) -> None:
    bare = File(file.content, file.filename, members=file.members, known_pieces=False)
    with Site(bare) as site:
        content, archive = read(site, tmp_path)
        assert content == CONTENT["clips/5"]
        assert archive.proof_of(next(iter(archive.about.items))) == ("crc" if "zip" in file.filename else "")
        with pytest.raises(errors.UsageError, match="proven"):
            read(site, tmp_path, proof="always")


@pytest.mark.parametrize(
    "change",
    [
        {"start": "-1"}, {"start": "9", "end": "8"}, {"end": "99999999"}, {"size": "x"}, {"kind": "device"}, {"name": ""},
        {"point": {"lead": "", "mask": 0, "window": "AAAA"}}, {"point": 5}, {"size": "400001"}, {"skip": "100000000"},
        {"offset": "99999999"},
    ],
    ids=str,
)  # fmt: skip
def test_a_list_that_lies_makes_no_wrong_bytes(tmp_path: Path, file: File, change: dict[str, Any]) -> None:
    lying = [{**one, **change} if one["name"] == "clips/5" else one for one in file.members or []]
    with Site(File(file.content, file.filename, piece_size=SMALL_PIECE, members=lying)) as site:
        try:
            content = read(site, tmp_path)[0]
        except errors.CorruptError:
            return
        # What the lie was about is not used for this kind of archive.
        assert content == CONTENT["clips/5"] or len(content) == int(change.get("size", 0))
