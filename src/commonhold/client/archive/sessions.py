"""One download session for all that is read of an archive: kept in the cache folder while it lives.

What is kept lets anyone fetch the file, so nobody else may read it.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from commonhold.client.fields import web_address
from commonhold.client.models import Session
from commonhold.client.transfer.layout import read_json, write_json
from commonhold.client.transfer.lock import HeldError, Lock
from commonhold.client.transfer.part import local_fault
from commonhold.client.transfer.question import as_key, new_key
from commonhold.client.transfer.source import Grant, Identity

_FORMAT = 1
_LOCK_POLL = 0.1


@dataclass(frozen=True)
class Kept:
    """An address that was granted for one version of one dataset, and what it must lead to.

    ``asking`` is the key of a question for another, whose answer is not noted yet, or an empty text.
    """

    grant: Grant
    identity: Identity
    size: int
    checksum: str | None
    asking: str = ""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """Read what is at ``path``; None where there is nothing of use."""
        content = read_json(path) or {}
        url, expires = web_address(content.get("url")), content.get("expires_at")
        try:
            if url is None or content["format"] != _FORMAT:
                return None
            return cls(
                Grant(
                    url,
                    float(content["granted_at"]),
                    None if expires is None else float(expires),
                    is_fresh=False,
                ),
                Identity(str(content["etag"]), str(content["modified"])),
                int(content["size"]),
                content["checksum"],
                as_key(content.get("asking")),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Replace what is at ``path``.

        Raises:
            LocalFileError: it cannot be written.
        """
        content = {
            "format": _FORMAT,
            "url": self.grant.url,
            "granted_at": self.grant.granted_at,
            "expires_at": self.grant.expires_at,
            "etag": self.identity.etag,
            "modified": self.identity.modified,
            "size": self.size,
            "checksum": self.checksum,
            "asking": self.asking,
        }
        _write(path, content)


class SessionStore:
    """The sessions of one person on this machine.

    Args:
        folder: where they are kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, api_url: str, key: str | None, dataset: str, version: int | None) -> Path:
        """Return where the session for one version, as one key was granted it, is kept."""
        words = "\n".join((api_url, key or "", dataset, str(version)))
        return self.folder / f"{hashlib.sha256(words.encode()).hexdigest()[:40]}.json"

    def obtain(self, path: Path, ask: Callable[[str], Session], *, refused: str = "") -> Kept:
        """Return the session that lives, asking for one only where there is none.

        Processes that ask at the same moment ask once.

        Args:
            path: see :meth:`path`.
            ask: asks the site with a key, which counts against the quota once. The key is kept beside the session until
                its answer is, so that who comes after a killed process asks the same question.
            refused: an address that the storage does not accept any more.
        """
        kept = _usable(path, refused)
        if kept:
            return kept
        self._make_folder()
        with _alone(path):
            kept = _usable(path, refused)
            if kept:
                return kept
            session = ask(_key_to_ask_with(path))
            now = time.time()
            ends = None if session.lifetime is None else now + session.lifetime
            kept = Kept(Grant(session.url, now, ends), Identity(), session.size_bytes, session.checksum)
            kept.write(path)
            return kept

    def note_identity(self, path: Path, identity: Identity) -> None:
        """Remember how the storage names the content."""
        with _alone(path):
            kept = Kept.read(path)
            if kept and kept.identity != identity:
                replace(kept, identity=identity).write(path)

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise local_fault(error, self.folder) from error


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold what is kept at ``path`` for one writer, of this process or another; wait for whoever has it."""
    lock = Lock(path.with_suffix(".lock"))
    while True:
        try:
            lock.acquire()
            break
        except HeldError:
            time.sleep(_LOCK_POLL)
    try:
        yield
    finally:
        lock.release()


def _key_to_ask_with(path: Path) -> str:
    """Return a key that is kept until the answer is: the one of before, where its answer is not known."""
    content = read_json(path) or {}
    if content.get("format") != _FORMAT:
        content = {"format": _FORMAT}
    key = as_key(content.get("asking"))
    if not key:
        key = new_key()
        _write(path, {**content, "asking": key})
    return key


def _write(path: Path, content: Mapping[str, object]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_json(path, content, secret=True)
    except OSError as error:
        raise local_fault(error, path) from error


def _usable(path: Path, refused: str) -> Kept | None:
    kept = Kept.read(path)
    return kept if kept and kept.grant.url != refused and kept.grant.is_alive(time.time()) else None
