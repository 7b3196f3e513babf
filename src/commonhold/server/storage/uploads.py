"""Unfinished uploads of the embedded store: one folder each, ``.uploads/<id>/``.

It holds ``upload`` (what it is, and the lock of every change), a file for each part that arrived, drafts of
parts that are arriving, and from completion on ``manifest`` and ``joined`` (see ``manifest.py`` and
``joining.py``). A folder disappears in one step: it is renamed to ``.gone-…``, then emptied at leisure.
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from commonhold.server.storage.folders import (
    DRAFT_FLAGS,
    FOLDER_FLAGS,
    FULL,
    NOT_THERE,
    Tree,
    is_same_file,
    make_folder,
    moment_of,
    open_regular,
    write_all,
)
from commonhold.server.storage.interface import StorageFullError
from commonhold.server.storage.manifest import MAX_MANIFEST_BYTES, Manifest, decode
from commonhold.server.storage.multipart import UnfinishedUpload, UploadGoneError

UPLOADS = ".uploads"
MANIFEST = "manifest"
JOINED = "joined"
DRAFT = "draft-"

_ABOUT = "upload"
_NEW = ".new-"
_GONE = ".gone-"
_NEW_SECONDS = 3600
_ID = re.compile(r"[0-9a-f]{32}")


class Uploads:
    """The uploads below one tree.

    Args:
        tree: the store's folder.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    @property
    def path(self) -> Path:
        """The folder of all uploads."""
        return self._tree.root / UPLOADS

    def begin(self, key: str, content_type: str) -> str:
        """Make an upload's folder and return its id."""
        upload_id = secrets.token_hex(16)
        about = json.dumps({"key": key, "content_type": content_type}).encode()
        with full_means_full(key), self._tree.folder([UPLOADS], create=True) as uploads:
            # Renamed once it is whole: what has the name of an upload is one.
            draft = f"{_NEW}{upload_id}"
            make_folder(draft, uploads)
            folder = os.open(draft, FOLDER_FLAGS, dir_fd=uploads)
            try:
                _write_new(_ABOUT, about, folder)
                os.fsync(folder)
                os.rename(draft, upload_id, src_dir_fd=uploads, dst_dir_fd=uploads)
            finally:
                os.close(folder)
            os.fsync(uploads)
        return upload_id

    @contextlib.contextmanager
    def open(self, key: str, upload_id: str) -> Iterator[int]:
        """Yield a descriptor of an upload's folder.

        Raises:
            UploadGoneError: there is none of that key.
        """
        if not _ID.fullmatch(upload_id):
            raise UploadGoneError(upload_id)
        try:
            opened = self._tree.folder([UPLOADS, upload_id])
            folder = opened.__enter__()
        except OSError as error:
            if error.errno in NOT_THERE:
                raise UploadGoneError(upload_id) from None
            raise
        with contextlib.ExitStack() as stack:
            stack.push(opened)
            about = open_regular(_ABOUT, folder)
            if about is None:
                raise UploadGoneError(upload_id)
            with os.fdopen(about, "rb") as file:
                if json.loads(file.read(MAX_MANIFEST_BYTES))["key"] != key:
                    raise UploadGoneError(upload_id)
            yield folder

    @contextlib.contextmanager
    def locked(self, key: str, upload_id: str) -> Iterator[int]:
        """Yield a descriptor of an upload's folder that nobody else changes, or takes away, meanwhile.

        Raises:
            UploadGoneError: there is none of that key.
        """
        with self.open(key, upload_id) as folder, lock(_ABOUT, folder):
            if not self._is_in_place(upload_id, folder):
                raise UploadGoneError(upload_id)
            yield folder

    def discard(self, key: str, upload_id: str, *, unless_object: bool = False) -> bool:
        """Take an upload away, and say whether that was done; where asked, not if it has become an object."""
        try:
            with self.locked(key, upload_id):
                # A completion that was killed before its object appeared has finished nothing.
                if unless_object and self.is_object(upload_id, key):
                    return False
                self.take_away(upload_id)
        except UploadGoneError:
            return False
        finally:
            self.sweep_gone()
        return True

    def take_away(self, upload_id: str) -> None:
        """Rename an upload's folder to what is swept; its lock is held by the caller."""
        with self._tree.folder([UPLOADS]) as uploads:
            gone = f"{_GONE}{upload_id}"
            os.rename(upload_id, gone, src_dir_fd=uploads, dst_dir_fd=uploads)
            os.fsync(uploads)

    def manifest(self, upload_id: str, folder: int | None = None) -> Manifest | None:
        """Return the manifest of an upload (of its open folder, where given), or None."""
        if folder is None:
            descriptor = self._tree.open_file([UPLOADS, upload_id, MANIFEST])
        else:
            descriptor = open_regular(MANIFEST, folder)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            return decode(file.read(MAX_MANIFEST_BYTES))

    def write_manifest(self, manifest: Manifest, folder: int) -> None:
        """Put an upload's manifest in its place, whole and for good."""
        # No draft that a sweep takes away: it is not locked, and goes with its upload if nothing else comes of it.
        draft = f"{_NEW}{secrets.token_hex(8)}"
        with full_means_full(manifest.key):
            _write_new(draft, manifest.encode(), folder, mode=0o640)
            os.rename(draft, MANIFEST, src_dir_fd=folder, dst_dir_fd=folder)
            os.fsync(folder)

    def ids(self) -> Iterator[str]:
        """Yield the ids of all uploads there are."""
        yield from (name for name in self._names() if _ID.fullmatch(name))

    def sweep_gone(self) -> int:
        """Empty what was taken away, or never came to be, and return how many uploads that were."""
        removed = 0
        for name in self._names():
            path = self.path / name
            if _is_gone(path):
                shutil.rmtree(path, ignore_errors=True)
                removed += 1
        return removed

    def sweep_drafts(self) -> int:
        """Remove what killed PUTs left, and return how many files that were; running ones hold a lock."""
        removed = 0
        for upload_id in self.ids():
            with contextlib.suppress(FileNotFoundError):
                for path in (self.path / upload_id).iterdir():
                    if path.name.startswith(DRAFT):
                        removed += remove_unlocked(path)
        return removed

    def sweep_stale(self, before: dt.datetime) -> int:
        """See :meth:`MultipartStore.sweep_uploads`."""
        removed = 0
        for upload in self.unfinished():
            if upload.changed_at < before:
                removed += self.discard(upload.key, upload.upload_id, unless_object=True)
        return removed

    def unfinished(self) -> Iterator[UnfinishedUpload]:
        """See :meth:`MultipartStore.list_uploads`."""
        for upload_id in self.ids():
            if (upload := self._unfinished(upload_id)) is not None:
                yield upload

    def leftovers(self) -> Iterator[Path]:
        """Yield what :meth:`sweep_gone` and :meth:`sweep_drafts` would remove."""
        for name in self._names():
            path = self.path / name
            if _is_gone(path):
                yield path
            elif _ID.fullmatch(name):
                with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                    drafts = [draft for draft in path.iterdir() if draft.name.startswith(DRAFT)]
                    yield from filter(is_unlocked, drafts)

    def is_object(self, upload_id: str, key: str) -> bool:
        """Whether the upload is complete: an object whose parts still lie in its folder."""
        return self.manifest(upload_id) is not None and self._tree.is_taken(key.split("/"))

    def _unfinished(self, upload_id: str) -> UnfinishedUpload | None:
        folder = self.path / upload_id
        try:
            key = json.loads((folder / _ABOUT).read_bytes())["key"]
            # What arrived is listed first: the folder's own time then tells of anything later.
            size = sum(path.stat().st_size for path in folder.iterdir())
            changed_at = moment_of(folder.stat())
        except (OSError, KeyError, ValueError):
            return None  # gone meanwhile
        return None if self.is_object(upload_id, key) else UnfinishedUpload(key, upload_id, size, changed_at)

    def _is_in_place(self, upload_id: str, folder: int) -> bool:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            return is_same_file((self.path / upload_id).stat(), os.fstat(folder))
        return False

    def _names(self) -> list[str]:
        try:
            return [path.name for path in self.path.iterdir()]
        except FileNotFoundError:
            return []


