"""A whole archive of a real site, unpacked while it comes."""

from pathlib import Path

import pytest

from commonhold import client
from commonhold.client.transfer.extract import extract
from tests.client.archive.conftest import entries


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_everything_is_there_and_the_archive_is_not(shelve, filename: str, tmp_path: Path) -> None:
    content = entries() | {"deep/er/file": b"x"}
    shelf = shelve(filename, content)
    folder = tmp_path / "out"
    with client.Client(shelf.settings()) as site:
        outcome = extract(site, client.Request(shelf.name, folder))
        assert outcome.is_verified
        assert (outcome.sessions, outcome.received) == (1, shelf.size)
        assert extract(site, client.Request(shelf.name, folder)).was_present
    found = {str(p.relative_to(outcome.path)): p.read_bytes() for p in outcome.path.rglob("*") if p.is_file()}
    assert found == content
    assert sorted(path.name for path in folder.iterdir()) == ["a", "a.commonhold"]
    assert shelf.used() == 1
