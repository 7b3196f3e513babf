"""Where the client keeps what can be fetched again, and the files of datasets kept there for all programs.

::

    commonhold/
      files/SITE/DATASET/VERSION/   a verified file and its record; SITE is a hash of the API's address
      sessions/                     addresses of archives that members are read from (0600)
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from commonhold.client.errors import UsageError
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.record import Record

if TYPE_CHECKING:
    from commonhold.client.api import Client
    from commonhold.client.transfer.engine import Options
    from commonhold.client.transfer.request import Outcome, Watcher

_RECORD = ".commonhold"
_NO_VERSION = "0"


def cache_folder(environ: Mapping[str, str] | None = None) -> Path:
    """Return the cache folder: ``COMMONHOLD_CACHE``, or ``commonhold`` in the person's cache folder."""
    surroundings = os.environ if environ is None else environ
    named = surroundings.get("COMMONHOLD_CACHE", "").strip()
    if named:
        return Path(named).expanduser()
    base = surroundings.get("XDG_CACHE_HOME", "")
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / ".cache") / "commonhold"


@dataclass(frozen=True)
class Entry:
    """A file in the cache.

    Attributes:
        path: where it is.
        record: what it is.
        is_intact: whether it is as it was when it was proven, by its size and time.
    """

    path: Path
    record: Record
    is_intact: bool


class Cache:
    """The files of datasets in the cache folder. Safe to use from several processes at once.

    Args:
        folder: the cache folder; the usual one, when not told.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_folder()
        self._files = self.folder / "files"

    def get(
        self,
        site: "Client",
        name: str,
        *,
        version: int | None = None,
        update: bool = False,
        options: "Options | None" = None,
        watcher: "Watcher | None" = None,
    ) -> "Outcome":
        """Return a dataset's verified file in the cache, fetching it where it is not there.

        What is there costs no request. Processes that ask for the same at the same time fetch it once.

        Args:
            site: the site.
            name: id or slug of the dataset.
            version: a version; None for the latest one that is here, or else the current one.
            update: ask the site which version is current although one is here.
            options: how the transfer may behave.
            watcher: told what happens meanwhile.

        Raises:
            CommonholdError: it cannot be had.
        """
        # Loaded here: they know of clients, which know of sessions, which are kept in this folder.
        from commonhold.client.transfer.engine import Options  # noqa: PLC0415
        from commonhold.client.transfer.fetch import download  # noqa: PLC0415
        from commonhold.client.transfer.present import outcome_of  # noqa: PLC0415
        from commonhold.client.transfer.request import Request  # noqa: PLC0415

        if not update:
            found = self._find(site.settings.api_url, name, version)
            if found:
                return outcome_of(found.path, found.record)
        about = site.dataset(name, version=version)
        wanted = Request(
            about.id,
            self._place(site.settings.api_url, about.id, about.version),
            version=about.version,
            overwrite=False,
            options=options or Options(),
        )
        # What was changed under its name is of no use to anybody.
        self._drop_changed(wanted.folder)
        return download(site, wanted, watcher)

    def entries(self) -> Iterator[Entry]:
        """Yield what is in the cache."""
        for path in sorted(self._files.glob(f"*/*/*/*{_RECORD}")):
            record = Record.read(path)
            final = path.with_name(path.name.removesuffix(_RECORD))
            if record and final.name == record.filename:
                yield Entry(final, record, record.speaks_of(final))

    def unfinished(self) -> Iterator[tuple[Path, int]]:
        """Yield what interrupted downloads left, with its bytes on disk."""
        for path in sorted(self._files.glob("*/*/*/*.part")):
            yield path, _bytes_on_disk(path)

    def remove(self, names: frozenset[str] | None = None, *, version: int | None = None) -> tuple[int, int]:
        """Remove files of datasets, by id or slug, or everything; return how many, and their bytes.

        What is being downloaded right now stays.
        """
        count = size = 0
        for entry in list(self.entries()):
            named = names is None or not names.isdisjoint({entry.record.dataset, entry.record.slug})
            if named and version in {None, entry.record.version} and self._remove(entry.path):
                count, size = count + 1, size + entry.record.size
        if names is None and version is None:
            for path, taken in list(self.unfinished()):
                if self._remove(path.with_name(path.name.removesuffix(".part"))):
                    count, size = count + 1, size + taken
            shutil.rmtree(self.folder / "sessions", ignore_errors=True)
        self._prune()
        return count, size

    def _remove(self, path: Path) -> bool:
        paths = Paths.of(path.parent, path.name)
        try:
            with Lock(paths.lock):
                paths.record.unlink(missing_ok=True)
                paths.final.unlink(missing_ok=True)
                paths.discard()
        except HeldError:
            return False
        except OSError as error:
            raise local_fault(error, path) from error
        return True

    def _prune(self) -> None:
        for depth in ("*/*/*", "*/*", "*"):
            for folder in self._files.glob(depth):
                if folder.is_dir() and not any(folder.iterdir()):
                    try:
                        folder.rmdir()
                    except OSError:
                        continue  # somebody begins a download there

    def _find(self, api_url: str, name: str, version: int | None) -> Entry | None:
        found = [
            entry
            for entry in self._of_site(api_url)
            if entry.is_intact
            and name in {entry.record.dataset, entry.record.slug}
            and (entry.record.api_url, entry.record.kind) == (api_url, "dataset")
            and version in {None, entry.record.version}
        ]
        return max(found, key=lambda entry: entry.record.version or 0, default=None)

    def _of_site(self, api_url: str) -> Iterator[Entry]:
        site = _site_name(api_url)
        return (entry for entry in self.entries() if entry.path.parents[2].name == site)

    def _place(self, api_url: str, dataset: str, version: int | None) -> Path:
        if (
            not dataset.isascii()
            or not dataset.replace("-", "").replace("_", "").isalnum()
            or len(dataset) > 100
        ):
            raise UsageError(f"{dataset!r:.60} is no id under which a file can be kept.")
        return self._files / _site_name(api_url) / dataset / (str(version) if version else _NO_VERSION)

    def _drop_changed(self, folder: Path) -> None:
        for entry in list(self.entries()):
            if entry.path.parent == folder and not entry.is_intact:
                self._remove(entry.path)


def cached(
    site: "Client", name: str, *, version: int | None = None, update: bool = False, folder: Path | None = None
) -> Path:
    """Return the path of a dataset's verified file in the cache folder; see :meth:`Cache.get`."""
    return Cache(folder).get(site, name, version=version, update=update).path


def intact(entry: Entry) -> Entry:
    """Hash a cached file, and return its entry as it was found.

    Raises:
        LocalFileError: the file cannot be read.
    """
    from commonhold.client.transfer.part import ReadableFile  # noqa: PLC0415
    from commonhold.client.transfer.prove import sha256_of  # noqa: PLC0415

    file = ReadableFile(entry.path)
    try:
        return replace(entry, is_intact=sha256_of(file) == entry.record.checksum)
    finally:
        file.close()


def _site_name(api_url: str) -> str:
    return hashlib.sha256(api_url.encode()).hexdigest()[:16]


def _bytes_on_disk(path: Path) -> int:
    try:
        found = path.stat()
    except OSError:
        return 0
    return min(found.st_size, getattr(found, "st_blocks", found.st_size // 512 + 1) * 512)
