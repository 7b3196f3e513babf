"""What an unfinished upload must remember: which session, of which file, and what was sent under which hash.

A text file beside the archive: one line for the session, then a line for each part that arrived. Lines are only ever
added, so that whatever stops the process leaves at most a last line in halves, which counts for nothing.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from commonhold.client.errors import LocalFileError

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Session:
    """An upload that has begun at the site.

    Attributes:
        api_url: of the site.
        submission: whose file it is.
        root: path of the session below the API's address.
        upload_id: as the site gave it.
        size: of the file, in bytes.
        part_size: of every part but the last.
    """

    api_url: str
    submission: str
    root: str
    upload_id: str
    size: int
    part_size: int


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part that has arrived: its ETag, and the SHA-256 of what was sent."""

    number: int
    etag: str
    sha256: str


@dataclass(slots=True)
class Journal:
    """The memory of one unfinished upload."""

    path: Path
    session: Session
    parts: dict[int, SentPart] = field(default_factory=dict)

    @classmethod
    def beside(cls, file: Path, *, sample: bool) -> Path:
        """Return where the journal of a file lies."""
        return file.with_name(f".{file.name}.{'sample' if sample else 'archive'}.commonhold-upload")

    @classmethod
    def load(cls, path: Path) -> "Journal | None":
        """Read a journal; None where there is none that can be used."""
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return None
        records = [record for record in map(_record, lines) if record is not None]
        if not records or records[0].get("format") != _FORMAT:
            return None
        try:
            journal = cls(path, Session(**records[0]["session"]))
            for record in records[1:]:
                part = SentPart(**record)
                journal.parts[part.number] = part
        except (KeyError, TypeError):
            return None
        return journal

    def begin(self) -> None:
        """Write the first line; it is on disk when this returns."""
        line = json.dumps({"format": _FORMAT, "session": asdict(self.session)}) + "\n"
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            with draft.open("w", encoding="utf-8") as file:
                file.write(line)
                file.flush()
                os.fsync(file.fileno())
            draft.chmod(0o600)
            draft.replace(self.path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise LocalFileError(
                f"{self.path.parent} cannot be written to: {error.strerror}.",
                hint="The upload keeps its place in a file beside the archive; put the archive where you can write.",
            ) from error

    def add(self, part: SentPart) -> None:
        """Remember a part that arrived."""
        self.parts[part.number] = part
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(part)) + "\n")

    def forget(self) -> None:
        """The upload is done, or its session is dead."""
        self.path.unlink(missing_ok=True)


def _record(line: str) -> Mapping[str, Any] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
