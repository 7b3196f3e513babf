"""The order in which things reach the disk, so that no power loss can make the unproven look finished."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.faults.conftest import SMALL_PIECE, environment, random_bytes, until
from tests.faults.server import File, Seen, Site

CONTENT = random_bytes(9_000_000)

#: Downloads in a process whose calls to the system are written down, in the order in which they came back.
_RECORDER = """
import json, os, sys, threading
from pathlib import Path

calls, lock = [], threading.Lock()

def name_of(descriptor):
    return os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}"))

def record(name, describe):
    real = getattr(os, name)
    def wrapped(*arguments, **options):
        told = describe(*arguments)
        result = real(*arguments, **options)
        with lock:
            calls.append([name, *told])
        return result
    setattr(os, name, wrapped)

record("fsync", lambda descriptor: [name_of(descriptor)])
record("fdatasync", lambda descriptor: [name_of(descriptor)])
record("pwrite", lambda descriptor, data, offset: [name_of(descriptor), offset, len(data)])
record("unlink", lambda path: [os.path.basename(path)])

def replaced(source, target):
    content = ""
    if str(target).endswith(".journal"):
        content = Path(source).read_text()
    return [os.path.basename(source), os.path.basename(target), content]

record("replace", replaced)

from commonhold import client
from commonhold.client.transfer import resume

resume._CHECKPOINT_SECONDS = 0.05
api, folder = sys.argv[1:]
settings = client.Settings(api, None, "the test", Path(folder))
with client.Client(settings) as site:
    client.download(site, client.Request("greetings", Path(folder)))
print(json.dumps(calls))
"""
PART, FINAL = "greetings.tar.gz.part", "greetings.tar.gz"
JOURNAL, DRAFT = f"{PART}.journal", f".{PART}.journal.draft"
RECORD = f"{FINAL}.commonhold"


@pytest.fixture(scope="module", params=[True, False], ids=["pieces", "whole"])
def calls(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[list[Any]]:
    home = tmp_path_factory.mktemp("power")
    folder = home / "out"
    folder.mkdir()

    def wait_for_a_look_at_the_disk(seen: Seen) -> None:
        """Let the last pieces come only when the journal says that some are on disk."""
        if seen.last + 1 == len(CONTENT):
            until(lambda: durable_in(json.loads((folder / JOURNAL).read_text())))

    with Site(File(CONTENT, piece_size=SMALL_PIECE, known_pieces=request.param)) as site:
        site.on_storage = wait_for_a_look_at_the_disk
        result = subprocess.run(
            [sys.executable, "-c", _RECORDER, site.api, str(folder)],
            env=environment(home),
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
    assert result.returncode == 0, result.stderr
    assert (folder / FINAL).read_bytes() == CONTENT
    return json.loads(result.stdout)


def durable_in(journal: dict[str, Any]) -> set[int]:
    """The segments that a journal says are on disk."""
    bits = bytes.fromhex(journal["durable"])
    return {8 * i + bit for i, byte in enumerate(bits) for bit in range(8) if byte >> bit & 1}


def places(calls: list[list[Any]], *wanted: Any) -> list[int]:
    """Where the calls that begin with these words stand."""
    return [place for place, call in enumerate(calls) if call[: len(wanted)] == list(wanted)]


def test_a_journal_is_on_disk_before_it_has_its_name(calls: list[list[Any]]) -> None:
    written = places(calls, "replace", DRAFT, JOURNAL)
    assert len(written) > 2
    before = 0
    for place in written:
        assert any(before <= synced < place for synced in places(calls, "fsync", DRAFT))
        before = place
    assert any(place > written[0] for place in places(calls, "fsync", "out"))
    # The first of them stands before the first byte: what was granted must not be lost.
    assert written[0] < places(calls, "pwrite", PART)[0]


def test_what_a_journal_calls_durable_was_synced_after_it_was_written(calls: list[list[Any]]) -> None:
    checked = 0
    for place in places(calls, "replace", DRAFT, JOURNAL):
        journal = json.loads(calls[place][3])
        durable, segment = durable_in(journal), journal["subject"]["segment"]
        synced = max((at for at in places(calls, "fdatasync", PART) if at < place), default=-1)
        for at in places(calls, "pwrite", PART):
            if at < place and calls[at][2] // segment in durable:
                checked += 1
                assert at < synced
    assert checked


def test_data_then_its_name_then_the_folder_then_the_note(calls: list[list[Any]]) -> None:
    [named] = places(calls, "replace", PART, FINAL)
    assert max(places(calls, "pwrite", PART)) < max(
        at for at in places(calls, "fdatasync", PART) if at < named
    )
    folder = min(at for at in places(calls, "fsync", "out") if at > named)
    noted = min(at for at, call in enumerate(calls) if call[0] == "replace" and call[2] == RECORD)
    forgotten = min(at for at in places(calls, "unlink", JOURNAL) if at > named)
    assert named < folder < noted < forgotten
