"""Signed URLs of the embedded store.

A download is ``<public URL>/objects/<key>?expires=…&filename=…&type=…&signature=…``, a part of an upload
``<public URL>/objects/<key>?expires=…&upload=…&part=…&signature=…``. One HMAC-SHA-256 covers the method, the
key and the values, each preceded by its length, so that no two requests share a message. The signature is
compared as text: no second spelling of it is accepted.
"""

import datetime as dt
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from commonhold.server.kit.secrets import derive_all
from commonhold.server.storage.keys import check_key

PATH = "/objects/"
MAX_FILENAME_BYTES = 255
MAX_QUERY_LENGTH = 2048

_GET, _PUT = "GET", "PUT"  # what is signed for GET may be asked with HEAD, which tells no more
_DOWNLOAD = ["expires", "filename", "type", "signature"]
_PART = ["expires", "upload", "part", "signature"]
_UPLOAD_ID = re.compile(r"[0-9a-f]{32}")
_PART_NUMBER = re.compile(r"[1-9][0-9]{0,4}")
_EXPIRES = re.compile(r"[1-9][0-9]{0,10}")
_WORD = r"[A-Za-z0-9!#$&^_.+-]+"
_CONTENT_TYPE = re.compile(rf"{_WORD}/{_WORD}(; ?{_WORD}={_WORD})*")


class MalformedQueryError(ValueError):
    """The query string is not one that this store writes."""


class BadSignatureError(ValueError):
    """The URL was changed, or was not signed by this site."""


class ExpiredUrlError(ValueError):
    """The URL was good, and is not any more."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a signed URL says: the name and type to answer under, and until when (seconds since 1970)."""

    filename: str
    content_type: str
    expires: int


@dataclass(frozen=True, slots=True)
class PartGrant:
    """What a part's signed URL says: which part of which upload may be put."""

    upload_id: str
    number: int


class UrlSigner:
    """Makes and checks the embedded store's URLs.

    Args:
        secrets: the site's secret keys, the current one first; the retired ones are still accepted.
        public_url: the address under which people reach the store, without a final slash.
    """

    def __init__(self, secrets: tuple[str, ...], public_url: str = "") -> None:
        self._keys = derive_all(secrets, "storage-url")
        self._base = public_url.rstrip("/") + PATH

    def url(self, key: str, *, filename: str, content_type: str, expires_at: dt.datetime) -> str:
        """Return the URL that downloads ``key`` until ``expires_at`` (see ``ObjectStore.download_url``)."""
        check_key(key)
        expires = _expiry(expires_at)
        if not 0 < len(filename.encode()) <= MAX_FILENAME_BYTES:
            raise ValueError(f"The file name of a download has 1 to {MAX_FILENAME_BYTES} bytes.")
        if len(content_type) > 100 or not _CONTENT_TYPE.fullmatch(content_type):
            raise ValueError(f"{content_type!r} is no content type.")
        signature = _sign(self._keys[0], (_GET, key, str(expires), filename, content_type))
        return (
            f"{self._base}{quote(key)}?expires={expires}&filename={quote(filename, safe='')}"
            f"&type={quote(content_type, safe='')}&signature={signature}"
        )

    def part_url(self, key: str, upload_id: str, number: int, *, expires_at: dt.datetime) -> str:
        """Return the URL to which a part can be put (see ``MultipartStore.part_url``)."""
        check_key(key)
        expires, part = _expiry(expires_at), str(number)
        if not _UPLOAD_ID.fullmatch(upload_id):
            raise ValueError("This is no upload id of this store.")
        signature = _sign(self._keys[0], (_PUT, key, str(expires), upload_id, part))
        return (
            f"{self._base}{quote(key)}?expires={expires}&upload={upload_id}&part={part}&signature={signature}"
        )

    def check(self, key: str, query: str, now: int) -> Grant:
        """Return what the URL of a request for ``key`` grants.

        Raises:
            MalformedQueryError: the query is not of the form above.
            BadSignatureError: something was changed.
            ExpiredUrlError: it was granted, and is over.
        """
        filename, content_type, expires = self._checked(_GET, _DOWNLOAD, key, query, now)
        return Grant(filename, content_type, expires)

    def check_part(self, key: str, query: str, now: int) -> PartGrant:
        """Return what the URL of a PUT to ``key`` grants; it raises as :meth:`check` does."""
        upload_id, number, _ = self._checked(_PUT, _PART, key, query, now)
        if not _UPLOAD_ID.fullmatch(upload_id) or not _PART_NUMBER.fullmatch(number):
            raise MalformedQueryError
        return PartGrant(upload_id, int(number))

    def _checked(
        self, method: str, names: Sequence[str], key: str, query: str, now: int
    ) -> tuple[str, str, int]:
        expires, first, second, signature = _read(query, names)
        said = (method, key, str(expires), first, second)
        good = False
        for secret in self._keys:
            good |= hmac.compare_digest(_sign(secret, said), signature)
        if not good:
            raise BadSignatureError
        if now >= expires:
            raise ExpiredUrlError
        return first, second, expires


def _expiry(moment: dt.datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("The moment of expiry needs a time zone.")
    expires = int(moment.timestamp())
    if not _EXPIRES.fullmatch(str(expires)):
        raise ValueError("The moment of expiry is out of range.")
    return expires


def _read(query: str, names: Sequence[str]) -> tuple[int, str, str, str]:
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(names)
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise MalformedQueryError from error
    if [name for name, _ in pairs] != names:
        raise MalformedQueryError
    expires, first, second, signature = (value for _, value in pairs)
    if not _EXPIRES.fullmatch(expires) or not signature.isascii():
        raise MalformedQueryError
    return int(expires), first, second, signature


def _sign(secret: bytes, said: Sequence[str]) -> str:
    message = b"".join(len(part).to_bytes(4) + part for part in (text.encode() for text in said))
    return hmac.digest(secret, message, "sha256").hex()
