"""What the server answers, as plain values, and the headers that every answer carries."""

from collections.abc import Sequence
from dataclasses import dataclass
from json import dumps

from commonhold.server.storage.attachment import attachment
from commonhold.server.storage.embedded.ranges import MAX_RANGES, Range
from commonhold.server.storage.filesystem import StoredFile
from commonhold.server.storage.multipart import MAX_PART_BYTES

Headers = list[tuple[str, str]]

METHODS = "GET, HEAD, OPTIONS, PUT"

_EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, Content-Type, ETag, Last-Modified"
)
_CONDITIONS = "Range, If-Match, If-None-Match, If-Range, If-Modified-Since, If-Unmodified-Since"

_ALWAYS = [
    ("server", "commonhold"),
    ("x-content-type-options", "nosniff"),
    # Should a browser ever show an object after all, it runs nothing, loads nothing, and has no origin.
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "cross-origin"),
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", _EXPOSED),
]

_NO_ADDRESS = "This is no address of this store, or not for this method. Use it exactly as it was given."
_CHANGED = "The signature does not fit this address. Use it exactly as it was given, or ask for a new URL."
_OTHER_FILE = "The file is not the one that If-Match or If-Unmodified-Since names."
_NO_RANGE = f"No byte of the ranges asked for lies in the file, or there are more than {MAX_RANGES} of them."

_ERRORS = {
    400: ("Bad request.", _NO_ADDRESS),
    403: ("Forbidden.", _CHANGED),
    404: ("Not found.", "There is no such file here. It may have been removed."),
    405: ("Method not allowed.", f"Objects answer to {METHODS}, each with a URL of its own."),
    408: ("Too slow.", "The part stopped arriving. Send it again."),
    410: ("Gone.", "This upload is complete, or was ended. No part of it is taken any more."),
    411: ("Length required.", "Send the part with a Content-Length, not in chunks."),
    412: ("Precondition failed.", _OTHER_FILE),
    413: ("Too large.", f"A part has from 1 to {MAX_PART_BYTES} bytes."),
    414: ("Address too long.", _NO_ADDRESS),
    416: ("Range not satisfiable.", _NO_RANGE),
    431: ("Headers too long.", "Send fewer or shorter headers."),
    500: ("Internal error.", "Something went wrong on our side. Please try again later."),
    501: ("Not implemented.", "Bodies come with a Content-Length, or in chunks."),
    503: ("Busy.", "Too many requests at once. Please try again in a moment."),
    507: (
        "Storage full.",
        "There is no room for this part now; nothing of it was kept. Please try again later.",
    ),
}

EXPIRED = (
    "This URL has expired.",
    "Ask for a new URL and go on where the download stopped, with a Range header.",
)
EXPIRED_PART = ("This URL has expired.", "Ask for a new URL for this part, and send it again.")
READ_ONLY = (
    "Read-only.",
    "The site is being looked after and takes no uploads now. What has arrived is kept; please go on later.",
)
CUT_SHORT = ("Cut short.", "The part ended before its Content-Length; nothing of it was kept. Send it again.")


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, headers, and a body of bytes."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class FileAnswer:
    """A whole object (200), one range of it (206), or several (206, ``multipart/byteranges``).

    Attributes:
        status: 200 or 206.
        headers: all of them, ``content-length`` included.
        file: the object.
        ranges: what to send of it.
        parts: with several ranges, what stands before each, and at the end.
    """

    status: int
    headers: Headers
    file: StoredFile
    ranges: Sequence[Range]
    parts: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class PartRequest:
    """What is to be done before a PUT can be answered: take in the body as a part of an upload."""

    key: str
    upload_id: str
    number: int
    length: int


def error(status: int, texts: tuple[str, str] | None = None, extra: Headers | None = None) -> Answer:
    """Return an error as JSON with ``error`` and ``message``; a status without texts of its own becomes 400."""
    if status not in _ERRORS:
        status = 400
    short, message = texts or _ERRORS[status]
    return _json(status, dumps({"error": short, "message": message}).encode(), extra or [])


def health() -> Answer:
    """Return what ``GET /health`` answers."""
    return _json(200, b'{"status":"ok"}', [])


def _json(status: int, body: bytes, extra: Headers) -> Answer:
    headers = [
        *_ALWAYS,
        *extra,
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
        ("content-length", str(len(body))),
    ]
    return Answer(status, headers, body)


def part_kept(etag: str) -> Answer:
    """Return what a PUT is answered with once the part is on disk."""
    return Answer(200, [*_ALWAYS, ("etag", etag), ("cache-control", "no-store"), ("content-length", "0")])


def read_only() -> Answer:
    """Return what a PUT is answered while nothing may be written."""
    return error(503, READ_ONLY, [("retry-after", "60")])


def preflight() -> Answer:
    """Return what OPTIONS answers, whatever the address: a page elsewhere may send ranges and conditions."""
    headers = [
        *_ALWAYS,
        ("allow", METHODS),
        ("access-control-allow-methods", METHODS),
        ("access-control-allow-headers", f"Authorization, Content-Type, {_CONDITIONS}"),
        ("access-control-max-age", "86400"),
    ]
    return Answer(204, headers)


def object_headers(file: StoredFile, last_modified: str, filename: str) -> Headers:
    """Return the headers that describe an object, as 200, 206 and 304 share them."""
    return [
        *_ALWAYS,
        ("accept-ranges", "bytes"),
        ("etag", file.etag),
        ("last-modified", last_modified),
        # No intermediary may compress an archive: clients would keep what it unpacks to (decision 20).
        ("cache-control", "private, no-transform"),
        ("content-disposition", attachment(filename)),
    ]
