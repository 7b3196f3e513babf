"""How this machine reaches others: certificates, proxies, the name the program goes by.

Everything comes from the environment, as other tools read it: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``NO_PROXY``,
``SSL_CERT_FILE``, ``SSL_CERT_DIR``, ``REQUESTS_CA_BUNDLE``.
"""

import base64
import ipaddress
import os
import ssl
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from commonhold import __version__
from commonhold.client.errors import UsageError

USER_AGENT = f"commonhold/{__version__} (Python {sys.version.split()[0]}; {sys.platform})"


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True)
class Proxy:
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
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        return cls(parts.hostname, port, authorization)


class Network:
    """What every connection of one client shares. Safe to share between threads."""

    def proxy_for(self, url: SplitResult) -> Proxy | None:
        """Return the proxy for an address, or None. This machine itself is never asked for through one."""
        host = url.hostname or ""
        if not any(name.lower().endswith("_proxy") for name in os.environ):
            return None
        # Loaded only here: it takes longer than everything else this module needs.
        from urllib.request import getproxies_environment, proxy_bypass  # noqa: PLC0415

        known = getproxies_environment()
        address = known.get(url.scheme) or known.get("all")
        if not address or is_loopback(host) or proxy_bypass(url.netloc.rpartition("@")[2]):
            return None
        return Proxy.read(address)

    @cached_property
    def tls(self) -> ssl.SSLContext:
        """The trust of this machine, and the authority that ``REQUESTS_CA_BUNDLE`` adds.

        Raises:
            UsageError: that file or folder cannot be read.
        """
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        bundle = os.environ.get("REQUESTS_CA_BUNDLE")
        if bundle:
            try:
                if Path(bundle).is_dir():
                    context.load_verify_locations(capath=bundle)
                else:
                    context.load_verify_locations(cafile=bundle)
            except (OSError, ssl.SSLError) as error:
                raise UsageError(
                    f"REQUESTS_CA_BUNDLE names {bundle}, which cannot be read as certificates: {error}.",
                    hint="Name a PEM file or a folder of certificates, or unset the variable.",
                ) from error
        return context
