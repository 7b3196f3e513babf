"""Signed URLs of the embedded store: ``<public URL>/objects/<key>?expires=…&filename=…&type=…&signature=…``.

One HMAC-SHA-256 covers the method, the key, the expiry, and the name and type the object is answered under,
each preceded by its length, so that no two requests share a message. The signature is compared as text: no
second spelling of it is accepted.
"""

import datetime as dt
import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

from commonhold.server.kit.secrets import derive_all
from commonhold.server.storage.keys import check_key

PATH = "/objects/"
MAX_FILENAME_BYTES = 255
MAX_QUERY_LENGTH = 2048

_METHOD = "GET"  # what is signed for GET may be asked with HEAD, which tells no more
_NAMES = ["expires", "filename", "type", "signature"]
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
        if expires_at.tzinfo is None:
            raise ValueError("The moment of expiry needs a time zone.")
        if not 0 < len(filename.encode()) <= MAX_FILENAME_BYTES:
            raise ValueError(f"The file name of a download has 1 to {MAX_FILENAME_BYTES} bytes.")
        if len(content_type) > 100 or not _CONTENT_TYPE.fullmatch(content_type):
            raise ValueError(f"{content_type!r} is no content type.")
        expires = int(expires_at.timestamp())
        if not _EXPIRES.fullmatch(str(expires)):
            raise ValueError("The moment of expiry is out of range.")
        signature = _sign(self._keys[0], key, expires, filename, content_type)
        return (
            f"{self._base}{quote(key)}?expires={expires}&filename={quote(filename, safe='')}"
            f"&type={quote(content_type, safe='')}&signature={signature}"
        )

    def check(self, key: str, query: str, now: int) -> Grant:
        """Return what the URL of a request for ``key`` grants.

        Raises:
            MalformedQueryError: the query is not of the form above.
            BadSignatureError: something was changed.
            ExpiredUrlError: it was granted, and is over.
        """
        expires, filename, content_type, signature = _read(query)
        good = False
        for secret in self._keys:
            good |= hmac.compare_digest(_sign(secret, key, expires, filename, content_type), signature)
        if not good:
            raise BadSignatureError
        if now >= expires:
            raise ExpiredUrlError
        return Grant(filename, content_type, expires)


def _read(query: str) -> tuple[int, str, str, str]:
    try:
        pairs = parse_qsl(
            query, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(_NAMES)
        )
    except ValueError as error:  # UnicodeDecodeError is one
        raise MalformedQueryError from error
    if [name for name, _ in pairs] != _NAMES:
        raise MalformedQueryError
    expires, filename, content_type, signature = (value for _, value in pairs)
    if not _EXPIRES.fullmatch(expires) or not signature.isascii():
        raise MalformedQueryError
    return int(expires), filename, content_type, signature


def _sign(secret: bytes, key: str, expires: int, filename: str, content_type: str) -> str:
    parts = [part.encode() for part in (_METHOD, key, str(expires), filename, content_type)]
    message = b"".join(len(part).to_bytes(4) + part for part in parts)
    return hmac.digest(secret, message, "sha256").hex()
