"""The archives of a collection file on their way into the store: read, proven, kept, or taken back."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

from commonhold.server.catalogue.actions import StoredArchive
from commonhold.server.catalogue.vocabularies import content_type_of
from commonhold.server.collection.mistakes import CollectionError, Mistake
from commonhold.server.collection.record import Source
from commonhold.server.kit.ids import new_id
from commonhold.server.storage.interface import ObjectStore
from commonhold.server.storage.pieces import FileHashes, HashingReader, hash_file
from commonhold.server.storage.verification import ArchiveRejectedError, verify


class StoredFiles:
    """What one run of loading put into the store, and what it made superfluous there."""

    def __init__(self, store: ObjectStore, tell: Callable[[str], None]) -> None:
        self._store = store
        self._tell = tell
        self._put: list[str] = []
        self._replaced: list[str] = []

    def hash(self, path: Path) -> FileHashes:
        """Return the hashes of a file on disk."""
        with path.open("rb") as file:
            return hash_file(file)

    def put(self, path: Path, dataset: str, *, collection: Path, source: Source, key: str) -> StoredArchive:
        """Put ``path`` into the store under a key of its own, and see there that it is a whole, harmless archive.

        Args:
            path: the archive.
            dataset: public id, the first part of the object key.
            collection: the collection file, named in a mistake.
            source: where the file is mentioned.
            key: the key there.

        Raises:
            CollectionError: it is no such archive.
        """
        self._tell(f"reading {path.name}")
        object_key = f"datasets/{dataset}/{new_id()}/{path.name}"
        with path.open("rb") as file:
            reader = HashingReader(file)
            self._store.put(object_key, cast("BinaryIO", reader))
        self._put.append(object_key)
        try:
            found = verify(self._store, object_key, filename=path.name, claimed_sha256=reader.result().sha256)
        except ArchiveRejectedError as error:
            mistake: Mistake = source.mistake(key, f"{path.name} is not a sound archive: {error}")
            raise CollectionError(collection, [mistake]) from error
        content_type = content_type_of(path.name) or "application/octet-stream"
        members = found.members
        return StoredArchive(
            object_key, path.name, content_type, found.hashes, members.dump(), members.dump_windows()
        )

    def replaced(self, object_key: str) -> None:
        """Note an object that nothing names any more once the transaction holds."""
        self._replaced.append(object_key)

    def take_back(self) -> None:
        """Delete what this run put: nothing came of it."""
        for object_key in self._put:
            self._store.delete(object_key)

    def drop_replaced(self) -> None:
        """Delete what was noted as replaced."""
        for object_key in self._replaced:
            self._store.delete(object_key)
