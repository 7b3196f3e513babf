"""Any S3: the same promises as the folder's, kept by a bucket.

Whatever is asked often (URLs) is signed here; everything else goes through boto3, imported when first needed.
Objects are written on the condition that there is none (``If-None-Match: *``), after a look, so that they are
never overwritten, not even where a store does not know the condition.
"""

import datetime as dt
import hashlib
import io
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, BinaryIO, cast

from commonhold.server.kit import clock
from commonhold.server.storage.attachment import attachment
from commonhold.server.storage.interface import (
    Leftover,
    ListedObject,
    ObjectExistsError,
    ObjectNotFoundError,
    StorageError,
    StorageFullError,
    StoredObject,
)
from commonhold.server.storage.keys import InvalidKeyError, check_key
from commonhold.server.storage.multipart import (
    Part,
    PartMismatchError,
    UnfinishedUpload,
    UploadGoneError,
    bare_etag,
    check_part_number,
    chosen_parts,
)
from commonhold.server.storage.s3_client import S3Settings, code_of, make_client
from commonhold.server.storage.s3_file import S3File
from commonhold.server.storage.sigv4 import MAX_LIFETIME

# What `put` holds in memory; 10,000 such parts are 625 GiB. Larger files come as uploads in parts.
_PUT_BYTES = 64 * 1024 * 1024
_BUFFER = 1024 * 1024
_MD5 = re.compile(r"[0-9a-f]{32}")
_UPLOAD_ID = re.compile(r"[\x21-\x7e]{1,1024}")

