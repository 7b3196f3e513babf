"""One request, answered: pure but for a look at the file's status. A PUT is only judged here."""

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from commonhold.server.storage.embedded.answers import (
    EXPIRED,
    EXPIRED_PART,
    METHODS,
    Answer,
    FileAnswer,
    Headers,
    PartRequest,
    error,
    health,
    object_headers,
    preflight,
    read_only,
)
from commonhold.server.storage.embedded.conditions import failed_status, http_date, range_applies
from commonhold.server.storage.embedded.ranges import Range, UnsatisfiableRangeError, parse_ranges
from commonhold.server.storage.filesystem import FilesystemStore, StoredFile
from commonhold.server.storage.interface import ObjectNotFoundError
from commonhold.server.storage.keys import MAX_KEY_BYTES, InvalidKeyError, check_key
from commonhold.server.storage.multipart import MAX_PART_BYTES
from commonhold.server.storage.signing import (
    MAX_QUERY_LENGTH,
    PATH,
    BadSignatureError,
    ExpiredUrlError,
    Grant,
    MalformedQueryError,
    UrlSigner,
)

HEALTH = "/health"

_LENGTH = re.compile(r"[0-9]{1,19}")

_REFUSALS: Mapping[type[Exception], Callable[[], Answer]] = {
    InvalidKeyError: partial(error, 400),
    MalformedQueryError: partial(error, 400),
    BadSignatureError: partial(error, 403),
    ExpiredUrlError: partial(error, 403, EXPIRED),
    ObjectNotFoundError: partial(error, 404),
}


class Application:
    """Answers requests for objects.

    Args:
        store: the folder.
        signer: checks the URLs.
        clock: returns the present second since 1970.
        read_only: says whether no part is taken now.
    """

    def __init__(
        self,
        store: FilesystemStore,
        signer: UrlSigner,
        clock: Callable[[], float],
        read_only: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._read_only = read_only

    def answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Answer | FileAnswer | PartRequest:
        """Answer one request, or say what its body is.

        Args:
            method: as sent.
            path: percent-decoded.
            query: as sent.
            headers: by lower-case name; of a header sent twice, the values joined with commas.
        """
        if method == "OPTIONS":
            return preflight()
        if method not in {"GET", "HEAD", "PUT"}:
            return error(405, extra=[("allow", METHODS)])
        if path == HEALTH and method != "PUT":
            return health()
        if len(path) > len(PATH) + MAX_KEY_BYTES or len(query) > MAX_QUERY_LENGTH:
            return error(414)
        try:
            if method == "PUT":
                return self._part(path, query, headers)
            return self._download(method, path, query, headers)
        except tuple(_REFUSALS) as fault:
            return _REFUSALS[type(fault)]()

    def _download(
        self, method: str, path: str, query: str, headers: Mapping[str, str]
    ) -> Answer | FileAnswer:
        if not path.startswith(PATH):
            return error(404)
        key = path.removeprefix(PATH)
        check_key(key)
        grant = self._signer.check(key, query, int(self._clock()))
        file = self._store.locate(key)
        return _object(method, headers, grant, file)

    def _part(self, path: str, query: str, headers: Mapping[str, str]) -> Answer | PartRequest:
        """Judge the PUT of a part. Its expiry counts now: a part that is arriving is never cut."""
        if not path.startswith(PATH):
            return error(404)
        key = path.removeprefix(PATH)
        check_key(key)
        try:
            grant = self._signer.check_part(key, query, int(self._clock()))
        except ExpiredUrlError:
            return error(403, EXPIRED_PART)
        if self._read_only():
            return read_only()
        length = headers.get("content-length", "")
        if not _LENGTH.fullmatch(length) or "transfer-encoding" in headers:
            return error(411)
        if not 1 <= int(length) <= MAX_PART_BYTES:
            return error(413)
        return PartRequest(key, grant.upload_id, grant.number, int(length))


def _object(method: str, headers: Mapping[str, str], grant: Grant, file: StoredFile) -> Answer | FileAnswer:
    described = object_headers(file, http_date(file.modified), grant.filename)
    match failed_status(headers, file.etag, file.modified):
        case 304:
            return Answer(304, described)
        case 412:
            return error(412)
    ranges: Sequence[Range] | None = None
    asked = headers.get("range")
    # Range means something with GET only (RFC 9110, section 14.2).
    if asked is not None and method == "GET" and range_applies(headers, file.etag, file.modified):
        try:
            ranges = parse_ranges(asked, file.size)
        except UnsatisfiableRangeError:
            return error(416, extra=[("content-range", f"bytes */{file.size}"), ("accept-ranges", "bytes")])
    if ranges is None:
        described += [("content-type", grant.content_type), ("content-length", str(file.size))]
        return FileAnswer(200, described, file, [(0, file.size)])
    if len(ranges) == 1:
        return _one_range(described, grant, file, ranges[0])
    return _several_ranges(described, grant, file, ranges)


def _one_range(described: Headers, grant: Grant, file: StoredFile, wanted: Range) -> FileAnswer:
    start, end = wanted
    described += [
        ("content-type", grant.content_type),
        ("content-range", f"bytes {start}-{end - 1}/{file.size}"),
        ("content-length", str(end - start)),
    ]
    return FileAnswer(206, described, file, [wanted])


def _several_ranges(
    described: Headers, grant: Grant, file: StoredFile, ranges: Sequence[Range]
) -> FileAnswer:
    """Answer with ``multipart/byteranges`` (RFC 9110, section 14.6)."""
    boundary = secrets.token_hex(16)  # 128 random bits: no file holds it by chance or design
    parts = [
        f"\r\n--{boundary}\r\ncontent-type: {grant.content_type}\r\n"
        f"content-range: bytes {start}-{end - 1}/{file.size}\r\n\r\n".encode()
        for start, end in ranges
    ]
    parts.append(f"\r\n--{boundary}--\r\n".encode())
    length = sum(map(len, parts)) + sum(end - start for start, end in ranges)
    described += [
        ("content-type", f"multipart/byteranges; boundary={boundary}"),
        ("content-length", str(length)),
    ]
    return FileAnswer(206, described, file, ranges, parts)
