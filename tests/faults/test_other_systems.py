"""Downloads where the system has none of the calls that only POSIX knows."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.conftest import SMALL_PIECE, environment, leftovers, random_bytes, until
from tests.faults.server import Fault, File, Site

CONTENT = random_bytes(5_000_000)
MISSING = (
    "pread",
    "preadv",
    "pwrite",
    "pwritev",
    "posix_fallocate",
    "posix_fadvise",
    "fdatasync",
    "fstatvfs",
    "sync",
)
#: Python runs this before anything else.
_POORER = f"""
import os, sys
for name in {(*MISSING, "O_NOFOLLOW", "O_CLOEXEC")!r}:
    delattr(os, name)
sys.modules["fcntl"] = None
"""


@pytest.fixture
def poorer(tmp_path: Path) -> dict[str, str]:
    """The environment of a Python that knows none of these calls."""
    (tmp_path / "poorer").mkdir()
    (tmp_path / "poorer/sitecustomize.py").write_text(_POORER)
    variables = environment(tmp_path / "home")
    variables["PYTHONPATH"] = f"{tmp_path / 'poorer'}:{variables['PYTHONPATH']}"
    check = f"import os; print([n for n in {MISSING!r} if hasattr(os, n)]); import fcntl"
    result = subprocess.run(
        [sys.executable, "-c", check], env=variables, capture_output=True, text=True, check=False
    )
    assert result.stdout == "[]\n"
    assert "fcntl" in result.stderr
    return variables


def start(site: Site, folder: Path, variables: dict[str, str], *more: str) -> "subprocess.Popen[str]":
    words = more or ("download", "greetings", "-o", str(folder))
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "commonhold", *words, "--json", "--api-url", site.api],
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict:
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    return json.loads(out)


@pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])
def test_cut_flipped_killed_and_repaired(tmp_path: Path, poorer: dict[str, str], known_pieces: bool) -> None:
    folder = tmp_path / "out"
    with Site(File(CONTENT, piece_size=SMALL_PIECE, known_pieces=known_pieces)) as site:
        site.on_storage = lambda seen: Fault("cut", after=50_000) if seen.number % 5 == 4 else None
        site.let_through(2_500_000)
        process = start(site, folder, poorer)
        until(lambda: sum(seen.sent for seen in site.storage) > 1_500_000)
        process.kill()
        process.communicate()
        assert (folder / "greetings.tar.gz.part").exists()
        site.let_through(None)
        flips: list[int] = []

        def flip_once(seen: object) -> Fault | None:
            if known_pieces and not flips and seen.last > 3_000_000:
                flips.append(1)
                return Fault("flip", after=seen.last - 10)
            return None

        site.on_storage = flip_once
        facts = finish(start(site, folder, poorer))["downloads"][0]
        assert facts["verified"]
        assert (folder / "greetings.tar.gz").read_bytes() == CONTENT
        assert leftovers(folder) == []
        assert site.sessions == 1
        if known_pieces:
            with (folder / "greetings.tar.gz").open("r+b") as file:
                file.seek(2_000_000)
                file.write(b"damaged")
            before = len(site.storage)
            finish(start(site, folder, poorer, "verify", str(folder / "greetings.tar.gz"), "--repair"))
            assert (folder / "greetings.tar.gz").read_bytes() == CONTENT
            assert sum(seen.sent for seen in site.storage[before:]) < 3 * SMALL_PIECE


def test_two_processes_fetch_it_once(tmp_path: Path, poorer: dict[str, str]) -> None:
    folder = tmp_path / "out"
    with Site(File(CONTENT, piece_size=SMALL_PIECE), rate=1_500_000) as site:
        both = [start(site, folder, poorer) for _ in range(2)]
        states = sorted(finish(process)["downloads"][0]["status"] for process in both)
        assert states == ["downloaded", "present"]
        assert site.sessions == 1
    assert (folder / "greetings.tar.gz").read_bytes() == CONTENT
