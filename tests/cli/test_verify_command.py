"""`admin verify` from outside, on a site of its own: what it finds, what it removes, how it ends."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.collection import archive

STALE = "uploads/a/stale.tar.gz"


@pytest.fixture
def house(tmp_path: Path):
    """A data folder with one dataset, and the command run on it."""
    content = {
        "organizations": [{"slug": "org", "name": "Org", "can_publish": True}],
        "datasets": [{
            "slug": "greetings", "organization": "org", "name": "Greetings", "license": "CC0-1.0", "task": "NLP",
            "format": "TSV", "locale": "en", "file": str(archive(tmp_path, "greetings.tar.gz")),
        }],
    }  # fmt: skip
    (tmp_path / "collection.yaml").write_text(json.dumps(content))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    environment["COMMONHOLD_DATA"] = str(tmp_path / "data")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "commonhold", "admin", *words],
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip

    assert run("load", str(tmp_path / "collection.yaml")).returncode == 0
    return tmp_path / "data" / "objects", run


def stray(objects: Path, name: str, *, hours: float = 48) -> Path:
    path = objects / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (time.time() - hours * 3600,) * 2)
    return path


def test_orphans_are_shown_and_cleaned(house) -> None:
    objects, run = house
    assert run("verify", "--deep").returncode == 0
    stale, young = stray(objects, STALE), stray(objects, "uploads/a/young.tar.gz", hours=2)
    draft, foreign = stray(objects, ".incoming/killed"), stray(objects, "lost+found/x.zip")
    shown = run("verify")
    assert shown.returncode == 2
    assert "orphan" in shown.stdout
    assert "too young to tell" in shown.stdout
    assert "--clean" in shown.stderr
    facts = json.loads(run("verify", "--json").stdout)
    found = {one["name"]: (one["kind"], one["orphan"]) for one in facts["findings"]}
    assert found == {
        STALE: ("unknown object", True),
        "uploads/a/young.tar.gz": ("unknown object", False),
        ".incoming/killed": ("leftover file", True),
    }
    assert (facts["orphans"], facts["removed"], facts["faults"], facts["known"]) == (2, 0, 0, 1)
    cleaned = run("verify", "--clean", "--json")
    assert (cleaned.returncode, json.loads(cleaned.stdout)["removed"]) == (0, 2)
    assert [path.exists() for path in (stale, draft, young, foreign)] == [False, False, True, True]
    assert run("verify", "--clean", "--grace", "1").returncode == 0
    assert not young.exists()


def test_a_store_that_is_hardly_this_sites_is_left_alone(house) -> None:
    objects, run = house
    for number in range(102):
        stray(objects, f"uploads/other/{number}.zip")
    refused = run("verify", "--clean")
    assert refused.returncode == 2
    assert "another site's store" in refused.stderr
    assert len(list((objects / "uploads").rglob("*.zip"))) == 102
    assert run("verify", "--clean", "--force").returncode == 0
    assert not list((objects / "uploads").rglob("*.zip"))


def test_files_that_are_not_as_they_were_end_with_6(house) -> None:
    objects, run = house
    [path] = (objects / "datasets").rglob("*.tar.gz")
    content = path.read_bytes()
    path.chmod(0o640)
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    path.chmod(0o440)
    assert run("verify").returncode == 0, "a look at the sizes does not read"
    deep = run("verify", "--deep", "--json")
    assert deep.returncode == 6
    assert [one["kind"] for one in json.loads(deep.stdout)["findings"]] == ["wrong content"]
    path.unlink()
    missing = run("verify")
    assert missing.returncode == 6
    assert "missing" in missing.stdout
