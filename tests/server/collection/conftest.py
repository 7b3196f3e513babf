"""A folder with two small archives, and a way to read a collection file written into it."""

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from commonhold.server.collection.document import Collection
from commonhold.server.collection.file import read_collection
from commonhold.server.collection.mistakes import CollectionError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    data = tmp_path / "data"
    data.mkdir()
    for name in ("a.tar.gz", "b.tgz", "c.zip", "schema.yaml", "notes.txt"):
        (data / name).write_bytes(b"content")
    (data / "empty.zip").touch()
    (data / "folder.zip").mkdir()
    return tmp_path


@pytest.fixture
def read(folder: Path) -> Callable[[str | bytes], Collection]:
    """Read a collection written as indented text, or as the bytes it is."""

    def reader(text: str | bytes) -> Collection:
        path = folder / "c.yaml"
        path.write_bytes(text if isinstance(text, bytes) else textwrap.dedent(text).lstrip("\n").encode())
        return read_collection(path)

    return reader


@pytest.fixture
def mistakes(read: Callable[[str | bytes], Collection]) -> Callable[[str | bytes], list[str]]:
    """Return the lines of the message that a wrong collection gets."""

    def reader(text: str | bytes) -> list[str]:
        with pytest.raises(CollectionError) as caught:
            read(text)
        assert len(caught.value.mistakes) >= 1
        return str(caught.value).splitlines()

    return reader
