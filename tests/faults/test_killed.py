"""A download killed at any moment goes on where it was, with the same address, and ends right.

``TEST_KILLS=1000 python -m pytest tests/faults/test_killed.py`` kills a thousand times, half of them with hashes of
pieces; the usual run, fifty times.
"""

import json
import os
import random
import signal
import subprocess
import sys
from array import array
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from commonhold.client.transfer.journal import Journal
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.marks import PROVEN
from tests.faults.conftest import environment, fetch, is_right, leftovers, random_bytes, until
from tests.faults.server import PIECE, File, Site

SIZE = 40 * (1 << 20) + 4321
#: How often each of the two kinds of site is killed.
KILLS = int(os.environ.get("TEST_KILLS", "50")) // 2


def in_place(folder: Path) -> int:
    """How many bytes a killed download left in a folder, by its own marks."""
    paths = Paths.of(folder, "greetings.tar.gz")
    if paths.final.exists():
        return SIZE
    journal = Journal.read(paths.journal)
    try:
        # Not through Marks, which writes: the download may be at work.
        found = paths.progress.read_bytes()
    except FileNotFoundError:
        return 0
    lengths = [min(PIECE, SIZE - start) for start in range(0, SIZE, PIECE)]
    head = 32
    if journal is None or len(found) != head + 4 * len(lengths) or found[16:head] != journal.nonce:
        return 0
    marks = array("I", found[head:])
    return sum(length if mark == PROVEN else mark for length, mark in zip(lengths, marks, strict=True))


def start(site: Site, folder: Path, home: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "commonhold",
            "download",
            "greetings",
            "--json",
            "--api-url",
            site.api,
            "-o",
            folder,
            *options,
        ],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


@pytest.mark.timeout(max(300, 4 * KILLS))
@pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])
def test_kills_at_random_moments(tmp_path: Path, known_pieces: bool) -> None:
    content, chance = random_bytes(SIZE), random.Random(6)
    kills, folders, finished = 0, 0, False
    with Site(File(content, known_pieces=known_pieces), rate=6_000_000) as site:
        while kills < KILLS or not finished:
            if finished or not folders:
                folders += 1
                folder, finished = tmp_path / f"folder-{folders}", False
                folder.mkdir()
            had, asked_before = in_place(folder), len(site.storage)
            process = start(site, folder, tmp_path)
            try:
                answer, _ = process.communicate(timeout=chance.uniform(0.2, 0.7) if kills < KILLS else 60)
            except subprocess.TimeoutExpired:
                sent = sum(seen.sent for seen in site.storage[asked_before:])
                arrived = sent - site.in_the_kernel()
                process.kill()
                process.communicate()
                kills += 1
                assert arrived - (in_place(folder) - had) <= 2 * PIECE
                final = folder / "greetings.tar.gz"
                assert not final.exists() or final.read_bytes() == content
                continue
            assert process.returncode == 0
            finished = True
            facts = json.loads(answer)["downloads"][0]
            assert facts["verified"]
            assert (folder / "greetings.tar.gz").read_bytes() == content
            assert leftovers(folder) == []
        # An address that was noted is never given up, and one granted in the moment of the kill is granted again.
        used = {parse_qs(urlsplit(seen.path).query)["signature"][0] for seen in site.storage}
        assert len(used) == folders
        assert site.sessions == folders


def under_way(
    site: Site, folder: Path, home: Path, at_least: int, connections: int = 6
) -> subprocess.Popen[str]:
    """Start a download that comes so far and no further: it waits for the storage, however late it is looked at."""
    # Of what was sent, the connections may hold bites in hand that are not full yet.
    site.let_through(at_least + min(2 * PIECE, 4 * connections << 20))
    process = start(site, folder, home, "--connections", str(connections))
    until(lambda: in_place(folder) >= at_least)
    assert process.poll() is None
    return process


def killed(site: Site, folder: Path, home: Path, at_least: int, connections: int = 6) -> None:
    """Kill a download once so many bytes are in place."""
    process = under_way(site, folder, home, at_least, connections)
    process.kill()
    process.communicate()
    site.let_through(None)


