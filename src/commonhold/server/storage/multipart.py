"""Uploads in parts, straight to the store, whichever stands behind it.

A client asks for an upload, sends each part to a URL of its own, in any order and as often as it must, and
then says which parts make the object. Until then nothing lies under the key; from then on the object does.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from commonhold.server.storage.interface import StorageError, StoredObject

MAX_PARTS = 10_000
MIN_PART_BYTES = 5 * 1024 * 1024  # of every part but the last
MAX_PART_BYTES = 5 * 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One part that has arrived whole.

    Attributes:
        number: from 1 to :data:`MAX_PARTS`.
        size: bytes.
        etag: as it stood in the ``ETag`` header that answered its PUT, quotes included.
    """

    number: int
    size: int
    etag: str


@dataclass(frozen=True, slots=True)
class UnfinishedUpload:
    """An upload that is no object yet.

    Attributes:
        key: of the object it is to become.
        upload_id: as it was given at its beginning.
        size: bytes that it takes up: what has arrived, and a little more.
        changed_at: when something last happened in it.
    """

    key: str
    upload_id: str
    size: int
    changed_at: dt.datetime


class UploadGoneError(StorageError):
    """There is no such upload (any more): it was aborted, it was swept, or it never was."""

    def __init__(self, upload_id: str) -> None:
        self.upload_id = upload_id
        super().__init__("There is no such upload: it was ended, or lay unfinished for too long.")


class PartMismatchError(StorageError):
    """The parts named at completion are not the parts that arrived.

    Attributes:
        reason: a sentence for the uploader.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class MultipartStore(Protocol):
    """Uploads by key and upload id.

    Every method raises :class:`~commonhold.server.storage.keys.InvalidKeyError` for what is no key.
    """

    def begin_upload(self, key: str, *, content_type: str) -> str:
        """Begin an upload and return its id: at most 1,024 printable ASCII characters.

        Raises:
            ObjectExistsError: the key is taken.
        """
        ...

    def part_url(self, key: str, upload_id: str, number: int, *, expires_at: dt.datetime) -> str:
        """Sign an absolute URL to which one part can be PUT until ``expires_at``.

        Nothing but the bytes and their ``Content-Length`` is needed there; the answer carries an ``ETag``. A
        part that is put again replaces the earlier one, until the upload is complete. Expiry counts when a
        PUT starts. Whether the upload lives is asked when the URL is used.

        Raises:
            ValueError: ``number`` is out of range, or ``expires_at`` is naive.
        """
        ...

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        """Return the parts that have arrived, in order of their numbers.

        Raises:
            UploadGoneError: there is no such unfinished upload.
        """
        ...

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """Make the named parts (number and ETag, with or without its quotes) the object, and return it.

        It answers in seconds for any size, and the same again when it is repeated: once the upload is gone
        and an object lies under the key, that is what came of it.

        Raises:
            UploadGoneError: there is no such upload, and no object.
            PartMismatchError: see :func:`chosen_parts`.
            ObjectExistsError: another object took the key.
        """
        ...

    def abort_upload(self, key: str, upload_id: str) -> None:
        """End an unfinished upload and free its room; a finished one, or none, is left as it is."""
        ...

    def list_uploads(self) -> Iterator[UnfinishedUpload]:
        """Yield every unfinished upload, one at a time; what comes or goes meanwhile may be among them or not."""
        ...

    def sweep_uploads(self, before: dt.datetime) -> int:
        """Abort the unfinished uploads in which nothing has happened since ``before``; return how many."""
        ...


def chosen_parts(held: Iterable[Part], asked: Sequence[tuple[int, str]]) -> list[Part]:
    """Return the parts that are ``asked`` for, in order, having seen that they make a file.

    Raises:
        PartMismatchError: there are none or too many; a number is missing, or there twice; a part has not
        arrived, or with another ETag; one but the last is too small, or not as large as the first.
    """
    if not 1 <= len(asked) <= MAX_PARTS:
        raise PartMismatchError(f"An upload has from 1 to {MAX_PARTS:,} parts.")
    arrived: dict[int, dict[str, Part]] = {}
    for part in held:
        arrived.setdefault(part.number, {})[bare_etag(part.etag)] = part
    chosen: list[Part] = []
    for expected, (number, etag) in enumerate(sorted(asked), start=1):
        if number != expected:
            problem = "is listed twice" if number == expected - 1 else "is missing from the list"
            raise PartMismatchError(f"Part {min(number, expected)} {problem}: list every part once, from 1.")
        if number not in arrived:
            raise PartMismatchError(f"Part {number} has not arrived.")
        found = arrived[number].get(bare_etag(etag))
        if found is None:
            raise PartMismatchError(f"Part {number} arrived with another ETag than the one given.")
        chosen.append(found)
    _check_sizes(chosen)
    return chosen


def _check_sizes(chosen: Sequence[Part]) -> None:
    for part in chosen[:-1]:
        if part.size < MIN_PART_BYTES:
            raise PartMismatchError(
                f"Part {part.number} has {part.size} bytes: every part but the last has at least "
                f"{MIN_PART_BYTES}."
            )
        if part.size != chosen[0].size:
            raise PartMismatchError(
                f"Part {part.number} has {part.size} bytes and part 1 has {chosen[0].size}: all parts but "
                "the last have the same size."
            )
    if chosen[-1].size > chosen[0].size:
        raise PartMismatchError("The last part is larger than the others.")


def bare_etag(etag: str) -> str:
    """Return an ETag without what clients add or drop: quotes and spaces around it."""
    return etag.strip().strip('"')


def check_part_number(number: int) -> None:
    """Refuse what is no part number.

    Raises:
        ValueError: it is not between 1 and :data:`MAX_PARTS`.
    """
    if not 1 <= number <= MAX_PARTS:
        raise ValueError(f"A part's number is between 1 and {MAX_PARTS:,}.")
