"""Where the files of one download stand, and how small ones are written: whole, or not at all."""

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_LARGEST_JSON = 4 << 20


class Paths(NamedTuple):
    """The files of one download. All but ``final`` and ``record`` are gone once it is done."""

    final: Path
    part: Path
    journal: Path
    progress: Path
    lock: Path
    record: Path

    @classmethod
    def of(cls, folder: Path, name: str) -> "Paths":
        """Name them for a file ``name`` in ``folder``."""
        part = f"{name}.part"
        return cls(
            final=folder / name,
            part=folder / part,
            journal=folder / f"{part}.journal",
            progress=folder / f"{part}.progress",
            lock=folder / f"{part}.lock",
            record=folder / f"{name}.commonhold",
        )

    def discard(self) -> None:
        """Remove everything an unfinished download left, but not its lock."""
        for path in (self.journal, draft_of(self.journal), self.progress, self.part):
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power loss, on systems where that is a question."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def draft_of(path: Path) -> Path:
    """Return where the next content of a small file is written first.

    One name, so that what a killed process leaves is used again; each file has one writer at a time.
    """
    return path.with_name(f".{path.name}.draft")


def write_json(path: Path, content: Mapping[str, Any], *, secret: bool) -> None:
    """Replace a small file in one step: a reader, or a power loss, sees the old one or the new one."""
    draft = draft_of(path)
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
        descriptor = os.open(draft, flags, 0o600 if secret else 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(content, file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the object in a small file; None where there is none that can be read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, encoding="utf-8") as file:
            content = json.loads(file.read(_LARGEST_JSON))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None
