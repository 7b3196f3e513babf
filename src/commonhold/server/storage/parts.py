"""Parts of the embedded store's uploads: arriving, and held.

A part's file is its bytes and, at the end, the 16 bytes of their MD5. So both come into place in one step, and
a part that is put again replaces the earlier one whole.
"""

import hashlib
import os
import re
from collections.abc import Sequence

from commonhold.server.storage.folders import FOLDER_FLAGS, locked_draft, open_regular, write_all
from commonhold.server.storage.interface import StorageFullError
from commonhold.server.storage.manifest import part_name
from commonhold.server.storage.multipart import Part, UploadGoneError
from commonhold.server.storage.uploads import DRAFT, Uploads, full_means_full

_PART = re.compile(r"[0-9]{5}")
_MD5_BYTES = 16
# Left over for manifests, and for the database where it shares the disk.
_SPARE_BYTES = 64 * 1024 * 1024


class PartDraft:
    """A part that is arriving; closing it removes it unless it was kept.

    Args:
        uploads: all uploads.
        key: of the upload.
        upload_id: the upload.
        number: which part.
        length: bytes it will have.

    Raises:
        UploadGoneError: there is no such unfinished upload.
        StorageFullError: the disk is, or would be, full; :meth:`write` and :meth:`keep` raise it too.
    """

    def __init__(self, uploads: Uploads, key: str, upload_id: str, number: int, length: int) -> None:
        self._uploads = uploads
        self._key, self._upload_id, self._number = key, upload_id, number
        self._md5 = hashlib.md5(usedforsecurity=False)
        with uploads.open(key, upload_id) as folder, full_means_full(key):
            _refuse_complete(uploads, upload_id, folder)
            room = os.fstatvfs(folder)
            if room.f_bavail * room.f_frsize < length + _SPARE_BYTES:
                raise StorageFullError(key)
            self._folder = os.open(".", FOLDER_FLAGS, dir_fd=folder)
            try:
                self._name, self._file = locked_draft(self._folder, DRAFT)
            except FileNotFoundError:
                os.close(self._folder)
                raise UploadGoneError(upload_id) from None  # its folder was taken away in this very moment
            except BaseException:
                os.close(self._folder)
                raise

    def close(self) -> None:
        """End it: what was not kept is gone."""
        try:
            if self._name:
                os.unlink(self._name, dir_fd=self._folder)
        except FileNotFoundError:
            pass  # the whole upload went away meanwhile
        finally:
            os.close(self._file)
            os.close(self._folder)

    def write(self, chunks: Sequence[bytes]) -> None:
        """Take the next bytes."""
        with full_means_full(self._key):
            for chunk in chunks:
                self._md5.update(chunk)
                write_all(self._file, chunk)

    def keep(self) -> str:
        """Make it the part, for good, in place of an earlier one; return its ETag.

        Raises:
            UploadGoneError: the upload ended meanwhile, or is complete.
        """
        with full_means_full(self._key):
            write_all(self._file, self._md5.digest())
            os.fsync(self._file)
            with self._uploads.locked(self._key, self._upload_id) as folder:
                _refuse_complete(self._uploads, self._upload_id, folder)
                name = part_name(self._number)
                os.rename(self._name, name, src_dir_fd=self._folder, dst_dir_fd=folder)
                self._name = ""
                os.fsync(folder)
        return f'"{self._md5.hexdigest()}"'


def held_parts(folder: int) -> list[Part]:
    """Return the parts in an upload's open folder, in order."""
    parts = []
    for name in sorted(os.listdir(folder)):
        if not _PART.fullmatch(name):
            continue
        descriptor = open_regular(name, folder)
        if descriptor is None:
            continue
        try:
            size = os.fstat(descriptor).st_size - _MD5_BYTES
            digest = os.pread(descriptor, _MD5_BYTES, size)
        finally:
            os.close(descriptor)
        parts.append(Part(int(name), size, f'"{digest.hex()}"'))
    return parts


def _refuse_complete(uploads: Uploads, upload_id: str, folder: int) -> None:
    if uploads.manifest(upload_id, folder) is not None:
        raise UploadGoneError(upload_id)