_TAKEN = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_NO_OBJECT = {"404", "NoSuchKey", "NotFound"}
_NO_UPLOAD = {"NoSuchUpload", "InvalidRequest", "InvalidArgument", *_NO_OBJECT}
_FULL = {"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "507"}
# How long a completion that lost a race waits to see the winner's object.
_RACE_SECONDS = 5.0


class S3Store:
    """Objects in a bucket.

    Args:
        settings: which bucket, where, and who asks.
    """

    def __init__(self, settings: S3Settings) -> None:
        self.settings = settings
        self._signer = settings.signer()

    @cached_property
    def client(self) -> Any:
        """boto3's client, which is safe to share between threads."""
        return make_client(self.settings)

    def put(self, key: str, source: BinaryIO) -> StoredObject:
        """See :meth:`ObjectStore.put`."""
        self._refuse_taken(key)
        first = _read(source)
        if len(first) < _PUT_BYTES:
            with _errors(key):
                self.client.put_object(**self._at(key), Body=first, IfNoneMatch="*")
            return self.stat(key)
        upload_id = self.begin_upload(key, content_type="application/octet-stream")
        try:
            parts, data = list[tuple[int, str]](), first
            while data:
                parts.append((len(parts) + 1, self._send_part(key, upload_id, len(parts) + 1, data)))
                data = _read(source)
            return self._complete(key, upload_id, parts)
        except BaseException:
            self.abort_upload(key, upload_id)
            raise

    def open(self, key: str) -> BinaryIO:
        """See :meth:`ObjectStore.open`."""
        stored = self.stat(key)

        def read(position: int) -> Any:
            wanted = {"Range": f"bytes={position}-"} if position else {}
            return self.client.get_object(**self._at(key), IfMatch=stored.etag, **wanted)["Body"]

        return cast("BinaryIO", io.BufferedReader(S3File(read, stored.size), _BUFFER))

    def stat(self, key: str) -> StoredObject:
        """See :meth:`ObjectStore.stat`."""
        with _errors(key):
            head = self.client.head_object(**self._at(key))
        return StoredObject(key, head["ContentLength"], head["ETag"])

    def delete(self, key: str) -> None:
        """See :meth:`ObjectStore.delete`."""
        with _errors(key):
            self.client.delete_object(**self._at(key))

    def download_url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """See :meth:`ObjectStore.download_url`."""
        if not 0 < len(filename.encode()) <= 255 or not content_type.isascii():
            raise ValueError("A download needs a file name of up to 255 bytes and a content type.")
        return self._url(
            "GET",
            key,
            expires_at,
            {
                # No intermediary may compress an archive: clients would keep what it unpacks to (decision 20).
                "response-cache-control": "private, no-transform",
                "response-content-disposition": attachment(filename),
                "response-content-type": content_type,
            },
        )

    def begin_upload(self, key: str, *, content_type: str) -> str:
        """See :meth:`MultipartStore.begin_upload`."""
        self._refuse_taken(key)
        with _errors(key):
            begun = self.client.create_multipart_upload(**self._at(key), ContentType=content_type)
        return cast("str", begun["UploadId"])

    def part_url(self, key: str, upload_id: str, number: int, *, expires_at: dt.datetime) -> str:
        """See :meth:`MultipartStore.part_url`."""
        check_part_number(number)
        return self._url("PUT", key, expires_at, {"partNumber": str(number), "uploadId": upload_id})

    def list_parts(self, key: str, upload_id: str) -> list[Part]:
        """See :meth:`MultipartStore.list_parts`."""
        newest = {part.number: part for part in self._held(key, upload_id)}
        return [newest[number] for number in sorted(newest)]

    def complete_upload(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """See :meth:`MultipartStore.complete_upload`."""
        try:
            chosen = chosen_parts(self._held(key, upload_id), parts)
        except UploadGoneError:
            return self._finished(key, upload_id)
        except PartMismatchError:
            # Another completion of the same may be at work, and its parts vanish one by one.
            with suppress(ObjectNotFoundError):
                stored = self.stat(key)
                if bare_etag(stored.etag) == _etag_of(sorted(parts)):
                    return stored
            raise
        return self._complete(key, upload_id, [(part.number, part.etag) for part in chosen])

    def abort_upload(self, key: str, upload_id: str) -> None:
        """See :meth:`MultipartStore.abort_upload`."""
        at = self._at(key)
        try:
            with _upload_errors(key, upload_id):
                self.client.abort_multipart_upload(**at, UploadId=upload_id)
        except UploadGoneError:
            return

    def sweep_uploads(self, before: dt.datetime) -> int:
        """See :meth:`MultipartStore.sweep_uploads`."""
        removed = 0
        for upload in self.list_uploads():
            if upload.changed_at < before:
                self.abort_upload(upload.key, upload.upload_id)
                removed += 1
        return removed

    def list_uploads(self) -> Iterator[UnfinishedUpload]:
        """See :meth:`MultipartStore.list_uploads`."""
        for upload in self._listed("list_multipart_uploads", "Uploads"):
            key, upload_id = upload["Key"].removeprefix(self.settings.prefix), upload["UploadId"]
            size, changed_at = 0, upload["Initiated"]
            try:
                for part in self._parts(key, upload_id):
                    size, changed_at = size + part["Size"], max(changed_at, part["LastModified"])
            except (UploadGoneError, InvalidKeyError):
                continue  # finished meanwhile, or none of ours
            yield UnfinishedUpload(key, upload_id, size, changed_at)

    def list_objects(self) -> Iterator[ListedObject]:
        """See :meth:`ObjectStore.list_objects`."""
        for found in self._listed("list_objects_v2", "Contents"):
            key = found["Key"].removeprefix(self.settings.prefix)
            with suppress(InvalidKeyError):
                check_key(key)
                yield ListedObject(key, found["Size"], found["LastModified"])

    def leftovers(self) -> Iterator[Leftover]:
        """See :meth:`ObjectStore.leftovers`: a bucket keeps nothing that is not whole, but for uploads."""
        return iter(())

    def sweep(self) -> int:
        """See :meth:`ObjectStore.sweep`."""
        return 0

    def _listed(self, question: str, entries: str) -> Iterator[Any]:
        """Yield the entries of a listing of the site's part of the bucket, page by page."""
        with _errors(self.settings.prefix):
            pages = self.client.get_paginator(question)
            for page in pages.paginate(Bucket=self.settings.bucket, Prefix=self.settings.prefix):
                yield from page.get(entries, ())

    def _at(self, key: str) -> dict[str, str]:
        check_key(key)
        return {"Bucket": self.settings.bucket, "Key": self.settings.prefix + key}

    def _url(self, method: str, key: str, expires_at: dt.datetime, parameters: Mapping[str, str]) -> str:
        check_key(key)
        if expires_at.tzinfo is None:
            raise ValueError("The moment of expiry needs a time zone.")
        now = clock.now()
        lifetime = int((expires_at - now).total_seconds())
        if lifetime < 1:  # over before it began: signed for a second that is past
            now, lifetime = expires_at.astimezone(dt.UTC) - dt.timedelta(seconds=1), 1
        return self._signer.url(
            method, self.settings.prefix + key, parameters, now=now, lifetime=min(lifetime, MAX_LIFETIME)
        )

    def _refuse_taken(self, key: str) -> None:
        try:
            self.stat(key)
        except ObjectNotFoundError:
            return
        raise ObjectExistsError(key)

    def _held(self, key: str, upload_id: str) -> list[Part]:
        """Return the parts, oldest first.

        SeaweedFS keeps, and lists, every arrival of a part that was put again, until completion names one.
        """
        found = sorted(self._parts(key, upload_id), key=lambda part: part["LastModified"])
        return [Part(part["PartNumber"], part["Size"], part["ETag"]) for part in found]

    def _parts(self, key: str, upload_id: str) -> Iterator[Any]:
        at = self._at(key)
        with _upload_errors(key, upload_id):
            for page in self.client.get_paginator("list_parts").paginate(**at, UploadId=upload_id):
                yield from page.get("Parts", ())

    def _send_part(self, key: str, upload_id: str, number: int, data: bytes) -> str:
        with _errors(key):
            sent = self.client.upload_part(**self._at(key), UploadId=upload_id, PartNumber=number, Body=data)
        return cast("str", sent["ETag"])

    def _complete(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        listed = [{"PartNumber": number, "ETag": etag} for number, etag in parts]
        try:
            self._refuse_taken(key)
            with _upload_errors(key, upload_id):
                self.client.complete_multipart_upload(
                    **self._at(key), UploadId=upload_id, MultipartUpload={"Parts": listed}, IfNoneMatch="*"
                )
        except UploadGoneError:
            return self._finished(key, upload_id)
        except ObjectExistsError:
            return self._winner(key, upload_id, parts)
        return self.stat(key)

    def _finished(self, key: str, upload_id: str) -> StoredObject:
        """Return what came of an upload that is gone."""
        try:
            return self.stat(key)
        except ObjectNotFoundError:
            raise UploadGoneError(upload_id) from None

    def _winner(self, key: str, upload_id: str, parts: Sequence[tuple[int, str]]) -> StoredObject:
        """Return the object that took the key, if it is of this upload, completed twice at once."""
        deadline = time.monotonic() + _RACE_SECONDS
        while True:
            with suppress(ObjectNotFoundError):
                stored, expected = self.stat(key), _etag_of(parts)
                if expected == bare_etag(stored.etag):
                    return stored
                if expected:
                    raise ObjectExistsError(key)
            try:
                self.list_parts(key, upload_id)
            except UploadGoneError:
                return self._finished(key, upload_id)
            if time.monotonic() > deadline:
                raise ObjectExistsError(key)
            time.sleep(0.2)


def _etag_of(parts: Sequence[tuple[int, str]]) -> str:
    """Return the ETag that an object of these parts has where ETags are MD5 sums, else nothing."""
    digests = [bare_etag(etag) for _, etag in parts]
    if not all(_MD5.fullmatch(digest) for digest in digests):
        return ""
    whole = hashlib.md5(bytes.fromhex("".join(digests)), usedforsecurity=False).hexdigest()
    return f"{whole}-{len(digests)}"


@contextmanager
def _errors(key: str) -> Iterator[None]:
    """Turn the store's errors into ours."""
    try:
        yield
    except Exception as error:
        code = code_of(error)
        if code in _NO_OBJECT:
            raise ObjectNotFoundError(key) from None
        if code in _TAKEN:
            raise ObjectExistsError(key) from None
        if code in _FULL:
            raise StorageFullError(key) from error
        if code:
            raise StorageError(f"The object store refused: {code}.") from error
        if type(error).__module__.startswith("botocore."):
            raise StorageError(f"The object store cannot be reached: {type(error).__name__}.") from error
        raise


@contextmanager
def _upload_errors(key: str, upload_id: str) -> Iterator[None]:
    """Turn the store's errors about an upload into ours."""
    if not _UPLOAD_ID.fullmatch(upload_id):
        raise UploadGoneError(upload_id)
    with _errors(key):
        try:
            yield
        except Exception as error:
            if code_of(error) in _NO_UPLOAD:
                raise UploadGoneError(upload_id) from None
            raise


def _read(source: BinaryIO) -> bytes:
    """Read as much as one part holds, fewer bytes only at the end."""
    chunks, wanted = list[bytes](), _PUT_BYTES
    while wanted and (chunk := source.read(min(wanted, _BUFFER))):
        chunks.append(chunk)
        wanted -= len(chunk)
    return b"".join(chunks)
