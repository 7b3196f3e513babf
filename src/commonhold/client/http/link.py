"""One open connection: how it comes about, directly or through a proxy, and one request with its answer on it."""

import socket
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple, Self

from commonhold.client.errors import UnreachableError
from commonhold.client.http.body import Body, UntilEnd, body_of
from commonhold.client.http.faults import UnsentError, reason_of
from commonhold.client.http.head import Head, read_head, request_head
from commonhold.client.http.network import Network, Proxy
from commonhold.client.http.stream import Stream

# Methods that say so where they carry nothing: RFC 9110, section 8.6.
_WITH_CONTENT = {"POST", "PUT", "PATCH"}
# The first byte of an answer may take all the time there is, and the rest of its head as much again.
_PATIENCES_FOR_A_HEAD = 2


class Origin(NamedTuple):
    """Scheme, host (in ASCII) and port."""

    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """Host and port as a ``Host`` header has them, without the scheme's usual port."""
        is_usual = self.port == (443 if self.scheme == "https" else 80)
        return self._host if is_usual else self.full_authority

    @property
    def full_authority(self) -> str:
        """Host and port, whatever the port."""
        return f"{self._host}:{self.port}"

    @property
    def _host(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


class Link:
    """An open connection to one origin.

    Args:
        connection: where requests are written.
        is_tls: whether it enciphers them.
    """

    def __init__(self, connection: socket.socket, *, is_tls: bool) -> None:
        self.socket = connection
        self._stream = Stream(connection, is_tls=is_tls)
        self._body: Body | None = None
        self._stays_open = True

    @property
    def is_free(self) -> bool:
        """Whether another request may be sent: the last answer was received to its end, and nothing came after it."""
        is_over = self._body is None or self._body.is_over
        return self._stays_open and is_over and self._stream.is_quiet

    @classmethod
    def open(
        cls, network: Network, origin: Origin, proxy: Proxy | None, *, connect_timeout: float, silence: float
    ) -> Self:
        """Open one.

        Args:
            network: whom this machine trusts.
            origin: whom to speak to.
            proxy: through whom, or None.
            connect_timeout: seconds for each step until it is open.
            silence: seconds without a byte after which it counts as dead, from then on.

        Raises:
            UnsentError: it did not come about.
        """
        near_host, near_port = (proxy.host, proxy.port) if proxy else (origin.host, origin.port)
        near = f"{near_host}:{near_port}"
        connection: socket.socket | None = None
        context = network.tls if origin.scheme == "https" else None
        try:
            # As bytes, for which no module that knows all alphabets is loaded.
            address = (ascii_host(near_host).encode(), near_port)
            connection = socket.create_connection(address, connect_timeout)  # type: ignore[arg-type]
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if context:
                from commonhold.client.http.tls import secure  # noqa: PLC0415 -- takes long; see there

                if proxy:
                    _open_tunnel(connection, origin, proxy, connect_timeout)
                connection = secure(connection, origin.host, near, context)
            connection.settimeout(silence)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if isinstance(error, OSError | ValueError):
                raise _no_connection(error, near, through_proxy=proxy is not None) from error
            raise
        return cls(connection, is_tls=context is not None)

    def exchange(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | Iterable[bytes]
    ) -> tuple[Head, Body]:
        """Send a request, and return the head of its answer and the body that follows.

        Args:
            method: in capitals.
            target: as it stands in the first line.
            headers: all of them, but for the length of a ``body`` that is at hand as a whole.
            body: what is sent; of chunks that are still to be made, ``headers`` announce the length.

        Raises:
            OSError: the connection broke, or brought nothing within the time it is given.
            ValueError: the request cannot be written, or the answer is no HTTP.
        """
        self._stays_open = False  # until there is an answer: a request may break off in the middle
        if isinstance(body, bytes):
            length = {"Content-Length": str(len(body))} if body or method in _WITH_CONTENT else {}
            self.socket.sendall(request_head(method, target, {**headers, **length}) + body)
        else:
            if "Content-Length" not in headers:
                raise TypeError("the length of a body in chunks has to be announced")
            self.socket.sendall(request_head(method, target, headers))
            for chunk in body:
                self.socket.sendall(chunk)
        patience = self.socket.gettimeout() or 0.0
        head = read_head(self._stream, time.monotonic() + _PATIENCES_FOR_A_HEAD * patience)
        self._body = body_of(head, self._stream, method)
        self._stays_open = head.keeps_open and not isinstance(self._body, UntilEnd)
        return head, self._body

    def close(self) -> None:
        """Close it."""
        self.socket.close()


def ascii_host(host: str) -> str:
    """Return a host's name in the letters that the network knows (RFC 5890).

    Raises:
        ValueError: it cannot be written in them.
    """
    # What is ASCII already is spared the module that writes the rest.
    return host if host.isascii() else host.encode("idna").decode()


def _open_tunnel(connection: socket.socket, origin: Origin, proxy: Proxy, patience: float) -> None:
    """Have an http proxy connect us with an origin (RFC 9110, section 9.3.6)."""
    headers = {"Host": origin.full_authority}
    if proxy.authorization:
        headers["Proxy-Authorization"] = proxy.authorization
    connection.sendall(request_head("CONNECT", origin.full_authority, headers))
    stream = Stream(connection, is_tls=False)
    head = read_head(stream, time.monotonic() + patience)
    if not 200 <= head.status < 300:
        raise OSError(f"it answers with status {head.status}")
    if not stream.is_quiet:
        raise ValueError("it speaks before it is asked")


def _no_connection(error: OSError | ValueError, near: str, *, through_proxy: bool) -> UnreachableError:
    through = "the proxy " if through_proxy else ""
    if isinstance(error, socket.gaierror):
        return UnsentError(f"No host {through}{near} is known.", hint="Check the address and the network.")
    if isinstance(error, ConnectionRefusedError):
        return UnsentError(
            f"Nothing listens at {through}{near}.",
            hint="Check the address (--api-url), and that the site is running.",
        )
    return UnsentError(
        f"No connection to {through}{near}: {reason_of(error)}.",
        hint="Check the address, the network and the proxy.",
    )
