"""The embedded store: a folder.

A key's segments are walked with one descriptor per folder, never following a link, so no key and no link
inside the store leads out of it. A new object is written aside in ``.incoming`` (no key begins with a dot),
forced to disk, and linked into place: a link never replaces anything, which makes objects immutable and
leaves one winner in a race. Uploads in parts lie in ``.uploads`` (see ``uploads.py``).
"""

import contextlib
import datetime as dt
import errno
import io
import itertools
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from commonhold.server.storage.folders import (
    NOT_THERE,
    Tree,
    is_same_file,
    locked_draft,
    moment_of,
    write_all,
)
from commonhold.server.storage.interface import (
    Leftover,
    ListedObject,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
    StoredObject,
)
from commonhold.server.storage.joined import PartedFile
from commonhold.server.storage.joining import Joiner
from commonhold.server.storage.keys import check_key
from commonhold.server.storage.listing import files_under_keys, leftover
from commonhold.server.storage.manifest import (
    MAX_MANIFEST_BYTES,
    Manifest,
    decode,
    may_be_manifest,
    part_name,
)
from commonhold.server.storage.multipart import (
    Part,
    UnfinishedUpload,
    UploadGoneError,
    check_part_number,
    chosen_parts,
)
from commonhold.server.storage.parts import PartDraft, held_parts
from commonhold.server.storage.signing import UrlSigner
from commonhold.server.storage.uploads import (
    JOINED,
    MANIFEST,
    UPLOADS,
    Uploads,
    full_means_full,
    is_unlocked,
    remove_unlocked,
)

_CHUNK = 1024 * 1024
_INCOMING = ".incoming"
# A folder can vanish (see `delete`) between being made and being used; a manifest can become a file.
_ATTEMPTS = 16


@dataclass(frozen=True, slots=True)
class StoredFile:
    """An object of the folder, as the embedded store's own server needs it.

    Attributes:
        path: where its bytes lie.
        size: bytes.
        etag: strong, with quotes.
        modified: whole seconds since 1970.
        manifest: where its parts lie, while they are not joined; ``path`` is then none of its bytes.
    """

    path: str
    size: int
    etag: str
    modified: int
    manifest: Manifest | None = None


