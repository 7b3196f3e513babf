"""`--extract`: unpacked while it comes, and nothing under the final name but what was proven whole."""

import gzip
import io
import json
import subprocess
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from commonhold import client
from commonhold.client import errors
from commonhold.client.transfer.extract import extract
from tests.faults.conftest import SMALL_PIECE, Command, environment, options, random_bytes, until
from tests.faults.server import Fault, File, Site

CONTENT = {f"clips/{n}.bin": random_bytes(700_000 + n, n) for n in range(8)} | {
    "README": b"read me",
    "empty": b"",
}


def packed(content: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with gzip.open(out, "wb", 1) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.mode = 0o755 if name == "README" else 0o644
            archive.addfile(info, io.BytesIO(data))
        for info in special:
            archive.addfile(info)
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


ARCHIVE = packed(
    CONTENT, special("link", tarfile.SYMTYPE, "clips/0.bin"), special("hard", tarfile.LNKTYPE, "README")
)


def run(site: Site, folder: Path, **changes: object) -> client.Outcome:
    request = client.Request(next(iter(site.files)), folder, options=options(), **changes)
    with client.Client(client.Settings(site.api, None, "the test", folder)) as connected:
        return extract(connected, request)


def found(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])
def test_what_lies_in_it_is_here_and_the_archive_is_not(tmp_path: Path, known_pieces: bool) -> None:
    with Site(File(ARCHIVE, piece_size=SMALL_PIECE, known_pieces=known_pieces)) as site:
        site.on_storage = lambda seen: Fault("cut", after=100_000) if seen.number % 4 == 3 else None
        outcome = run(site, tmp_path)
        assert outcome.is_verified
        assert found(outcome.path) == CONTENT | {"link": CONTENT["clips/0.bin"], "hard": b"read me"}
        assert (outcome.path / "link").is_symlink()
        assert (outcome.path / "README").stat().st_mode & 0o100
        assert sorted(path.name for path in tmp_path.iterdir()) == ["greetings", "greetings.commonhold"]
        before = len(site.seen)
        assert run(site, tmp_path).was_present
        assert len(site.seen) == before
        assert site.sessions == 1


@pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])
def test_a_flipped_bit_leaves_nothing(tmp_path: Path, known_pieces: bool) -> None:
    with Site(File(ARCHIVE, piece_size=SMALL_PIECE, known_pieces=known_pieces)) as site:
        # In the content of a clip that gzip could not pack: unpacking alone would not notice before the end.
        site.on_storage = lambda seen: Fault("flip", after=len(ARCHIVE) - 300_000)
        with pytest.raises(errors.CorruptError):
            run(site, tmp_path)
        assert not (tmp_path / "greetings").exists()
        assert found(tmp_path).keys() <= {"greetings.tar.gz.part.journal"}
        site.on_storage = lambda _seen: None
        assert found(run(site, tmp_path).path).keys() > CONTENT.keys()
        assert site.sessions == 1


@pytest.mark.parametrize(
    "bad",
    [
        special("../out", tarfile.REGTYPE),
        special("/tmp/out", tarfile.REGTYPE),
        special("out", tarfile.SYMTYPE, "../../out"),
        special("out", tarfile.SYMTYPE, "/etc/passwd"),
        special("out", tarfile.LNKTYPE, "../out"),
        special("out", tarfile.LNKTYPE, "link"),
        special("device", tarfile.CHRTYPE),
        special("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda info: f"{info.type.decode()} {info.name}",
)
def test_hostile_archives_make_nothing(tmp_path: Path, bad: tarfile.TarInfo) -> None:
    content = packed({"fine": b"fine"}, special("link", tarfile.SYMTYPE, "fine"), bad)
    with Site(File(content)) as site, pytest.raises(errors.CorruptError):
        run(site, tmp_path / "in")
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert [path.name for path in (tmp_path / "in").iterdir()] == ["greetings.tar.gz.part.journal"]


def test_what_is_no_archive_inside(tmp_path: Path) -> None:
    for content in (b"", b"no gzip", gzip.compress(b"no tar" * 1000), ARCHIVE[: len(ARCHIVE) // 2]):
        with Site(File(content)) as site, pytest.raises(errors.CorruptError):
            run(site, tmp_path)
        assert not (tmp_path / "greetings").exists()
    with (
        Site(File(b"x", filename="greetings.txt")) as site,
        pytest.raises(errors.UsageError, match="no archive"),
    ):
        run(site, tmp_path)


def test_a_folder_that_is_there_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    (tmp_path / "greetings").mkdir()
    (tmp_path / "greetings/mine").write_bytes(b"mine")
    with Site(File(ARCHIVE)) as site:
        with pytest.raises(errors.LocalFileError, match="there already"):
            run(site, tmp_path)
        assert (tmp_path / "greetings/mine").exists()
        assert site.asked == 0
        run(site, tmp_path, overwrite=True)
    assert found(tmp_path / "greetings").keys() >= CONTENT.keys()
    assert not (tmp_path / "greetings/mine").exists()


def test_a_killed_extraction_begins_anew_with_the_same_address(tmp_path: Path, command: Command) -> None:
    arguments = ["download", "greetings", "--extract", "--json", "-o", str(tmp_path)]
    with Site(File(ARCHIVE, piece_size=SMALL_PIECE)) as site:
        go_on = threading.Event()
        site.on_storage = lambda seen: go_on.wait(120) and None if seen.first > len(ARCHIVE) // 2 else None
        process = subprocess.Popen(
            [sys.executable, "-m", "commonhold", *arguments, "--api-url", site.api],
            env=environment(tmp_path / "home"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until(lambda: list(tmp_path.glob(".greetings.extracting/clips/*.bin")))
        process.kill()
        process.wait()
        assert not (tmp_path / "greetings").exists()
        go_on.set()
        result = command(*arguments, "--api-url", site.api)
        assert result.returncode == 0, result.stderr
        assert json.loads(result.stdout)["downloads"][0]["sessions"] == 0
        assert site.sessions == 1
    assert found(tmp_path / "greetings").keys() > CONTENT.keys()
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith((".", "g"))) == [
        "greetings",
        "greetings.commonhold",
    ]


def test_the_archive_stays_where_that_is_asked_for(tmp_path: Path, command: Command) -> None:
    with Site(File(ARCHIVE)) as site:
        result = command(
            "download", "greetings", "--extract", "--keep-archive", "-o", str(tmp_path), "--api-url", site.api
        )
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "greetings.tar.gz").read_bytes() == ARCHIVE
    assert found(tmp_path / "greetings").keys() > CONTENT.keys()
