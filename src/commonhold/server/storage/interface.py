"""What every object store does, whichever stands behind it.

An object is written once and never changed: a new upload is a new key (decision 15), so a size or an ETag
that was read once stays true for the object's life. Uploads in parts will stand beside this interface as
one of their own (``MultipartStore``): a store for reading and whole writes stays complete without them.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredObject:
    """One object as its store knows it.

    Attributes:
        key: where it lies (see :mod:`commonhold.server.storage.keys`).
        size: bytes.
        etag: a strong entity tag *with* its quotes, as it stands in the ``ETag`` header.
    """

    key: str
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class ListedObject:
    """One object in a listing.

    Attributes:
        key: where it lies.
        size: bytes.
        modified: when it came to be.
    """

    key: str
    size: int
    modified: dt.datetime


@dataclass(frozen=True, slots=True)
class Leftover:
    """A file that a killed write left behind, under no key.

    Attributes:
        name: where it lies, as the operator finds it.
        size: bytes.
        modified: when something was last written to it.
    """

    name: str
    size: int
    modified: dt.datetime


class StorageError(Exception):
    """The store could not do what was asked."""


class ObjectExistsError(StorageError):
    """The key is taken (or lies below, or above, one that is): objects are never overwritten."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is already an object under {key!r}; objects are never overwritten.")


class ObjectNotFoundError(StorageError):
    """No object lies under the key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"There is no object under {key!r}.")


class StorageFullError(StorageError):
    """The store has no room left for the object; nothing of it was kept."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"The object store is full: {key!r} was not kept.")


class ObjectStore(Protocol):
    """Objects by key.

    Every method raises :class:`~commonhold.server.storage.keys.InvalidKeyError` for what is no key.
    """

    def put(self, key: str, source: BinaryIO) -> StoredObject:
        """Store what ``source`` still holds, read to its end in chunks; on return it is on disk for good.

        The object appears whole or not at all, even if the process is killed. Of several puts of one key at
        the same time exactly one succeeds.

        Raises:
            ObjectExistsError: the key is taken.
            StorageFullError: the store is full; nothing is left behind.
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """Open an object for reading; the file can seek, and the caller closes it.

        Raises:
            ObjectNotFoundError: there is none.
        """
        ...

    def stat(self, key: str) -> StoredObject:
        """Return an object's size and ETag.

        Raises:
            ObjectNotFoundError: there is none.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object; when this returns there is none under the key, whether or not there was one."""
        ...

    def download_url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """Sign an absolute URL that downloads the object, for everyone who holds it, until ``expires_at``.

        It works with GET and HEAD, needs no other credential, and is answered with ``filename`` as an
        attachment. Whether the object exists is asked when the URL is used.

        Raises:
            ValueError: ``filename`` or ``content_type`` cannot stand in a response, or ``expires_at`` is
            naive.
        """
        ...

    def list_objects(self) -> Iterator[ListedObject]:
        """Yield every object, in no particular order, holding one page or one folder of them at a time.

        What comes or goes meanwhile may be among them or not. Whatever does not lie under a key is not listed.
        """
        ...

    def leftovers(self) -> Iterator[Leftover]:
        """Yield what :meth:`sweep` would remove; nothing that a running write still holds."""
        ...

    def sweep(self) -> int:
        """Remove what killed writes left behind, and return how many files or folders that were."""
        ...
