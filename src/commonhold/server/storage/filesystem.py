"""The embedded store: a folder.

A key's segments are walked with one descriptor per folder, never following a link, so no key and no link
inside the store leads out of it. A new object is written aside in ``.incoming`` (no key begins with a dot),
forced to disk, and linked into place: a link never replaces anything, which makes objects immutable and
leaves one winner in a race.
"""

import contextlib
import datetime as dt
import errno
import fcntl
import os
import secrets
import stat as modes
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from commonhold.server.storage.interface import (
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
    StorageFullError,
    StoredObject,
)
from commonhold.server.storage.keys import check_key
from commonhold.server.storage.signing import UrlSigner

_CHUNK = 1024 * 1024
_INCOMING = ".incoming"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_OBJECT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# Not blocking: opening a named pipe that somebody left in the store must not hang.
_FILE_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
# A folder can vanish (see `delete`) between being made and being used.
_ATTEMPTS = 16


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object of the folder, as the embedded store's own server needs it.

    Attributes:
        path: where its bytes lie.
        size: bytes.
        etag: strong, with quotes.
        modified: whole seconds since 1970.
    """

    path: str
    size: int
    etag: str
    modified: int


class FilesystemStore:
    """Objects as files below one folder, which is made when first needed.

    Args:
        root: the folder; it must lie on a file system with hard links.
        signer: makes the download URLs.
    """

    def __init__(self, root: Path, signer: UrlSigner) -> None:
        self._root = root
        self._signer = signer

    def put(self, key: str, source: BinaryIO) -> StoredObject:
        """See :meth:`ObjectStore.put`."""
        segments = check_key(key)
        if self._is_taken(segments):
            raise ObjectExistsError(key)
        try:
            with self._draft() as (draft, name):
                _copy(source, draft)
                _finish(draft)
                status = os.fstat(draft)
                self._place(key, segments, name)
        except OSError as error:
            if error.errno in _FULL:
                raise StorageFullError(key) from error
            raise
        return StoredObject(key, status.st_size, _etag(status))

    def open(self, key: str) -> BinaryIO:
        """See :meth:`ObjectStore.open`."""
        return os.fdopen(self._open(key), "rb")

    def stat(self, key: str) -> StoredObject:
        """See :meth:`ObjectStore.stat`."""
        file = self.locate(key)
        return StoredObject(key, file.size, file.etag)

    def locate(self, key: str) -> StoredFile:
        """Return where an object's bytes lie, having seen that no link leads there.

        Raises:
            ObjectNotFoundError: there is none.
        """
        descriptor = self._open(key)
        try:
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        return StoredFile(str(self._root / key), status.st_size, _etag(status), int(status.st_mtime))

    def delete(self, key: str) -> None:
        """See :meth:`ObjectStore.delete`. Folders that it leaves empty go too."""
        segments = check_key(key)
        try:
            with self._folder(segments[:-1]) as folder:
                os.unlink(segments[-1], dir_fd=folder)
                os.fsync(folder)
            for length in range(len(segments) - 1, 0, -1):
                with self._folder(segments[: length - 1]) as parent:
                    os.rmdir(segments[length - 1], dir_fd=parent)
        except OSError as error:
            # EISDIR: the key names a folder, hence no object.
            if error.errno not in _NO_OBJECT | {errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR}:
                raise

    def download_url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """See :meth:`ObjectStore.download_url`."""
        return self._signer.url(key, filename=filename, content_type=content_type, expires_at=expires_at)

    def sweep(self) -> int:
        """Remove what killed puts left in ``.incoming``, and return how many files that were.

        Running puts hold a lock on theirs, in whichever process they run.
        """
        removed = 0
        try:
            drafts = list((self._root / _INCOMING).iterdir())
        except FileNotFoundError:
            return 0
        for path in drafts:
            with contextlib.suppress(FileNotFoundError, BlockingIOError), path.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                path.unlink()
                removed += 1
        return removed

    def _open(self, key: str) -> int:
        segments = check_key(key)
        try:
            with self._folder(segments[:-1]) as folder:
                descriptor = os.open(segments[-1], _FILE_FLAGS, dir_fd=folder)
        except OSError as error:
            if error.errno in _NO_OBJECT | {errno.ENXIO}:  # ENXIO: a socket somebody left in the store
                raise ObjectNotFoundError(key) from None
            raise
        if not modes.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise ObjectNotFoundError(key)
        return descriptor

    @contextlib.contextmanager
    def _folder(self, segments: Sequence[str], *, create: bool = False) -> Iterator[int]:
        """Open the folder that these segments lead to, link by link refused."""
        if create:
            self._root.mkdir(mode=0o750, parents=True, exist_ok=True)
        # The root alone may be a link: that is the operator's choice, not a key's.
        current = os.open(self._root, _FOLDER_FLAGS & ~os.O_NOFOLLOW)
        try:
            for segment in segments:
                if create:
                    _make_folder(segment, current)
                following = os.open(segment, _FOLDER_FLAGS, dir_fd=current)
                os.close(current)
                current = following
            yield current
        finally:
            os.close(current)

    def _is_taken(self, segments: Sequence[str]) -> bool:
        """Whether something is in the way now: asked before reading what could not be kept."""
        for length in range(1, len(segments) + 1):
            try:
                with self._folder(segments[: length - 1]) as folder:
                    status = os.stat(segments[length - 1], dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                if error.errno in _NO_OBJECT:
                    return error.errno != errno.ENOENT
                raise
            if length == len(segments) or not modes.S_ISDIR(status.st_mode):
                return True
        return False

    @contextlib.contextmanager
    def _draft(self) -> Iterator[tuple[int, str]]:
        """Make a locked file in ``.incoming``, gone again at the end, and yield its descriptor and name."""
        with self._folder([_INCOMING], create=True) as folder:
            while True:
                name = secrets.token_hex(16)
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
                descriptor = os.open(name, flags, 0o600, dir_fd=folder)
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_nlink:
                    break
                os.close(descriptor)  # a sweep came between making and locking it
            try:
                yield descriptor, name
            finally:
                os.unlink(name, dir_fd=folder)
                os.close(descriptor)

    def _place(self, key: str, segments: Sequence[str], name: str) -> None:
        """Link the finished file to its key, and force that to disk."""
        for _ in range(_ATTEMPTS):
            try:
                with (
                    self._folder([_INCOMING]) as incoming,
                    self._folder(segments[:-1], create=True) as folder,
                ):
                    os.link(name, segments[-1], src_dir_fd=incoming, dst_dir_fd=folder, follow_symlinks=False)
                    os.fsync(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.ELOOP}:
                    raise ObjectExistsError(key) from None
                raise
            return
        raise StorageError(f"The folder of {key!r} kept vanishing.")


def _make_folder(name: str, parent: int) -> None:
    try:
        os.mkdir(name, 0o750, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def _copy(source: BinaryIO, descriptor: int) -> None:
    while chunk := source.read(_CHUNK):
        view = memoryview(chunk)
        while view:
            view = view[os.write(descriptor, view) :]


def _finish(descriptor: int) -> None:
    """Make a written file what it stays: dated, read-only, on disk.

    The fraction of its second is drawn by lot. It is part of the ETag, so that a key that is deleted and
    used again never shows an ETag it has shown before, and a backup that keeps times keeps ETags.
    """
    moment = int(time.time()) * 1_000_000_000 + secrets.randbelow(1_000_000_000)
    os.utime(descriptor, ns=(moment, moment))
    os.fchmod(descriptor, 0o440)
    os.fsync(descriptor)


def _etag(status: os.stat_result) -> str:
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'
