"""``publish``, ``submissions`` and ``versions`` against a real site: whole, resumed after kill -9, with a changed file."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.collection import Maker
from tests.support.gate import Gate, first_parts
from tests.support.publishing import COMPLETE, Publisher, approve, file, publisher, until
from tests.support.site import Site


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A publisher for all tests here."""
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def start(one: Publisher, home: Path, *arguments: str, gate: Gate | None = None) -> "subprocess.Popen[bytes]":
    """Start the command as its users do."""
    environment = {
        "PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), "HOME": str(home),
        "MDC_API_URL": gate.api if gate else one.site.api, "MDC_API_KEY": one.key,
    }  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-m", "commonhold", *arguments],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=home,
    )  # fmt: skip


def run(one: Publisher, home: Path, *arguments: str, gate: Gate | None = None) -> tuple[int, str, str]:
    process = start(one, home, *arguments, gate=gate)
    out, err = process.communicate(timeout=180)
    return process.returncode, out.decode(), err.decode()


@contextmanager
def killed_after(parts: int, one: Publisher, home: Path, *arguments: str) -> Iterator[tuple[Gate, Path]]:
    """Have the command killed once so many parts have arrived; the ones behind them are held on their way.

    Yields:
        The gate, open now, through which the command finds the same site again, and the journal it left.
    """
    archive = Path(arguments[1])
    journal = archive.with_name(f".{archive.name}.archive.commonhold-upload")
    with Gate.before(one.site, first_parts(parts)) as gate:
        process = start(one, home, *arguments, gate=gate)
        try:
            until(lambda: journal.exists() and journal.read_text().count("\n") == 1 + parts)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()
        gate.open()
        yield gate, journal


def written(home: Path, **fields: object) -> Path:
    path = home / "metadata.json"
    path.write_text(json.dumps({**COMPLETE, **fields}))
    return path


def test_publish_show_and_a_new_version(one: Publisher, tmp_path: Path) -> None:
    metadata = written(tmp_path, name="Published by the command")
    archive = file(tmp_path)
    sample = file(tmp_path, "few.tar.gz", b"few")
    code, out, err = run(
        one, tmp_path, "publish", str(archive), "--metadata", str(metadata), "--sample", str(sample), "--json"
    )
    assert code == 0, err
    told = json.loads(out)
    assert (told["status"], told["verification"]) == ("submitted", "verified")
    assert told["checksum"] == f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assert sorted(path.name for path in tmp_path.iterdir() if "commonhold" in path.name) == []
    until(
        lambda: (
            one.state(told["submission"])["sampleFileReference"]["currentVersion"]["fileUpload"][
                "verification"
            ]
            == "verified"
        )
    )
    dataset = approve(told["submission"])
    code, out, _ = run(one, tmp_path, "submissions", "show", told["submission"], "--json")
    assert (code, json.loads(out)["approvedDatasetId"]) == (0, dataset)
    code, out, _ = run(one, tmp_path, "submissions", "list")
    assert (code, told["submission"] in out) == (0, True)
    second = file(tmp_path, "second.tar.gz", b"second")
    code, out, err = run(one, tmp_path, "publish", str(second), "--dataset", dataset, "--json")
    assert code == 0, err
    assert json.loads(out)["verification"] == "verified"
    until(lambda: one.call("GET", f"/datasets/{dataset}").json()["version"] == 2)
    code, out, _ = run(one, tmp_path, "versions", dataset, "--json")
    assert [entry["version"] for entry in json.loads(out)["versions"]] == [2, 1]


def test_drafts_are_submitted_withdrawn_and_deleted(one: Publisher, tmp_path: Path) -> None:
    metadata, archive = written(tmp_path), file(tmp_path)
    code, out, err = run(
        one, tmp_path, "publish", str(archive), "--metadata", str(metadata), "--no-submit", "--json"
    )
    assert code == 0, err
    submission = json.loads(out)["submission"]
    assert json.loads(out)["status"] == "draft"
    for verb, status in (("submit", "submitted"), ("retract", "retracted")):
        code, out, err = run(one, tmp_path, "submissions", verb, submission, "--json")
        assert (code, json.loads(out)["status"]) == (0, status), err
    assert run(one, tmp_path, "submissions", "delete", submission)[0] == 0
    code, _, err = run(one, tmp_path, "submissions", "show", submission)
    assert (code, "deleted" in err) == (4, True)