@contextlib.contextmanager
def lock(name: str, folder: int) -> Iterator[None]:
    """Hold the lock on a file of an open folder; threads and processes wait for each other."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def full_means_full(key: str) -> Iterator[None]:
    """Turn the errors of a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise StorageFullError(key) from error
        raise


def _write_new(name: str, content: bytes, folder: int, *, mode: int = 0o600) -> None:
    descriptor = os.open(name, DRAFT_FLAGS, mode, dir_fd=folder)
    try:
        os.fchmod(descriptor, mode)
        write_all(descriptor, content)
        os.fsync(descriptor)
    except BaseException:
        os.unlink(name, dir_fd=folder)
        raise
    finally:
        os.close(descriptor)


def remove_unlocked(path: Path) -> int:
    """Remove a draft unless somebody holds its lock; return how many files that removed."""
    with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()
        return 1
    return 0


def is_unlocked(path: Path) -> bool:
    """Whether nobody holds the lock of a draft: whoever wrote it is dead."""
    with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


def _is_gone(path: Path) -> bool:
    """Whether a folder was taken away, or never came to be."""
    return path.name.startswith(_GONE) or (path.name.startswith(_NEW) and _age(path) > _NEW_SECONDS)


def _age(path: Path) -> float:
    with contextlib.suppress(FileNotFoundError):
        return time.time() - path.stat().st_mtime
    return 0
