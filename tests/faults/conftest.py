"""What the tests of transfers share."""

import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from commonhold import client
from commonhold.client.transfer.request import Watcher
from tests.faults.server import Site

ROOT = Path(__file__).resolve().parents[2]
SMALL_PIECE = 256 << 10


def random_bytes(count: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(count)


class Listener(Watcher):
    """Keeps what a download tells."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.present = 0

    def begin(self, _name: str, _size: int, present: int) -> None:
        self.present = present

    def note(self, text: str) -> None:
        self.notes.append(text)


def options(**changes: object) -> client.Options:
    """Patience with a machine that is busy with other things; who tests the end of patience asks for less."""
    return client.Options(**{"silence": 60.0, "max_wait": 120.0, **changes})


def fetch(
    site: Site, folder: Path, *, listener: Watcher | None = None, key: str | None = None, **changes: object
) -> client.Outcome:
    """Download the site's first dataset into a folder."""
    wanted = {"options": options(), "name": next(iter(site.files)), **changes}
    settings = client.Settings(site.api, key, "the test", folder)
    with client.Client(settings) as connected:
        return client.download(connected, client.Request(folder=folder, **wanted), listener)


def is_right(outcome: client.Outcome, content: bytes) -> bool:
    return hashlib.sha256(outcome.path.read_bytes()).digest() == hashlib.sha256(content).digest()


def leftovers(folder: Path) -> list[str]:
    """The names in a folder that a finished download does not leave."""
    return sorted(path.name for path in folder.iterdir() if ".part" in path.name or path.name.startswith("."))


def until(happened: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait for what must come about at any pace of the machine."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.01)


def environment(home: Path) -> dict[str, str]:
    """An environment in which the command finds this source, and no sign-in or proxy of the machine."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    for name in list(kept):
        if name.startswith(("COMMONHOLD_", "MDC_")):
            del kept[name]
    return kept | {
        "PYTHONPATH": str(ROOT / "src"),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
    }


Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def command(tmp_path_factory: pytest.TempPathFactory) -> Command:
    """Run the command in a process of its own, with a home of its own."""
    home = tmp_path_factory.mktemp("home")

    def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "commonhold", *arguments],
            env=environment(home) | variables,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )

    return run