def test_what_is_missing_is_named(one: Publisher, tmp_path: Path) -> None:
    metadata = tmp_path / "bare.json"
    metadata.write_text(json.dumps({"name": "Bare"}))
    code, _, err = run(one, tmp_path, "publish", str(file(tmp_path)), "--metadata", str(metadata))
    assert code == 2
    assert "longDescription" in err
    metadata.write_text(json.dumps({"name": "Bare", "licence": "MIT"}))
    code, _, err = run(one, tmp_path, "publish", str(file(tmp_path)), "--metadata", str(metadata))
    assert (code, "license" in err) == (2, True)
    code, _, err = run(
        one, tmp_path, "publish", str(tmp_path / "nowhere.tar.gz"), "--metadata", str(metadata)
    )
    assert code == 2


def test_a_file_that_is_no_archive(one: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "zeros.tar.gz"
    path.write_bytes(bytes(100_000))
    code, _, err = run(one, tmp_path, "publish", str(path), "--metadata", str(written(tmp_path)))
    assert code == 6, err
    # Mended, the same command goes on with the same submission.
    path.write_bytes(file(tmp_path, "good.tar.gz").read_bytes())


def test_kill_9_and_go_on(one: Publisher, tmp_path: Path) -> None:
    content = random.Random(5).randbytes(60 << 20)
    archive = file(tmp_path, "large.tar.gz", content)
    metadata = written(tmp_path)
    arguments = ("publish", str(archive), "--metadata", str(metadata), "--connections", "2", "--json")
    with killed_after(2, one, tmp_path, *arguments) as (gate, journal):
        before = journal.read_text().splitlines()
        code, out, err = run(one, tmp_path, *arguments, gate=gate)
    assert code == 0, err
    told = json.loads(out)
    assert told["verification"] == "verified"
    assert told["checksum"] == f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assert told["upload"] == json.loads(before[0])["session"]["root"].rpartition("/")[2], "the same session"
    assert not journal.exists()
    assert one.call("GET", "/submissions").json()["items"][0]["id"] == told["submission"]


def test_a_file_that_changes_between_two_runs(one: Publisher, tmp_path: Path) -> None:
    archive = tmp_path / "changing.zip"

    def write(seed: int) -> int:
        # Stored, not packed: whatever the content, the size is the same.
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
            packed.writestr("data.bin", random.Random(seed).randbytes(40 << 20))
        return archive.stat().st_size

    size = write(6)
    arguments = (
        "publish",
        str(archive),
        "--metadata",
        str(written(tmp_path)),
        "--connections",
        "1",
        "--json",
    )
    with killed_after(2, one, tmp_path, *arguments) as (gate, _):
        assert write(8) == size
        code, out, err = run(one, tmp_path, *arguments, gate=gate)
    assert code == 0, err
    assert json.loads(out)["checksum"] == f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assert json.loads(out)["verification"] == "verified"


def test_the_session_was_ended_meanwhile(one: Publisher, tmp_path: Path) -> None:
    from commonhold.server.submissions.actions.files import expire
    from commonhold.server.submissions.models import Upload

    archive = file(tmp_path, "ended.tar.gz", random.Random(9).randbytes(20 << 20))
    arguments = (
        "publish",
        str(archive),
        "--metadata",
        str(written(tmp_path)),
        "--connections",
        "1",
        "--json",
    )
    with killed_after(1, one, tmp_path, *arguments) as (gate, journal):
        first = json.loads(journal.read_text().splitlines()[0])["session"]["root"].rpartition("/")[2]
        expire(Upload.objects.get(public_id=first))
        until(lambda: Upload.objects.get(public_id=first).dropped_at)
        code, out, err = run(one, tmp_path, *arguments, gate=gate)
    assert code == 0, err
    assert json.loads(out)["upload"] != first
    assert json.loads(out)["verification"] == "verified"
