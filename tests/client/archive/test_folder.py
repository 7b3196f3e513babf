"""Nothing in an archive reaches out of the folder it is unpacked in, and nothing half-done has a final name."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonhold.client import errors
from commonhold.client.archive.folder import Folder, inside

HOSTILE = [
    "../out", "a/../../out", "/etc/passwd", "..", ".", "", "/", "a/..", "c:\\x", "c:/x", "a\\..\\b", "a\0b",
    "a\nb", "a\x1bb", "a\u2028b", "x/" * 2100 + "x", "\ud800",
]  # fmt: skip


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("name", HOSTILE)
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    folder = Folder(tmp_path / "in")
    for make in (
        lambda: folder.file(name, 1, [b"x"]),
        lambda: folder.folder(name),
        lambda: folder.link(name, "x"),
        lambda: folder.copy("fine", name),
    ):
        with pytest.raises(errors.CorruptError):
            make()
    folder.finish()
    assert everything(tmp_path) == ["in"]


def test_names_that_are_fine() -> None:
    assert inside("./a//b/") == ("a", "b")
    assert inside("..a/b..") == ("..a", "b..")
    assert inside("клипы/音声.mp3") == ("клипы", "音声.mp3")


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("l", "/etc"), ("l", ".."), ("l", "../x"), ("a/l", "../../x"), ("l", "a/.."), ("l", "a/../../x"), ("l", ""),
        ("l", "c:/x"), ("l", "..\\x"), ("a/b/l", "../../../x"), ("a/b/l", "x/../../../../y"),
    ],
)  # fmt: skip
def test_links_that_lead_out(tmp_path: Path, name: str, target: str) -> None:
    folder = Folder(tmp_path / "in")
    with pytest.raises(errors.CorruptError, match="leads out"):
        folder.link(name, target)
    folder.finish()
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


def test_links_inside_are_made_last_so_that_nothing_is_written_through_them(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "in")
    folder.link("a/up", "..")
    folder.link("door", "a")
    folder.file("a/file", 1, [b"x"])
    # The name of a link that comes later is a folder while files are written.
    folder.file("door/file", 1, [b"y"])
    with pytest.raises(errors.LocalFileError, match="door is there already"):
        folder.finish()
    assert (tmp_path / "in/a/file").read_bytes() == b"x"
    assert (tmp_path / "in/a/up/a/file").read_bytes() == b"x"


def test_links_that_were_there_are_not_gone_through(tmp_path: Path) -> None:
    (tmp_path / "treasure").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a").symlink_to(tmp_path / "treasure")
    folder = Folder(tmp_path / "in", overwrite=True)
    with pytest.raises(errors.LocalFileError, match="is no folder"):
        folder.file("a/file", 1, [b"x"])
    (tmp_path / "in/b").symlink_to(tmp_path / "treasure/gold")
    folder.file("b", 1, [b"x"])
    assert everything(tmp_path / "treasure") == []
    assert not (tmp_path / "in/b").is_symlink()


def test_a_file_has_its_name_only_when_it_is_whole(tmp_path: Path) -> None:
    def breaks_off() -> Iterator[bytes]:
        yield b"half"
        raise errors.CorruptError("it broke off")

    folder = Folder(tmp_path / "in")
    with pytest.raises(errors.CorruptError):
        folder.file("a/file", 8, breaks_off())
    assert everything(tmp_path) == ["in", "in/a"]
    with pytest.raises(errors.DiskFullError):
        folder.file("huge", 1 << 60, [b"x"])
    assert everything(tmp_path) == ["in", "in/a"]


def test_what_is_there_is_replaced_only_when_asked_for(tmp_path: Path) -> None:
    Folder(tmp_path).file("file", 1, [b"1"], is_program=True, modified=1_000_000)
    with pytest.raises(errors.LocalFileError, match="there already"):
        Folder(tmp_path).file("file", 1, [b"2"])
    assert (tmp_path / "file").read_bytes() == b"1"
    assert os.access(tmp_path / "file", os.X_OK)
    assert (tmp_path / "file").stat().st_mtime == 1_000_000
    Folder(tmp_path, overwrite=True).file("file", 1, [b"2"])
    assert (tmp_path / "file").read_bytes() == b"2"
    assert Folder(tmp_path).copy("again", "file").read_bytes() == b"2"
    with pytest.raises(errors.CorruptError, match="does not hold"):
        Folder(tmp_path).copy("third", "nothing")
