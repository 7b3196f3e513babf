"""The note beside a finished file: what it is, and that it was proven. It makes asking again free."""

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from commonhold.client.transfer.layout import Paths, read_json, write_json
from commonhold.client.transfer.part import local_fault

_FORMAT = 1
_MOST_RECORDS = 10_000


@dataclass(frozen=True)
class Record:
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
            write_json(path, {"format": _FORMAT, **asdict(self)}, secret=False)
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
        return self.checksum is not None and (found.st_size, found.st_mtime_ns) == (
            self.size,
            self.modified_ns,
        )


def find(folder: Path, api_url: str, kind: str, name: str, version: int | None) -> tuple[Path, Record] | None:
    """Find a proven file of a dataset in a folder, by id or slug, asking nobody.

    With several versions there, and none asked for, it is the latest.
    """
    best: tuple[Path, Record] | None = None
    for path in _records(folder):
        record = Record.read(path)
        if (
            record is None
            or (record.api_url, record.kind) != (api_url, kind)
            or name not in {record.dataset, record.slug}
        ):
            continue
        if version is not None and record.version != version:
            continue
        paths = Paths.of(folder, path.name.removesuffix(".commonhold"))
        if paths.final.name != record.filename or not record.speaks_of(paths.final):
            continue
        if best is None or (record.version or 0) > (best[1].version or 0):
            best = (paths.final, record)
    return best


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
