"""How this machine reaches others: certificates, proxies, the name the program goes by.

Everything comes from the environment, as other tools read it: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``,
``SSL_CERT_FILE``, ``SSL_CERT_DIR``, ``REQUESTS_CA_BUNDLE``.
"""

import ipaddress
import os
import sys
import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from commonhold import __version__
from commonhold.client.errors import UsageError

if TYPE_CHECKING:
    from ssl import SSLContext

USER_AGENT = f"commonhold/{__version__} (Python {sys.version.split()[0]}; {sys.platform})"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Proxy(NamedTuple):
    """A proxy and what it wants to see; ``authorization`` is an empty text where it wants nothing."""

    host: str
    port: int
    authorization: str

    @classmethod
    def read(cls, address: str) -> "Proxy":
        """Read a proxy's address.

        Raises:
            UsageError: it is none, or of a kind that is not supported.
        """
        parts = urlsplit(address if "://" in address else f"http://{address}")
        try:
            port = parts.port or 80
        except ValueError:
            port = 0
        if parts.scheme != "http" or not parts.hostname or not port:
            shown = f"{parts.scheme}://{parts.hostname or ''}"
            raise UsageError(
                f"The proxy {shown} in the environment cannot be used.",
                hint="Only proxies spoken to over http are supported: HTTPS_PROXY=http://proxy.example.org:3128",
            )
        authorization = ""
        if parts.username is not None:
            from base64 import b64encode  # noqa: PLC0415 -- few proxies ask for a name

            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + b64encode(pair.encode()).decode()
        return cls(parts.hostname, port, authorization)


class Network:
    """What every connection of one client shares. Safe to share between threads."""

    def __init__(self) -> None:
        self._trust: SSLContext | None = None
        self._lock = threading.Lock()

    def proxy_for(self, url: SplitResult) -> Proxy | None:
        """Return the proxy for an address, or None. This machine itself is never asked for through one."""
        host = url.hostname or ""
        wanted = {f"{url.scheme}_proxy", "all_proxy"}
        if not any(name.lower() in wanted for name in os.environ):
            return None
        # Loaded only here: it takes longer than everything else this module needs.
        from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415

        known = getproxies_environment()
        address = known.get(url.scheme) or known.get("all")
        if not address or is_loopback(host) or proxy_bypass(url.netloc.rpartition("@")[2]):
            return None
        return Proxy.read(address)

    @property
    def tls(self) -> "SSLContext":
        """Whom this machine trusts, read once.

        Raises:
            UsageError: a file or folder that the environment names cannot be read.
        """
        from commonhold.client.http.tls import trust  # noqa: PLC0415 -- takes long, and not every address needs it

        with self._lock:
            if self._trust is None:
                self._trust = trust()
            return self._trust
