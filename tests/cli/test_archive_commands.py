"""`ls`, `cat` and `extract` as people run them, against a real site."""

import json
from pathlib import Path

import pytest

from tests.client.archive.conftest import Shelf, shelve
from tests.faults.conftest import Command

__all__ = ["shelve"]
CONTENT = {
    "README.md": "Grüße\n".encode(),
    "clips/one.txt": b"1" * 1000,
    "clips/two.txt": b"2" * 2000,
    "clips/raw.bin": bytes(range(256)),
    "other/[x].txt": b"odd",
}


@pytest.fixture(params=["a.tar.gz", "a.zip"])
def shelf(shelve, request: pytest.FixtureRequest) -> Shelf:
    return shelve(request.param, CONTENT)


def test_listing_reading_and_extracting(shelf: Shelf, command: Command, tmp_path: Path) -> None:
    where = {"COMMONHOLD_API_KEY": shelf.key, "COMMONHOLD_CACHE": str(tmp_path / "cache")}

    def run(*arguments: str) -> str:
        result = command(*arguments, "--api-url", shelf.api, **where)
        assert result.returncode == 0, result.stderr
        return result.stdout

    assert run("ls", shelf.name, "--quiet").splitlines() == list(CONTENT)
    assert "1000 bytes  clips/one.txt" in run("ls", shelf.name)
    for patterns in (["clips/"], ["clips"], ["clips/*"], ["clips/one.txt", "clips/[rt]*"]):
        assert run("ls", shelf.name, *patterns, "-q").splitlines() == list(CONTENT)[1:4]
    assert run("ls", shelf.name, "other/[x].txt", "-q") == "other/[x].txt\n"
    facts = json.loads(run("ls", shelf.name, "--json"))
    assert facts["members"][0] == {
        "name": "README.md",
        "kind": "file",
        "sizeBytes": len(CONTENT["README.md"]),
    }
    assert shelf.used() == 0

    assert run("cat", shelf.name, "README.md", "clips/one.txt") == "Grüße\n" + "1" * 1000
    facts = json.loads(run("cat", shelf.name, "README.md", "clips/raw.bin", "--json"))
    assert facts["members"][0]["text"] == "Grüße\n"
    assert facts["members"][0]["proof"] == "pieces"
    assert "base64" in facts["members"][1]
    assert facts["sessions"] == 0

    facts = json.loads(
        run("extract", shelf.name, "clips/*.txt", "other", "-o", str(tmp_path / "out"), "--json")
    )
    found = {str(p.relative_to(tmp_path / "out")): p.read_bytes() for p in (tmp_path / "out").rglob("*.*")}
    assert found == {name: CONTENT[name] for name in ("clips/one.txt", "clips/two.txt", "other/[x].txt")}
    assert len(facts["files"]) == 3
    again = command(
        "extract", shelf.name, "clips", "-o", str(tmp_path / "out"), "--api-url", shelf.api, **where
    )
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert shelf.used() == 1


def test_what_is_not_there_is_told_before_anything_is_spent(
    shelf: Shelf, command: Command, tmp_path: Path
) -> None:
    where = {"COMMONHOLD_API_KEY": shelf.key, "COMMONHOLD_CACHE": str(tmp_path / "cache")}
    for arguments in (
        ("cat", shelf.name, "nothing"),
        ("extract", shelf.name, "nothing*"),
        ("ls", "no-such-dataset"),
    ):
        result = command(*arguments, "--api-url", shelf.api, **where)
        assert (result.returncode, result.stdout) == (4, "")
    assert shelf.used() == 0
    assert not (tmp_path / "cache").exists()
