"""Archives on a real site, and a way to read them as the library does."""

import contextlib
import functools
import gzip
import io
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from commonhold import client
from commonhold.client.archive.sessions import SessionStore


@functools.cache
def entries() -> dict[str, bytes]:
    """Three members of text that span several restart points, two that cannot be packed, many small ones."""
    chance = random.Random(2)
    words = [chance.randbytes(6).hex().encode() for _ in range(300)]
    large = {f"clips/{number}.txt": b" ".join(chance.choices(words, k=400_000)) for number in range(2)}
    noise = {f"noise/{number}.bin": chance.randbytes(4_500_000 + number) for number in range(2)}
    small = {f"small/{number:04d}.txt": f"number {number}".encode() for number in range(300)}
    return {**large, **noise, "empty": b"", **small}


def pack(path: Path, content: dict[str, bytes]) -> Path:
    """Write an archive of these members."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in content.items():
                method = zipfile.ZIP_STORED if name.startswith("noise/") else zipfile.ZIP_DEFLATED
                archive.writestr(name, data, method)
        return path
    with gzip.open(path, "wb", 1) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@dataclass
class Shelf:
    """A dataset on the site, and what it must hold."""

    api: str
    key: str
    name: str
    content: dict[str, bytes]
    size: int
    cache: Path

    def settings(self) -> client.Settings:
        return client.Settings(self.api, self.key, "the test", Path())

    @contextlib.contextmanager
    def open(self, **options: object) -> Iterator[client.Archive]:
        with (
            client.Client(self.settings(), max_wait=5.0) as site,
            client.Archive(site, self.name, sessions=SessionStore(self.cache), **options) as archive,
        ):
            yield archive

    def used(self) -> int:
        """Downloads that the day has been charged with."""
        with client.Client(self.settings()) as site:
            limit = site.account().downloads
        assert limit
        return limit.used


@pytest.fixture
def shelve(site, make, tmp_path: Path) -> Iterator[Callable[[str, dict[str, bytes]], Shelf]]:
    """Publish an archive of the given members under a name."""

    def shelve(filename: str, content: dict[str, bytes]) -> Shelf:
        organization = make.organization()
        email, key = make.person(organization)
        path = pack(tmp_path / filename, content)
        slug = make.dataset(organization, file=str(path), agreed_by=[email])
        make.load()
        return Shelf(site.api, key, slug, content, path.stat().st_size, tmp_path / "sessions")

    return shelve
