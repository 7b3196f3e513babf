"""One writer for one download, also on network file systems, where ``flock`` is known to lie.

The lock is a file that comes into being whole (written aside, then hard-linked into place) and says who holds
it. It is stale when its holder is known to be dead: another boot of this machine, or a process that is gone
or was replaced by another with its number. A holder on another machine counts as dead when it has not
touched its lock for long, by the file system's own clock.
"""

import contextlib
import json
import os
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self

from commonhold.client.transfer.layout import read_json
from commonhold.client.transfer.part import local_fault

_HEARTBEAT = 20.0
_DEAD_AFTER = 180.0
_DEEPEST = 4
# A draft is written in a moment; one that stayed empty for so long has no author any more.
_DRAFT_SECONDS = 2.0


def boot_id() -> str:
    """Return what tells this run of the machine from any other; empty where the system does not say."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _process_space() -> str:
    """Return what tells whether process numbers mean the same (containers have their own)."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Return when a process started, in the system's ticks; empty where it is unknown, or has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = status.rpartition(")")[2].split()
    return "" if state in "ZX" else rest[18]


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it belongs to somebody else, so it is there
    return True


class HeldError(Exception):
    """Somebody else holds the lock; ``holder`` says who, as far as it can be read."""

    def __init__(self, holder: dict[str, Any]) -> None:
        super().__init__("the lock is held")
        self.holder = holder

    @property
    def who(self) -> str:
        """The holder in words."""
        pid, host = self.holder.get("pid"), self.holder.get("host")
        here = host == socket.gethostname()
        return f"process {pid}" + ("" if here else f" on {host}")


class Lock:
    """Holds a lock file from :meth:`acquire` to :meth:`release`, and keeps showing that it lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._nonce = os.urandom(8).hex()
        self._released = threading.Event()

    def acquire(self) -> Self:
        """Take the lock.

        Raises:
            HeldError: somebody else holds it.
            LocalFileError: no lock can be made in this folder.
        """
        try:
            _take(self.path, self._description(), depth=0)
        except OSError as error:
            raise local_fault(error, self.path) from error
        threading.Thread(target=self._beat, name="commonhold-lock", daemon=True).start()
        return self

    def release(self) -> None:
        """Give the lock back, if it is still this one."""
        self._released.set()
        _sweep(self.path)
        if (read_json(self.path) or {}).get("nonce") == self._nonce:
            self.path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def _beat(self) -> None:
        while not self._released.wait(_HEARTBEAT):
            with contextlib.suppress(OSError):
                os.utime(self.path)

    def _description(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "started": _started(os.getpid()),
            "host": socket.gethostname(),
            "boot": boot_id(),
            "space": _process_space(),
            "nonce": self._nonce,
        }


def _take(path: Path, description: dict[str, Any], *, depth: int) -> None:
    """Make ``path`` ours, clearing away a dead holder.

    Two who find the same dead holder would both clear it away, and the second would clear away the first. So
    clearing needs a lock of its own, named after the dead holder; with that in hand the holder is looked at
    once more.
    """
    draft = path.with_name(f".{path.name}.{description['nonce']}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(description, file)
    try:
        try:
            _link(draft, path)
        except FileNotFoundError:
            raise HeldError({}) from None  # somebody whose clock differs swept our draft away
        except FileExistsError:
            holder = read_json(path)
            if holder is None:
                holder = read_json(path) or {}  # it was given back just now, or is not of this kind
            if depth >= _DEEPEST or not _is_dead(holder, path):
                raise HeldError(holder) from None
            clearing = path.with_name(f"{path.name}.{_plain(holder.get('nonce'))}")
            _take(clearing, description, depth=depth + 1)
            try:
                if (read_json(path) or {}).get("nonce") != holder.get("nonce"):
                    raise HeldError(holder) from None
                draft.replace(path)
            finally:
                clearing.unlink(missing_ok=True)
    finally:
        draft.unlink(missing_ok=True)


def _link(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        # No hard links here (FAT, some network shares): an exclusive file, which others may see while it is
        # empty. Read first: a draft that was swept away must not leave a lock that names nobody.
        content = draft.read_bytes()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)


def _sweep(path: Path) -> None:
    """Remove what processes left that were killed on their way to this lock: drafts, and locks for clearing.

    Called by the holder only: those who still clear away an earlier one look again, and find it gone.
    """
    for draft in path.parent.iterdir():
        if not draft.name.startswith((f".{path.name}.", f"{path.name}.")):
            continue
        with contextlib.suppress(OSError):
            author = read_json(draft)
            if author:
                is_left = "nonce" in author and _is_dead(author, draft)
            else:  # a lock for clearing has its author from its first moment
                is_draft = draft.name.startswith(".")
                is_left = is_draft and time.time() - draft.stat().st_mtime > _DRAFT_SECONDS
            if is_left:
                draft.unlink()


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return text if text.isalnum() and len(text) <= 32 else "unknown"


def _is_dead(holder: dict[str, Any], path: Path) -> bool:
    pid = holder.get("pid")
    if holder.get("host") == socket.gethostname() and holder.get("space") == _process_space():
        if holder.get("boot") != boot_id():
            return True
        if not isinstance(pid, int) or pid <= 0:
            return True
        if os.name == "nt":  # asking whether a process runs would end it there
            return _is_silent(path)
        return not _is_running(pid) or _started(pid) != holder.get("started")
    return _is_silent(path)


def _is_silent(path: Path) -> bool:
    """Whether a lock was not touched for long, by the clock of the file system that holds it."""
    probe = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    try:
        probe.touch(exist_ok=False)
        return probe.stat().st_mtime - path.stat().st_mtime > _DEAD_AFTER
    except OSError:
        return False
    finally:
        probe.unlink(missing_ok=True)
