"""The store's twin for tests: it keeps the same promises, in memory."""

import datetime as dt
import io
import secrets
import threading
from collections.abc import Iterator
from typing import BinaryIO

from commonhold.server.kit import clock
from commonhold.server.storage.interface import (
    Leftover,
    ListedObject,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageFullError,
    StoredObject,
)
from commonhold.server.storage.keys import check_key
from commonhold.server.storage.signing import UrlSigner

_CHUNK = 1024 * 1024


class MemoryStore:
    """Objects in a dictionary.

    Args:
        signer: makes the URLs; without one, URLs are signed with a secret of the moment.
        capacity: bytes it holds before it is full, or None.
    """

    def __init__(self, signer: UrlSigner | None = None, *, capacity: int | None = None) -> None:
        self._signer = signer or UrlSigner((secrets.token_hex(),), "http://storage.invalid")
        self._capacity = capacity
        self._objects: dict[str, tuple[bytes, str, dt.datetime]] = {}
        self._lock = threading.Lock()

    def put(self, key: str, source: BinaryIO) -> StoredObject:
        """See :meth:`ObjectStore.put`."""
        check_key(key)
        self._refuse_taken(key)
        content = bytearray()
        while chunk := source.read(_CHUNK):
            content += chunk
            if self._capacity is not None and self._used() + len(content) > self._capacity:
                raise StorageFullError(key)
        etag = f'"{secrets.token_hex(8)}"'
        with self._lock:
            self._refuse_taken(key)
            self._objects[key] = (bytes(content), etag, clock.now())
        return StoredObject(key, len(content), etag)

    def open(self, key: str) -> BinaryIO:
        """See :meth:`ObjectStore.open`."""
        return io.BytesIO(self._find(key)[0])

    def stat(self, key: str) -> StoredObject:
        """See :meth:`ObjectStore.stat`."""
        content, etag, _ = self._find(key)
        return StoredObject(key, len(content), etag)

    def delete(self, key: str) -> None:
        """See :meth:`ObjectStore.delete`."""
        check_key(key)
        with self._lock:
            self._objects.pop(key, None)

    def download_url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """See :meth:`ObjectStore.download_url`."""
        return self._signer.url(key, filename=filename, content_type=content_type, expires_at=expires_at)

    def list_objects(self) -> Iterator[ListedObject]:
        """See :meth:`ObjectStore.list_objects`."""
        with self._lock:
            held = list(self._objects.items())
        for key, (content, _, modified) in held:
            yield ListedObject(key, len(content), modified)

    def leftovers(self) -> Iterator[Leftover]:
        """See :meth:`ObjectStore.leftovers`: memory that was not finished is gone."""
        return iter(())

    def sweep(self) -> int:
        """See :meth:`ObjectStore.sweep`."""
        return 0

    def _find(self, key: str) -> tuple[bytes, str, dt.datetime]:
        check_key(key)
        try:
            return self._objects[key]
        except KeyError:
            raise ObjectNotFoundError(key) from None

    def _used(self) -> int:
        return sum(len(content) for content, *_ in self._objects.values())

    def _refuse_taken(self, key: str) -> None:
        for other in self._objects:
            if other == key or other.startswith(key + "/") or key.startswith(other + "/"):
                raise ObjectExistsError(key)
