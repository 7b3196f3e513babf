"""One writer, however many try, and whatever became of the last one."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from commonhold.client.transfer import lock as module
from commonhold.client.transfer.lock import HeldError, Lock, boot_id
from tests.faults.conftest import environment


def dead_holder(**changes: object) -> dict[str, object]:
    """The description of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    about = {
        "pid": ended.pid,
        "started": "1",
        "host": socket.gethostname(),
        "boot": boot_id(),
        "space": str(Path("/proc/self/ns/pid").readlink()),
        "nonce": "aa" * 8,
    }
    return about | changes


def test_a_lock_is_held_by_one_and_given_back(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    with Lock(path):
        with pytest.raises(HeldError) as caught:
            Lock(path).acquire()
        assert caught.value.who == f"process {os.getpid()}"
    with Lock(path):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changes",
    [{}, {"boot": "another"}, {"pid": os.getpid(), "started": "1"}, {"pid": "x"}, {"pid": -1}],
    ids=["gone", "another boot", "number used again", "no number", "negative"],
)
def test_a_lock_of_the_dead_is_taken_over(tmp_path: Path, changes: dict[str, object]) -> None:
    path = tmp_path / "x.lock"
    path.write_text(json.dumps(dead_holder(**changes)))
    with Lock(path):
        assert json.loads(path.read_text())["pid"] == os.getpid()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("changes", [{"host": "elsewhere"}, {"space": "pid:[1]"}])
def test_a_lock_of_another_machine_is_left_until_it_was_silent_for_long(
    tmp_path: Path, changes: dict[str, object]
) -> None:
    path = tmp_path / "x.lock"
    path.write_text(json.dumps(dead_holder(**changes)))
    with pytest.raises(HeldError):
        Lock(path).acquire()
    long_ago = time.time() - 10_000
    os.utime(path, (long_ago, long_ago))
    with Lock(path):
        pass


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}"])
def test_a_lock_that_says_nothing_is_left_until_it_was_silent_for_long(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.lock"
    path.write_text(content)
    with pytest.raises(HeldError):
        Lock(path).acquire()
    os.utime(path, (0, 0))
    with Lock(path):
        pass


def test_of_many_who_find_a_dead_holder_one_gets_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    for _ in range(20):
        path.write_text(json.dumps(dead_holder()))
        locks = [Lock(path) for _ in range(8)]
        got: list[Lock] = []
        start = threading.Barrier(len(locks))

        def attempt(lock: Lock, start: threading.Barrier = start, got: list[Lock] = got) -> None:
            start.wait()
            try:
                got.append(lock.acquire())
            except HeldError:
                return

        threads = [threading.Thread(target=attempt, args=(lock,)) for lock in locks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(got) == 1
        got[0].release()


def test_many_processes_never_write_at_once(tmp_path: Path) -> None:
    """Each adds to a number in two steps, which goes wrong when two do it at once; some are killed then."""
    work = (
        "import os, pathlib, signal, sys, time\n"
        "from commonhold.client.transfer.lock import HeldError, Lock\n"
        "folder, kill = pathlib.Path(sys.argv[1]), sys.argv[2] == 'kill'\n"
        "for turn in range(8):\n"
        "    while True:\n"
        "        lock = Lock(folder / 'x.lock')\n"
        "        try: lock.acquire(); break\n"
        "        except HeldError: time.sleep(0.002)\n"
        "    number = int((folder / 'number').read_text())\n"
        "    time.sleep(0.002)\n"
        "    (folder / 'number').write_text(str(number + 1))\n"
        "    if kill and turn == 3: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    lock.release()\n"
    )
    (tmp_path / "number").write_text("0")
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", work, str(tmp_path), "kill" if index % 2 else "live"],
            env=environment(tmp_path),
        )
        for index in range(6)
    ]
    for worker in workers:
        worker.wait(timeout=250)
    assert (tmp_path / "number").read_text() == str(3 * 8 + 3 * 4)


def test_drafts_of_the_killed_are_swept(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    (tmp_path / ".x.lock.bb").write_text(json.dumps(dead_holder()))
    (tmp_path / ".x.lock.cc").write_text("")
    os.utime(tmp_path / ".x.lock.cc", (0, 0))
    with Lock(path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_locks_for_clearing_that_the_killed_left_are_swept(tmp_path: Path) -> None:
    """A process was killed while it cleared away a dead holder; another one was here since."""
    path = tmp_path / "x.lock"
    (tmp_path / f"x.lock.{'aa' * 8}").write_text(json.dumps(dead_holder(nonce="bb" * 8)))
    (tmp_path / f"x.lock.{'aa' * 8}.{'bb' * 8}").write_text(json.dumps(dead_holder(nonce="cc" * 8)))
    living = tmp_path / f"x.lock.{'dd' * 8}"
    with Lock(living), Lock(path):
        pass
    (tmp_path / "x.lock.zip").write_text("somebody's file")
    os.utime(tmp_path / "x.lock.zip", (0, 0))
    with Lock(living):
        with Lock(path):
            pass
        assert sorted(p.name for p in tmp_path.iterdir()) == [living.name, "x.lock.zip"]


def test_a_lock_works_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(module.Path, "hardlink_to", refuse)
    with Lock(tmp_path / "x.lock"), pytest.raises(HeldError):
        Lock(tmp_path / "x.lock").acquire()


def test_a_draft_that_was_swept_away_leaves_no_lock_of_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where there are no links, and whoever held the lock before swept while this one was held up."""

    def refuse(_self: Path, draft: Path) -> None:
        draft.unlink()
        raise PermissionError(1, "no links here")

    monkeypatch.setattr(module.Path, "hardlink_to", refuse)
    with pytest.raises(HeldError):
        Lock(tmp_path / "x.lock").acquire()
    assert list(tmp_path.iterdir()) == []
