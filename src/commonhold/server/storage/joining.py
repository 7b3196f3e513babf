"""Completed uploads of the embedded store become ordinary objects: part after part is appended to one file.

Which parts lie in the file already is told by which part files are gone, and by nothing else: a part is
deleted once its bytes are on disk in the file, in the order of the parts. So it can be stopped at any moment,
and goes on where it stood. At the end the file takes the manifest's place under the key.
"""

import contextlib
import errno
import fcntl
import logging
import os
from collections.abc import Iterator

from commonhold.server.storage.folders import FOLDER_FLAGS, Tree, is_same_file
from commonhold.server.storage.manifest import Manifest, part_name
from commonhold.server.storage.multipart import UploadGoneError
from commonhold.server.storage.uploads import JOINED, MANIFEST, Uploads

_STEP = 64 * 1024 * 1024
_BUFFER = 1024 * 1024
_CANNOT_COPY_INSIDE = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}

logger = logging.getLogger(__name__)


def join_pending(store: object) -> int:
    """Join the parts of every completed upload of ``store``; return how many objects that finished.

    Objects can be read all the while. Of several processes that try, one does it. Other stores than the
    embedded one have nothing to join. What fails (a full disk) is logged and left for the next time.
    """
    joiner = getattr(store, "joiner", None)
    return joiner.join_all() if isinstance(joiner, Joiner) else 0


class Joiner:
    """Joins the uploads of one tree.

    Args:
        tree: the store's folder.
        uploads: its uploads.
    """

    def __init__(self, tree: Tree, uploads: Uploads) -> None:
        self._tree = tree
        self._uploads = uploads

    def join_all(self) -> int:
        """See :func:`join_pending`."""
        finished = 0
        for upload_id in sorted(self._uploads.ids()):
            manifest = self._uploads.manifest(upload_id)
            if manifest is None:
                continue
            try:
                finished += self.join(manifest)
            except UploadGoneError:
                continue
            except OSError as fault:
                logger.warning("the parts of an upload are not joined yet: %s", fault.strerror or fault)
        self._uploads.sweep_gone()
        return finished

    def join(self, manifest: Manifest) -> bool:
        """Join one upload, and say whether that made its object; not if it is being joined elsewhere.

        Raises:
            UploadGoneError: its object was deleted meanwhile.
        """
        with self._uploads.open(manifest.key, manifest.upload) as folder, _alone(folder) as alone:
            if not alone:
                return False
            match self._under_the_key(manifest, folder):
                case None:
                    return False  # its completion has not come that far
                case False:
                    # The file is in place (or another object took the key): only the folder is left.
                    self._uploads.discard(manifest.key, manifest.upload)
                    return False
            joined = self._append_all(manifest, folder)
            try:
                return self._put_in_place(manifest, joined)
            finally:
                os.close(joined)

    def _append_all(self, manifest: Manifest, folder: int) -> int:
        joined, done = _begin(manifest, folder)
        try:
            for number in range(done + 1, manifest.count + 1):
                _append(manifest, number, joined, folder)
                if self._under_the_key(manifest, folder) is not True:
                    raise UploadGoneError(manifest.upload)
            os.utime(joined, ns=(manifest.modified, manifest.modified))
            os.fchmod(joined, 0o440)
            os.fsync(joined)
        except BaseException:
            os.close(joined)
            raise
        return joined

    def _put_in_place(self, manifest: Manifest, joined: int) -> bool:
        if os.fstat(joined).st_size != manifest.size:
            raise OSError(errno.EIO, "The joined parts have another size than their object.")
        segments = manifest.key.split("/")
        with self._uploads.locked(manifest.key, manifest.upload) as folder:
            if self._under_the_key(manifest, folder) is not True:
                return False
            with self._tree.folder(segments[:-1]) as target:
                os.rename(JOINED, segments[-1], src_dir_fd=folder, dst_dir_fd=target)
                os.fsync(target)
            self._uploads.take_away(manifest.upload)
        return True

    def _under_the_key(self, manifest: Manifest, folder: int) -> bool | None:
        """Whether the manifest lies under its key: True, False if something else does, None if nothing."""
        segments = manifest.key.split("/")
        try:
            with self._tree.folder(segments[:-1]) as parent:
                status = os.stat(segments[-1], dir_fd=parent, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            return None
        return is_same_file(status, os.stat(MANIFEST, dir_fd=folder, follow_symlinks=False))


@contextlib.contextmanager
def _alone(folder: int) -> Iterator[bool]:
    """Yield whether nobody else joins this upload, and see that nobody begins to."""
    descriptor = os.open(".", FOLDER_FLAGS, dir_fd=folder)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def _begin(manifest: Manifest, folder: int) -> tuple[int, int]:
    """Open the file of what is joined, cut to what is sure; return it and the number of its last part."""
    names = set(os.listdir(folder))
    missing = [number for number in range(1, manifest.count + 1) if part_name(number) not in names]
    done = max(missing, default=0)
    if not done:
        # The first part becomes the file: nothing to copy, and a single part is joined at once.
        os.rename(part_name(1), JOINED, src_dir_fd=folder, dst_dir_fd=folder)
        os.fsync(folder)
        done = 1
    joined = os.open(JOINED, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        # A crash of the machine can undo a deletion, but not that of a later part only.
        for number in range(1, done):
            _remove(part_name(number), folder)
        os.ftruncate(joined, manifest.end(done))
    except BaseException:
        os.close(joined)
        raise
    return joined, done


def _append(manifest: Manifest, number: int, joined: int, folder: int) -> None:
    name, start, length = (
        part_name(number),
        manifest.start(number),
        manifest.end(number) - manifest.start(number),
    )
    part = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    try:
        _copy(part, joined, start, length)
        os.fsync(joined)
    finally:
        os.close(part)
    _remove(name, folder)


def _copy(source: int, target: int, start: int, length: int) -> None:
    """Copy bytes inside the kernel, which on some file systems copies nothing; else by hand."""
    position = 0
    while position < length:
        try:
            count = os.copy_file_range(
                source, target, min(_STEP, length - position), position, start + position
            )
        except OSError as error:
            if error.errno not in _CANNOT_COPY_INSIDE:
                raise
            data = os.pread(source, min(_BUFFER, length - position), position)
            count = os.pwrite(target, data, start + position)
        if not count:
            raise OSError(errno.EIO, "A part ended before its size.")
        position += count


def _remove(name: str, folder: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