def test_on_a_slow_line_what_came_is_kept_at_once(tmp_path: Path) -> None:
    """It is on disk, and told as progress, long before it fills the bites that a fast line is taken in."""
    with Site(File(random_bytes(SIZE)), rate=20_000) as site:
        process = start(site, tmp_path, tmp_path)
        until(lambda: in_place(tmp_path) > SIZE % PIECE)
        assert max(seen.sent for seen in site.storage) < 1 << 20
        process.kill()
        process.communicate()


@pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])
def test_after_a_power_loss_nothing_unproven_is_trusted(tmp_path: Path, known_pieces: bool) -> None:
    """Marks that are ahead of the disk: the machine went down before the bytes were written."""
    content, folder = random_bytes(SIZE), tmp_path / "folder"
    folder.mkdir()
    paths = Paths.of(folder, "greetings.tar.gz")
    with Site(File(content, known_pieces=known_pieces)) as site:
        # Two connections leave two pieces half done: of three and a half, at least one whole besides the first.
        killed(site, folder, tmp_path, 28 << 20, connections=2)
        with paths.part.open("r+b") as file:
            file.write(bytes(1 << 20))  # what the disk did not get reads as zeros
        kept = json.loads(paths.journal.read_text())
        paths.journal.write_text(json.dumps(kept | {"boot": "another-boot"}))
        outcome = fetch(site, folder)
        assert is_right(outcome, content)
        assert site.sessions == 1
        if known_pieces:
            assert outcome.received < SIZE


def test_a_lock_of_the_dead_does_not_hinder(tmp_path: Path) -> None:
    content, folder = random_bytes(SIZE), tmp_path / "folder"
    folder.mkdir()
    with Site(File(content)) as site:
        killed(site, folder, tmp_path, 1)
        assert (folder / "greetings.tar.gz.part.lock").exists()
        assert is_right(fetch(site, folder), content)


def test_what_a_kill_after_the_end_left_goes_without_a_request(tmp_path: Path) -> None:
    content = random_bytes(1000)
    with Site(File(content)) as site:
        paths = Paths.of(tmp_path, fetch(site, tmp_path).path.name)
        for path in (paths.journal, paths.progress):
            path.write_text("{}")
        before = len(site.seen)
        assert fetch(site, tmp_path).was_present
        assert len(site.seen) == before
        assert leftovers(tmp_path) == []
        # A part is of use to somebody: a newer version under way, say.
        for path in (paths.part, paths.journal):
            path.write_text("{}")
        assert fetch(site, tmp_path).was_present
        assert paths.part.exists()


def test_the_journal_is_nobody_elses_business(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with Site(File(random_bytes(SIZE))) as site:
        killed(site, folder, tmp_path, 1)
    journal = folder / "greetings.tar.gz.part.journal"
    assert "signature=" in journal.read_text()
    assert journal.stat().st_mode & 0o077 == 0


def test_ctrl_c_leaves_what_is_here_and_its_own_exit_code(tmp_path: Path) -> None:
    content, folder = random_bytes(SIZE), tmp_path / "folder"
    folder.mkdir()
    with Site(File(content)) as site:
        process = under_way(site, folder, tmp_path, 8 << 20)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 130
        assert not (folder / "greetings.tar.gz.part.lock").exists()
        site.let_through(None)
        outcome = fetch(site, folder)
    assert is_right(outcome, content)
    assert outcome.received < SIZE - (7 << 20)
    assert site.sessions == 1


def test_a_part_that_was_tampered_with_is_found_out(tmp_path: Path) -> None:
    content, folder = random_bytes(SIZE), tmp_path / "folder"
    folder.mkdir()
    part = folder / "greetings.tar.gz.part"
    with Site(File(content)) as site:
        killed(site, folder, tmp_path, 16 << 20)
        part.write_bytes(bytes(SIZE))  # same name and size; the inode may even stay
        part.rename(folder / "copy")
        (folder / "copy2").write_bytes(bytes(SIZE))
        (folder / "copy2").rename(part)
        (folder / "copy").unlink()
        assert is_right(fetch(site, folder), content)
