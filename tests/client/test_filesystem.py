"""Members of archives through fsspec, as other libraries use it."""

import hashlib
import io
import random
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from commonhold.client.filesystem import CommonholdFileSystem
from tests.faults.conftest import ROOT
from tests.support.collection import Maker
from tests.support.site import Site, unique

FILES = {
    "read me.txt": b"hello",
    "data/a.csv": b"n\n1\n2\n",
    "data/b.csv": b"n\n3\n",
    "data/deep/c.bin": random.Random(3).randbytes(300_000),
}


def pack(folder: Path, kind: str, files: dict[str, bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{unique('files')}.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, content in files.items():
                packed.writestr(name, content)
        return path
    with tarfile.open(path, "w:gz") as packed:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))
    return path


class Shelf:
    def __init__(self, site: Site, make: Maker, home: Path) -> None:
        self.make, self.home = make, home
        self.organization = make.organization()
        self.email, key = make.person(self.organization)
        home.mkdir()
        (home / "key").write_text(key)
        make.load()
        fsspec.register_implementation("commonhold", CommonholdFileSystem, clobber=True)
        self.options = {"api_url": site.url, "key_file": str(home / "key"), "skip_instance_cache": True}
        self.system: Any = fsspec.filesystem("commonhold", **self.options)

    def dataset(self, *, agreed: bool = True, **fields: Any) -> str:
        if agreed:
            fields["agreed_by"] = [self.email]
        slug = self.make.dataset(self.organization, **fields)
        self.make.load()
        return slug


@pytest.fixture
def shelf(site: Site, make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    monkeypatch.setenv("COMMONHOLD_CACHE", str(tmp_path / "cache"))
    made = Shelf(site, make, tmp_path / "home")
    yield made
    made.system.invalidate_cache()
    made.system._site.close()


@pytest.fixture(params=["tar.gz", "zip"])
def slug(request: pytest.FixtureRequest, shelf: Shelf) -> str:
    return shelf.dataset(file=str(pack(shelf.make.folder, request.param, FILES)))


def test_the_entry_point_leads_here() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["fsspec.specs"]
    assert points == {"commonhold": f"{CommonholdFileSystem.__module__}:{CommonholdFileSystem.__name__}"}


def test_listing_finding_and_telling(shelf: Shelf, slug: str) -> None:
    system = shelf.system
    assert sorted(system.ls(slug, detail=False)) == [f"{slug}/data", f"{slug}/read me.txt"]
    assert {entry["name"]: entry["type"] for entry in system.ls(f"commonhold://{slug}@1/data/")} == {
        f"{slug}@1/data/a.csv": "file", f"{slug}@1/data/b.csv": "file", f"{slug}@1/data/deep": "directory",
    }  # fmt: skip
    assert system.info(f"{slug}/data/a.csv") == {"name": f"{slug}/data/a.csv", "size": 6, "type": "file"}
    assert system.isdir(slug)
    assert system.isdir(f"{slug}/data/deep")
    assert not system.exists(f"{slug}/data/deep/none")
    assert not system.exists(f"{slug}@7/data/a.csv")
    assert system.find(slug) == [
        f"{slug}/{name}" for name in ("data/a.csv", "data/b.csv", "data/deep/c.bin", "read me.txt")
    ]
    assert system.glob(f"{slug}/**/*.csv") == [f"{slug}/data/a.csv", f"{slug}/data/b.csv"]
    assert system.du(slug) == sum(map(len, FILES.values()))
    assert system.ukey(f"{slug}/data/a.csv") != system.ukey(f"{slug}/data/b.csv")


def test_reading(shelf: Shelf, slug: str, tmp_path: Path) -> None:
    system, deep = shelf.system, FILES["data/deep/c.bin"]
    with (
        system.open(f"commonhold://{slug}@1/data/deep/c.bin") as file,
        system.open(f"{slug}/read me.txt") as other,
    ):
        assert file.read(10) == deep[:10]
        assert other.read() == b"hello"
        assert file.read(10) == deep[10:20]
        file.seek(-5, io.SEEK_END)
        assert file.read() == deep[-5:]
        file.seek(100)
        assert hashlib.sha256(file.read()).digest() == hashlib.sha256(deep[100:]).digest()
    assert system.cat(f"{slug}/read me.txt") == b"hello"
    assert system.cat_file(f"{slug}/data/deep/c.bin", 1000, -1000) == deep[1000:-1000]
    assert system.cat([f"{slug}/data/a.csv", f"{slug}/data/b.csv"]) == {
        f"{slug}/data/a.csv": FILES["data/a.csv"], f"{slug}/data/b.csv": FILES["data/b.csv"],
    }  # fmt: skip
    with fsspec.open(f"commonhold://{slug}/data/a.csv", "rt", **shelf.options) as file:
        assert file.readlines() == ["n\n", "1\n", "2\n"]
    system.get(f"{slug}/data", str(tmp_path / "here"), recursive=True)
    assert (tmp_path / "here" / "deep" / "c.bin").read_bytes() == deep


def test_pandas_reads_a_member(shelf: Shelf, slug: str) -> None:
    import pandas as pd

    options = {key: value for key, value in shelf.options.items() if key != "skip_instance_cache"}
    table = pd.read_csv(f"commonhold://{slug}@1/data/a.csv", storage_options=options)
    assert list(table["n"]) == [1, 2]


def test_one_session_serves_everything(shelf: Shelf, slug: str) -> None:
    before = shelf.system._site.account().downloads.used
    for name in ("data/a.csv", "data/b.csv", "data/deep/c.bin"):
        assert shelf.system.cat(f"{slug}/{name}") == FILES[name]
    assert shelf.system._site.account().downloads.used == before + 1


def test_names_that_lead_out_are_not_there(shelf: Shelf, tmp_path: Path) -> None:
    """Should an archive have one, copying it all stays in the folder it is copied to."""
    from commonhold.client.filesystem import _is_harmless

    assert not any(_is_harmless(name) for name in ("../x", "a/../../x", "/etc/passwd", "c:/x", "a\\b"))
    assert _is_harmless("data/a.csv")


def test_what_cannot_be_had_raises_as_files_do(shelf: Shelf, slug: str) -> None:
    system = shelf.system
    with pytest.raises(FileNotFoundError):
        system.open(f"{slug}/none")
    with pytest.raises(FileNotFoundError):
        system.ls("no-such-dataset")
    for nothing in ("", "commonhold://", "@1/x", f"{slug}@x/y"):
        with pytest.raises(FileNotFoundError):
            system.ls(nothing)
    with pytest.raises((IsADirectoryError, OSError)):
        system.open(slug)
    with pytest.raises(PermissionError):
        system.open(f"{slug}/new", "wb")
    unread = shelf.dataset(agreed=False)
    with pytest.raises(PermissionError, match="terms"):
        system.ls(unread)