class FilesystemStore:
    """Objects as files below one folder, which is made when first needed.

    Args:
        root: the folder; it must lie on a file system with hard links.
        signer: makes the URLs.

    Attributes:
        joiner: joins the parts of completed uploads.
    """

    def __init__(self, root: Path, signer: UrlSigner) -> None:
        self._root = root
        self._signer = signer
        self._tree = Tree(root)
        self._uploads = Uploads(self._tree)
        self.joiner = Joiner(self._tree, self._uploads)

    def put(self, key: str, source: BinaryIO) -> StoredObject:
        """See :meth:`ObjectStore.put`."""
        segments = check_key(key)
        if self._tree.is_taken(segments):
            raise ObjectExistsError(key)
        with full_means_full(key), self._draft() as (draft, name):
            while chunk := source.read(_CHUNK):
                write_all(draft, chunk)
            _finish(draft)
            status = os.fstat(draft)
            self._place(key, segments, [_INCOMING], name)
        return StoredObject(key, status.st_size, _etag(status.st_mtime_ns, status.st_size))

    def open(self, key: str) -> BinaryIO:
        """See :meth:`ObjectStore.open`."""
        descriptor, manifest = self._open(key)
        if manifest is None:
            return os.fdopen(descriptor, "rb")
        os.close(descriptor)
        return cast("BinaryIO", io.BufferedReader(PartedFile(self._tree, manifest), _CHUNK))

    def open_parts(self, manifest: Manifest) -> PartedFile:
        """Open an object whose parts are not joined."""
        return PartedFile(self._tree, manifest)

    def stat(self, key: str) -> StoredObject:
        """See :meth:`ObjectStore.stat`."""
        file = self.locate(key)
        return StoredObject(key, file.size, file.etag)

    def locate(self, key: str) -> StoredFile:
        """Return where an object's bytes lie, having seen that no link leads there.

        Raises:
            ObjectNotFoundError: there is none.
        """
        descriptor, manifest = self._open(key)
        try:
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        size, modified = status.st_size, status.st_mtime_ns
        if manifest is not None:
            size, modified = manifest.size, manifest.modified
        etag = _etag(modified, size)
        return StoredFile(str(self._root / key), size, etag, modified // 1_000_000_000, manifest)

    def delete(self, key: str) -> None:
        """See :meth:`ObjectStore.delete`. Folders that it leaves empty go too."""
        segments = check_key(key)
        try:
            descriptor, manifest = self._open(key)
        except ObjectNotFoundError:
            pass  # something else may lie there: a link, or a manifest without parts
        else:
            os.close(descriptor)
            if manifest is not None:
                # First of all, or a repeated completion would make the object anew.
                self._uploads.discard(key, manifest.upload)
        try:
            with self._tree.folder(segments[:-1]) as folder:
                os.unlink(segments[-1], dir_fd=folder)
                os.fsync(folder)
            for length in range(len(segments) - 1, 0, -1):
                with self._tree.folder(segments[: length - 1]) as parent:
                    os.rmdir(segments[length - 1], dir_fd=parent)
        except OSError as error:
            # EISDIR: the key names a folder, hence no object.
            if error.errno not in NOT_THERE | {errno.ENOTEMPTY, errno.EEXIST, errno.EISDIR}:
                raise

    def download_url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """See :meth:`ObjectStore.download_url`."""
        return self._signer.url(key, filename=filename, content_type=content_type, expires_at=expires_at)

    def begin_upload(self, key: str, *, content_type: str) -> str:
        """See :meth:`MultipartStore.begin_upload`."""
        if self._tree.is_taken(check_key(key)):
            raise ObjectExistsError(key)
        return self._uploads.begin(key, content_type)

    def part_url(self, key: str, upload_id: str, number: int, *, expires_at: dt.datetime) -> str:
        """See :meth:`MultipartStore.part_url`."""
        check_part_number(number)
        return self._signer.part_url(key, upload_id, number, expires_at=expires_at)

    def receive_part(self, key: str, upload_id: str, number: int, length: int) -> PartDraft:
        """Begin to take in a part of ``length`` bytes; see :class:`PartDraft`, whose errors it raises."""
        check_key(key)
        check_part_number(number)
        return PartDraft(self._uploads, key, upload_id, number, length)

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        """See :meth:`MultipartStore.list_parts`."""
        check_key(key)
        with self._uploads.open(key, upload_id) as folder:
            if self._uploads.manifest(upload_id, folder) is not None:
                raise UploadGoneError(upload_id)
            return held_parts(folder)

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """See :meth:`MultipartStore.complete_upload`."""
        segments = check_key(key)
        try:
            with self._uploads.locked(key, upload_id) as folder:
                manifest = self._uploads.manifest(upload_id, folder)
                if manifest is None:
                    manifest = _manifest(key, upload_id, chosen_parts(held_parts(folder), parts))
                    self._uploads.write_manifest(manifest, folder)
                self._place_manifest(segments, manifest, folder)
        except UploadGoneError:
            try:
                return self.stat(key)
            except ObjectNotFoundError:
                raise UploadGoneError(upload_id) from None
        return StoredObject(key, manifest.size, _etag(manifest.modified, manifest.size))

    def abort_upload(self, key: str, upload_id: str) -> None:
        """See :meth:`MultipartStore.abort_upload`."""
        check_key(key)
        self._uploads.discard(key, upload_id, unless_object=True)

    def sweep_uploads(self, before: dt.datetime) -> int:
        """See :meth:`MultipartStore.sweep_uploads`."""
        return self._uploads.sweep_stale(before)

    def list_uploads(self) -> Iterator[UnfinishedUpload]:
        """See :meth:`MultipartStore.list_uploads`."""
        return self._uploads.unfinished()

    def list_objects(self) -> Iterator[ListedObject]:
        """See :meth:`ObjectStore.list_objects`."""
        for key, status in files_under_keys(self._tree):
            size, modified = status.st_size, moment_of(status)
            if may_be_manifest(status):
                try:
                    size = self.locate(key).size
                except ObjectNotFoundError:
                    continue  # deleted meanwhile, or a manifest whose parts were
            yield ListedObject(key, size, modified)

    def leftovers(self) -> Iterator[Leftover]:
        """See :meth:`ObjectStore.leftovers`."""
        drafts = filter(is_unlocked, self._drafts())
        for path in itertools.chain(drafts, self._uploads.leftovers()):
            if (found := leftover(path, self._root)) is not None:
                yield found

    def sweep(self) -> int:
        """See :meth:`ObjectStore.sweep`. Running puts hold a lock on theirs, in whichever process they run."""
        removed = sum(remove_unlocked(path) for path in self._drafts())
        return removed + self._uploads.sweep_drafts() + self._uploads.sweep_gone()

    def _drafts(self) -> list[Path]:
        """Return the files of puts, running and killed."""
        with contextlib.suppress(FileNotFoundError):
            return list((self._root / _INCOMING).iterdir())
        return []

    def _place_manifest(self, segments: Sequence[str], manifest: Manifest, folder: int) -> None:
        """Link an upload's manifest to its key, unless that, or more, was done already."""
        names = set(os.listdir(folder))
        if not names & {JOINED, part_name(manifest.count)}:
            # Nothing of it is here any more: it was joined, and what came of it lies under the key, or did.
            raise UploadGoneError(manifest.upload)
        try:
            self._place(manifest.key, segments, [UPLOADS, manifest.upload], MANIFEST)
        except ObjectExistsError:
            descriptor = self._tree.open_file(segments)
            if descriptor is not None:
                try:
                    placed = is_same_file(
                        os.fstat(descriptor), os.stat(MANIFEST, dir_fd=folder, follow_symlinks=False)
                    )
                finally:
                    os.close(descriptor)
                if placed:
                    return
            os.unlink(MANIFEST, dir_fd=folder)
            raise

    def _open(self, key: str) -> tuple[int, Manifest | None]:
        """Open what lies under a key: an object, or the manifest of one.

        Raises:
            ObjectNotFoundError: neither does.
        """
        segments = check_key(key)
        for _ in range(_ATTEMPTS):
            descriptor = self._tree.open_file(segments)
            if descriptor is None:
                raise ObjectNotFoundError(key)
            status = os.fstat(descriptor)
            if not may_be_manifest(status):
                return descriptor, None
            content = os.pread(descriptor, MAX_MANIFEST_BYTES, 0)
            manifest = decode(content)
            if manifest is None:
                return descriptor, None
            if manifest.key == key and self._uploads.manifest(manifest.upload) == manifest:
                return descriptor, manifest
            os.close(descriptor)
            # The parts were joined in this very moment, or it was deleted half: look again.
        raise ObjectNotFoundError(key)

    @contextlib.contextmanager
    def _draft(self) -> Iterator[tuple[int, str]]:
        """Make a locked file in ``.incoming``, gone again at the end, and yield its descriptor and name."""
        with self._tree.folder([_INCOMING], create=True) as folder:
            name, descriptor = locked_draft(folder)
            try:
                yield descriptor, name
            finally:
                os.unlink(name, dir_fd=folder)
                os.close(descriptor)

    def _place(self, key: str, segments: Sequence[str], source: Sequence[str], name: str) -> None:
        """Link a finished file to its key, and force that to disk."""
        for _ in range(_ATTEMPTS):
            try:
                with (
                    self._tree.folder(source) as origin,
                    self._tree.folder(segments[:-1], create=True) as folder,
                ):
                    os.link(name, segments[-1], src_dir_fd=origin, dst_dir_fd=folder, follow_symlinks=False)
                    os.fsync(folder)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno in {errno.EEXIST, errno.ENOTDIR, errno.ELOOP}:
                    raise ObjectExistsError(key) from None
                raise
            return
        raise StorageError(f"The folder of {key!r} kept vanishing.")


def _manifest(key: str, upload_id: str, parts: Sequence[Part]) -> Manifest:
    size = sum(part.size for part in parts)
    return Manifest(upload_id, key, size, parts[0].size, len(parts), _moment())


def _moment() -> int:
    """Return the present second, in nanoseconds, with a fraction drawn by lot.

    It is part of the ETag, so that a key that is deleted and used again never shows an ETag it has shown
    before, and a backup that keeps times keeps ETags.
    """
    return int(time.time()) * 1_000_000_000 + secrets.randbelow(1_000_000_000)


def _finish(descriptor: int) -> None:
    """Make a written file what it stays: dated, read-only, on disk."""
    moment = _moment()
    os.utime(descriptor, ns=(moment, moment))
    os.fchmod(descriptor, 0o440)
    os.fsync(descriptor)


def _etag(modified: int, size: int) -> str:
    return f'"{modified:x}-{size:x}"'
