"""AWS Signature Version 4 in a URL's query, for the hot path: every granted download is one such URL.

botocore does the same in ten times the time; a property test holds the two against each other.
"""

import datetime as dt
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote

MAX_LIFETIME = 7 * 24 * 3600  # S3's own bound, in seconds

_ALGORITHM = "AWS4-HMAC-SHA256"
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~/-]*")


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who signs. ``token`` is there for credentials that are lent for a time."""

    access_key_id: str
    secret_access_key: str
    token: str = ""


class QuerySigner:
    """Signs URLs of one bucket.

    Args:
        endpoint: scheme, host and port under which clients reach the store, and perhaps a path, without a
            final slash.
        bucket: its name.
        region: as it stands in signatures.
        credentials: returns those of the moment.
        virtual_host: whether the bucket stands in the host's name, and not in the path.
    """

    def __init__(
        self,
        endpoint: str,
        bucket: str,
        region: str,
        credentials: Callable[[], Credentials],
        *,
        virtual_host: bool,
    ) -> None:
        scheme, _, rest = endpoint.partition("://")
        host, _, path = rest.partition("/")
        # Clients leave the port out where it is the scheme's own, and sign the host they send.
        host = host.removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":"))
        self._host = f"{bucket}.{host}" if virtual_host else host
        self._path = (f"/{path}" if path else "") + ("" if virtual_host else f"/{bucket}")
        self._origin = f"{scheme}://{self._host}"
        self._region = region
        self._credentials = credentials
        self._day_key: tuple[str, str, bytes] = ("", "", b"")

    def url(
        self,
        method: str,
        key: str,
        parameters: Mapping[str, str],
        *,
        now: dt.datetime,
        lifetime: int,
    ) -> str:
        """Return a signed URL.

        Args:
            method: GET or PUT; nothing but the host is signed besides.
            key: of the object.
            parameters: what else stands in the query.
            now: the moment of signing, in UTC.
            lifetime: seconds, from 1 to :data:`MAX_LIFETIME`.

        Raises:
            ValueError: the lifetime is out of bounds.
        """
        if not 1 <= lifetime <= MAX_LIFETIME:
            raise ValueError(f"A signed URL lives from 1 to {MAX_LIFETIME} seconds.")
        credentials = self._credentials()
        moment = f"{now:%Y%m%dT%H%M%SZ}"
        scope = f"{moment[:8]}/{self._region}/s3/aws4_request"
        fields = {
            **parameters,
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{credentials.access_key_id}/{scope}",
            "X-Amz-Date": moment,
            "X-Amz-Expires": str(lifetime),
            "X-Amz-SignedHeaders": "host",
        }
        if credentials.token:
            fields["X-Amz-Security-Token"] = credentials.token
        query = "&".join([f"{_quote(name)}={_quote(fields[name])}" for name in sorted(fields)])
        path = f"{self._path}/{key if _PLAIN_PATH.fullmatch(key) else quote(key, safe='/~')}"
        request = f"{method}\n{path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        secret = self._key_of_the_day(credentials.secret_access_key, moment[:8])
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{digest}"
        signature = hmac.digest(secret, text.encode(), "sha256").hex()
        return f"{self._origin}{path}?{query}&X-Amz-Signature={signature}"

    def _key_of_the_day(self, secret: str, day: str) -> bytes:
        known_secret, known_day, key = self._day_key
        if (known_secret, known_day) != (secret, day):
            key = f"AWS4{secret}".encode()
            for word in (day, self._region, "s3", "aws4_request"):
                key = hmac.digest(key, word.encode(), "sha256")
            self._day_key = (secret, day, key)
        return key


@lru_cache(maxsize=4096)
def _quote(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else quote(text, safe="~")
