"""A session that was granted, and whose answer was never noted: asking again spends nothing."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue

import pytest

from commonhold.client import errors
from commonhold.client.transfer.journal import Journal, Subject
from commonhold.client.transfer.source import Grant
from tests.faults.conftest import SMALL_PIECE, environment, fetch, is_right, leftovers
from tests.faults.server import File, Seen, Site
from tests.faults.test_reading_members import listed, packed

NAME = "greetings.tar.gz"
CONTENT = packed(NAME)


def dataset() -> File:
    return File(CONTENT, NAME, piece_size=SMALL_PIECE, members=list(listed(NAME, CONTENT)))


def start(site: Site, home: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "commonhold", *words, "--api-url", site.api],
        env=environment(home) | {"XDG_CACHE_HOME": str(home / "cache")},
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill_at_the_grant(site: Site, running: "SimpleQueue[subprocess.Popen[bytes]]") -> None:
    """Kill the one that runs when the site has charged a session and not yet answered."""

    def kill() -> None:
        site.on_grant = lambda: None
        running.get(timeout=60).kill()

    site.on_grant = kill


@pytest.mark.parametrize(
    "words",
    [("download", "greetings"), ("download", "greetings", "--extract"), ("cat", "greetings", "clips/5")],
    ids=["download", "extract", "member"],
)
def test_a_kill_between_the_grant_and_its_note_costs_nothing(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Site(dataset()) as site:
        running: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()
        kill_at_the_grant(site, running)
        process = start(site, tmp_path, *words)
        running.put(process)
        assert process.wait(250) == -signal.SIGKILL
        assert start(site, tmp_path, *words).wait(250) == 0
        assert (site.asked, site.sessions) == (2, 1)
        assert leftovers(tmp_path) == []


def test_a_kill_at_a_renewal_costs_nothing(tmp_path: Path) -> None:
    with Site(dataset()) as site:
        running: SimpleQueue[subprocess.Popen[bytes]] = SimpleQueue()

        def expire(seen: Seen) -> None:
            if seen.turn == 3:
                site.expire()
                kill_at_the_grant(site, running)

        site.on_storage = expire
        # One connection: an address that never worked before it was refused would not be renewed.
        process = start(site, tmp_path, "download", "greetings", "--connections", "1")
        running.put(process)
        assert process.wait(250) == -signal.SIGKILL
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert (site.asked, site.sessions) == (3, 2)


def test_a_lost_answer_leaves_its_question_and_nothing_else(tmp_path: Path) -> None:
    with Site(dataset()) as site:

        def hang_up() -> None:
            raise ConnectionResetError

        site.on_grant = hang_up
        with pytest.raises(errors.UnreachableError):
            fetch(site, tmp_path)
        assert leftovers(tmp_path) == [f"{NAME}.part.journal"]
        site.on_grant = lambda: None
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert site.sessions == 1


def test_a_refusal_leaves_nothing_and_another_download_has_another_key(tmp_path: Path) -> None:
    with Site(dataset()) as site:
        spent = (429, {"error": "Rate limit exceeded"}, {"Retry-After": "9999"})
        site.on_api = lambda seen: spent if seen.method == "POST" else None
        with pytest.raises(errors.LimitError):
            fetch(site, tmp_path)
        assert leftovers(tmp_path) == []
        site.on_api = lambda _seen: None
        for folder in ("one", "two"):
            assert is_right(fetch(site, tmp_path / folder), CONTENT)
        assert site.sessions == 2
        keys = {seen.headers["Idempotency-Key"] for seen in site.seen if seen.method == "POST"}
        assert len(keys) == 3


def test_journals_of_before_are_understood_and_damaged_keys_are_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    subject = Subject("https://x/api", "dataset", "d", 1, NAME, 1, None, 1)
    Journal(subject, Grant("https://x/a", 1.0, 2.0)).write(path)
    kept = json.loads(path.read_text())
    del kept["asking"]
    path.write_text(json.dumps(kept))
    read = Journal.read(path)
    assert read
    assert (read.grant and read.grant.url, read.asking) == ("https://x/a", "")
    path.write_text(json.dumps(kept | {"url": None, "asking": "a" * 20 + "\r\nX: y"}))
    assert Journal.read(path) is None
