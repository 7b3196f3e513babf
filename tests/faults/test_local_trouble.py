"""What this machine puts in the way: full disks, closed folders, other processes."""

import contextlib
import json
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonhold.client import errors
from commonhold.client.transfer.layout import Paths
from tests.faults.conftest import (
    SMALL_PIECE,
    Command,
    environment,
    fetch,
    is_right,
    leftovers,
    random_bytes,
    until,
)
from tests.faults.server import File, Seen, Site

CONTENT = random_bytes(6_000_000)


@contextlib.contextmanager
def bounded_files(most: int) -> Iterator[None]:
    """Let no file of this process grow beyond so many bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_no_room_is_told_before_any_quota_is_spent(tmp_path: Path) -> None:
    with Site(File(CONTENT)) as site:
        with bounded_files(1_000_000), pytest.raises(errors.DiskFullError, match="no room"):
            fetch(site, tmp_path)
        assert site.asked == 0
        assert list(tmp_path.iterdir()) == []
        assert is_right(fetch(site, tmp_path), CONTENT)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MiB, where this user may mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_disk_that_is_too_small_is_told_early_and_kept_clean(small_disk: Path, command: Command) -> None:
    with Site(File(CONTENT)) as site:
        result = command("download", "greetings", "--api-url", site.api, "--output", str(small_disk))
        assert result.returncode == 2
        assert "no room" in result.stderr
        assert "--output" in result.stderr
        assert site.asked == 0
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_up_meanwhile_keeps_what_is_here(small_disk: Path) -> None:
    content = random_bytes(3_500_000)
    is_full = threading.Event()
    with Site(File(content, piece_size=SMALL_PIECE)) as site:

        def fill(seen: Seen) -> None:
            if seen.turn == 3:
                with contextlib.suppress(OSError), (small_disk / "other").open("wb") as other:
                    other.write(bytes(4 << 20))
                is_full.set()

        site.on_storage = fill
        with contextlib.suppress(errors.DiskFullError):
            fetch(site, small_disk)
        assert is_full.wait(60)
        (small_disk / "other").unlink(missing_ok=True)
        site.on_storage = lambda _seen: None
        assert is_right(fetch(site, small_disk), content)
        assert site.sessions == 1


@pytest.fixture
def closed_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in which this user, be it the superuser, can make nothing."""
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    if os.geteuid() != 0:
        yield folder
        return
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("nothing is closed to this user")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_folder_that_may_not_be_written_to(closed_folder: Path, command: Command) -> None:
    with Site(File(CONTENT)) as site:
        result = command("download", "greetings", "--api-url", site.api, "-o", str(closed_folder), "--json")
        assert result.returncode == 2
        facts = json.loads(result.stdout)["downloads"][0]["error"]
        assert "cannot be written" in facts["message"]
        assert "permissions" in facts["hint"]
        assert site.asked == 0


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with Site(File(CONTENT)) as site, pytest.raises(errors.LocalFileError):
        fetch(site, tmp_path / "file")


@pytest.mark.parametrize("link", ["greetings.tar.gz.part", "greetings.tar.gz.part.progress"])
def test_links_laid_in_our_way_are_not_followed(tmp_path: Path, link: str) -> None:
    treasure = tmp_path / "treasure"
    treasure.write_bytes(b"gold")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / link).symlink_to(treasure)
    with Site(File(CONTENT)) as site, contextlib.suppress(errors.LocalFileError):
        fetch(site, folder)
    assert treasure.read_bytes() == b"gold"


def test_two_processes_at_once_fetch_it_once(tmp_path: Path) -> None:
    told = [tmp_path / f"told-{number}" for number in range(2)]
    with Site(File(CONTENT, piece_size=SMALL_PIECE)) as site, contextlib.ExitStack() as opened:
        site.let_through(len(CONTENT) // 2)  # so that the one waits while the other fetches
        arguments = [
            sys.executable,
            "-m",
            "commonhold",
            "download",
            "greetings",
            "--json",
            "--api-url",
            site.api,
        ]
        both = [
            subprocess.Popen(
                [*arguments, "-o", str(tmp_path)],
                env=environment(tmp_path / "home"),
                stdout=subprocess.PIPE,
                stderr=opened.enter_context(path.open("wb")),
                text=True,
            )
            for path in told
        ]
        until(lambda: any("waiting for it" in path.read_text() for path in told))
        site.let_through(None)
        answers = [process.communicate(timeout=250)[0] for process in both]
        assert [process.returncode for process in both] == [0, 0]
        facts = [json.loads(out)["downloads"][0]["status"] for out in answers]
        assert sorted(facts) == ["downloaded", "present"]
        assert site.sessions == 1
    assert (tmp_path / "greetings.tar.gz").read_bytes() == CONTENT
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", '{"format": 1}', "\x00" * 100, '{"format": 1, "url": 5, "nonce": "zz"}']
)
def test_damaged_notes_of_an_earlier_run_do_no_harm(tmp_path: Path, damage: str) -> None:
    paths = Paths.of(tmp_path, "greetings.tar.gz")
    for path in (paths.journal, paths.progress, paths.record):
        path.write_text(damage)
    os.utime(paths.record)
    with Site(File(CONTENT)) as site:
        assert is_right(fetch(site, tmp_path), CONTENT)
    assert leftovers(tmp_path) == []
