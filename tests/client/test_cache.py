"""Files that programs share: fetched once, looked up for nothing, checked and cleared by the command."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from commonhold import client
from commonhold.client import errors
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import Lock
from tests.faults.conftest import Command, command, environment, random_bytes
from tests.faults.server import File, Site

__all__ = ["command"]
CONTENT = random_bytes(2_000_000)
_PROGRAM = """
import sys
from pathlib import Path
from commonhold import client
with client.Client(client.load_settings()) as site:
    print(client.cached(site, "greetings"))
"""


def get(site: Site, folder: Path, name: str = "greetings", **options: object) -> client.Outcome:
    with client.Client(client.Settings(site.api, None, "the test", Path())) as connected:
        return client.Cache(folder).get(connected, name, **options)


def test_a_file_is_fetched_once_and_found_for_nothing(tmp_path: Path) -> None:
    with Site(File(CONTENT)) as site:
        first = get(site, tmp_path)
        assert first.path.read_bytes() == CONTENT
        before = len(site.seen)
        for name in ("greetings", "cm0greetings000000000000000"):
            found = get(site, tmp_path, name)
            assert (found.path, found.was_present) == (first.path, True)
        assert get(site, tmp_path, version=1).was_present
        assert len(site.seen) == before
        with pytest.raises(errors.NotFoundError):
            get(site, tmp_path, "nothing")
        # While the first is there, so that the other has another address.
        with Site(File(CONTENT)) as another:
            assert get(another, tmp_path).path != first.path


def test_versions_stand_side_by_side(tmp_path: Path) -> None:
    with Site(File(CONTENT)) as site:
        old = get(site, tmp_path)
        site.replace(File(b"new", version=2))
        assert get(site, tmp_path).path == old.path
        new = get(site, tmp_path, update=True)
        assert new.path.read_bytes() == b"new"
        assert old.path.read_bytes() == CONTENT
        assert get(site, tmp_path).path == new.path
        assert get(site, tmp_path, version=1).path == old.path


def test_a_file_that_was_changed_is_fetched_again(tmp_path: Path) -> None:
    with Site(File(CONTENT)) as site:
        path = get(site, tmp_path).path
        path.write_bytes(b"changed")
        assert get(site, tmp_path).path.read_bytes() == CONTENT
        path.unlink()
        assert get(site, tmp_path).path.read_bytes() == CONTENT


def test_processes_that_ask_at_once_fetch_it_once(tmp_path: Path) -> None:
    with Site(File(CONTENT), rate=2_000_000) as site:
        variables = environment(tmp_path) | {
            "COMMONHOLD_API_URL": site.api,
            "COMMONHOLD_CACHE": str(tmp_path / "c"),
        }
        all_of_them = [
            subprocess.Popen(
                [sys.executable, "-c", _PROGRAM], env=variables, stdout=subprocess.PIPE, text=True
            )
            for _ in range(3)
        ]
        paths = {process.communicate(timeout=250)[0] for process in all_of_them}
        assert [process.returncode for process in all_of_them] == [0, 0, 0]
        assert site.sessions == 1
    assert len(paths) == 1
    assert Path(paths.pop().strip()).read_bytes() == CONTENT


def test_the_command_lists_checks_and_clears(tmp_path: Path, command: Command) -> None:
    def run(*arguments: str, code: int = 0) -> dict:
        result = command("cache", *arguments, "--json", COMMONHOLD_CACHE=str(tmp_path))
        assert result.returncode == code, result.stderr
        return json.loads(result.stdout)

    assert run("ls")["files"] == []
    with Site(File(CONTENT), File(b"other", "other.zip", "cm0other", "other")) as site:
        path, other = get(site, tmp_path).path, get(site, tmp_path, "other").path
        listed = run("ls")["files"]
        assert {(one["slug"], one["path"]) for one in listed} == {
            ("greetings", str(path)),
            ("other", str(other)),
        }
        assert all(one["intact"] for one in run("verify")["files"])
        held = path.stat()
        with path.open("r+b") as file:
            file.write(b"\0")
        os.utime(
            path, ns=(held.st_atime_ns, held.st_mtime_ns)
        )  # what a disk does to a file does not change its time
        assert [one["slug"] for one in run("verify", code=6)["files"] if not one["intact"]] == ["greetings"]
        run("verify", "--remove")
        assert not path.exists()
        assert other.exists()
        with Lock(Paths.of(other.parent, other.name).lock):
            assert run("rm", "--all")["removed"] == 0
        assert run("rm", "other") == {"removed": 1, "sizeBytes": 5}
        assert not any(tmp_path.glob("files/*"))
    assert command("cache", "rm", "other", COMMONHOLD_CACHE=str(tmp_path)).returncode == 4
    assert command("cache", "rm", COMMONHOLD_CACHE=str(tmp_path)).returncode == 2
    assert command("cache", "rm", "x", "--all", COMMONHOLD_CACHE=str(tmp_path)).returncode == 2
