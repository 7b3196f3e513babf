"""The note beside a finished file: what it is, and that it was proven. It makes asking again free."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

from commonhold.client.transfer.layout import Paths, read_json, write_json
from commonhold.client.transfer.part import local_fault

_FORMAT = 1
_MOST_RECORDS = 10_000


class Record(NamedTuple):
    """What is known of a finished file.

    ``modified_ns`` is the file's time of change when it was proven: a file changed since is not what it was.
    ``checksum`` is None where the site told none; such a file was never proven.
    """

    api_url: str
    kind: str
    dataset: str
    slug: str
    version: int | None
    filename: str
    size: int
    checksum: str | None
    modified_ns: int

    def write(self, path: Path) -> None:
        """Keep it at ``path``.

        Raises:
            LocalFileError: it cannot be written.
        """
        try:
            write_json(path, {"format": _FORMAT, **self._asdict()}, secret=False)
        except OSError as error:
            raise local_fault(error, path) from error

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read the record at ``path``; None where there is none of use."""
        content = read_json(path)
        if content is None or content.pop("format", None) != _FORMAT:
            return None
        try:
            record = cls(**content)
        except TypeError:
            return None
        sound = isinstance(record.size, int) and isinstance(record.modified_ns, int)
        return record if sound and isinstance(record.checksum, str | None) else None

    def speaks_of(self, path: Path) -> bool:
        """Whether the file at ``path`` is as it was when it was proven."""
        try:
            found = path.stat()
        except OSError:
            return False
        if self.kind.endswith("-extracted"):  # what people do with what they unpacked is their business
            return stat.S_ISDIR(found.st_mode)
        return self.checksum is not None and (found.st_size, found.st_mtime_ns) == (
            self.size,
            self.modified_ns,
        )


class Records:
    """The records of one folder, read once.

    Args:
        folder: which need not be there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_name: dict[tuple[str, str, str], list[tuple[Path, Record]]] = {}
        for path in _records(folder):
            record = Record.read(path)
            paths = Paths.of(folder, path.name.removesuffix(".commonhold"))
            if record is None or paths.final.name != record.filename:
                continue
            for name in {record.dataset, record.slug}:
                self._by_name.setdefault((record.api_url, record.kind, name), []).append(
                    (paths.final, record)
                )

    def find(self, api_url: str, kind: str, name: str, version: int | None) -> tuple[Path, Record] | None:
        """Find a proven file of a dataset, by id or slug, asking nobody.

        With several versions there, and none asked for, it is the latest.
        """
        found = [
            (path, record)
            for path, record in self._by_name.get((api_url, kind, name), ())
            if version in {None, record.version} and record.speaks_of(path)
        ]
        return max(found, key=lambda one: one[1].version or 0, default=None)


def _records(folder: Path) -> Iterator[Path]:
    try:
        with os.scandir(folder) as entries:
            for count, entry in enumerate(entries):
                if count >= _MOST_RECORDS:
                    return
                if entry.name.endswith(".commonhold"):
                    yield Path(entry.path)
    except OSError:
        return
