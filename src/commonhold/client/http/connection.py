"""Requests and answers as the rest of the client sees them: kept-alive, redirected, never sending a key to a stranger.

One :class:`Connection` belongs to one thread at a time; only :meth:`Connection.abort` may be called from
another.
"""

import contextlib
import socket
import threading
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from commonhold.client.errors import ProtocolError, UnreachableError
from commonhold.client.http.body import Body
from commonhold.client.http.faults import BrokenOffError, UnsentError, reason_of
from commonhold.client.http.head import Head
from commonhold.client.http.link import Link, Origin, ascii_host
from commonhold.client.http.network import USER_AGENT, Network

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_MOST_ORIGINS = 4
_VERBATIM = "/?#[]@!$&'()*+,;=%:~-._"
_READ_AT_ONCE = 64 << 10

# Chunks are sent as they come; their length is the caller's to announce.
Content = bytes | Iterable[bytes]


class Response:
    """One answer. Its body must be read to its end before the connection can be used again."""

    def __init__(self, head: Head, body: Body, url: str) -> None:
        self._head = head
        self._body = body
        self.url = url
        self.status = head.status
        self.is_encoded = head.header("Content-Encoding").lower() not in {"", "identity"}

    def header(self, name: str) -> str:
        """Return one header, an empty text where it is absent."""
        return self._head.header(name)

    @property
    def length(self) -> int | None:
        """How much of the body is still to come, None where it is not known beforehand."""
        return self._body.left

    def receive(self, view: memoryview, *, gather: int = 1) -> int:
        """Fill the front of ``view`` with what has arrived, waiting for at least a byte; 0 at the end.

        Args:
            view: where to put it.
            gather: how many bytes it is worth a moment to wait for.

        Raises:
            BrokenOffError: the connection ended, or brought nothing within the time allowed.
        """
        try:
            return self._body.receive(view, gather)
        except (OSError, ValueError) as error:
            raise BrokenOffError(
                f"The connection to {host_of(self.url)} broke off: {reason_of(error)}."
            ) from error

    def read(self, most: int) -> bytes:
        """Return the whole body.

        Raises:
            ProtocolError: it is longer than ``most`` bytes.
            BrokenOffError: it ended early.
        """
        content = bytearray()
        left = self._body.left
        view = memoryview(bytearray(min(_READ_AT_ONCE, most + 1 if left is None else left)))
        while len(content) <= most and (count := self.receive(view)):
            content += view[:count]
        if len(content) > most:
            raise ProtocolError(
                f"The answer from {host_of(self.url)} is longer than {most} bytes.", status=self.status
            )
        if not self._body.is_over:
            raise BrokenOffError(f"The connection to {host_of(self.url)} ended in the middle of an answer.")
        return bytes(content)


class Connection:
    """A kept-alive connection, reopened when it is gone.

    Args:
        network: what it shares with others.
        connect_timeout: seconds for a connection to come about, TLS included.
        silence: seconds without a byte after which a connection counts as dead.
        stopped: when set, nothing more is sent: an :meth:`abort` that came just too early is not missed.
    """

    def __init__(
        self,
        network: Network,
        *,
        connect_timeout: float = 10.0,
        silence: float = 60.0,
        stopped: threading.Event | None = None,
    ) -> None:
        self._network = network
        self._connect_timeout = connect_timeout
        self._silence = silence
        self._stopped = stopped
        self._open: dict[Origin, Link] = {}
        self._socket: socket.socket | None = None

    def request(self, method: str, url: str, headers: Mapping[str, str], *, body: Content = b"") -> Response:
        """Send a request and return its answer, following redirects of GET.

        The ``Authorization`` header goes to the origin of ``url`` and to no other.

        Raises:
            UnsentError: no connection came about.
            BrokenOffError: it ended before the answer.
            ProtocolError: the redirects lead nowhere, or out of TLS.
        """
        sent = dict(headers)
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._exchange(method, url, sent, body)
            target = response.header("Location")
            if response.status not in _REDIRECTS or method != "GET" or not target:
                return response
            self.close_unless_spent(response)
            following = _redirected(url, target)
            if _origin(urlsplit(following)) != _origin(urlsplit(url)):
                sent.pop("Authorization", None)
            url = following
        raise ProtocolError(
            f"{host_of(url)} redirects more than {_MOST_REDIRECTS} times.",
            hint="Check the address of the API.",
        )

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: Content) -> Response:
        if method != "GET":
            # A kept connection may die just as a request is sent, and nobody could tell whether it had its
            # effect.
            self.close()
        parts = urlsplit(url)
        origin = _origin(parts)
        kept = self._open.get(origin)
        if kept is not None and not kept.is_free:
            self._open.pop(origin).close()
            kept = None
        try:
            return self._send(origin, parts, method, headers, body)
        except BrokenOffError:
            if kept is None:
                raise
            return self._send(origin, parts, method, headers, body)

    def _send(
        self, origin: Origin, parts: SplitResult, method: str, headers: Mapping[str, str], body: Content
    ) -> Response:
        link, by_proxy = self._connected(origin, parts)
        path = quote(parts.path or "/", safe=_VERBATIM) + (
            "?" + quote(parts.query, safe=_VERBATIM) if parts.query else ""
        )
        target = f"http://{origin.authority}{path}" if by_proxy else path
        everything = {
            "Host": origin.authority,
            "User-Agent": USER_AGENT,
            "Accept-Encoding": "identity",
            **by_proxy,
            **headers,
        }
        self._socket = link.socket
        # In this order: whoever stops sets the event first and then looks for the socket.
        if self._stopped is not None and self._stopped.is_set():
            self.close()
            raise UnsentError("The request was given up.")
        try:
            head, answer = link.exchange(method, target, everything, body)
        except (OSError, ValueError) as error:
            self.close()
            raise BrokenOffError(
                f"{origin.authority} gave no answer: {reason_of(error)}.", hint="Try again in a moment."
            ) from error
        return Response(head, answer, parts.geturl())

    def _connected(self, origin: Origin, parts: SplitResult) -> tuple[Link, dict[str, str]]:
        """Return an open connection, and the headers an http proxy wants (which also says there is one)."""
        proxy = self._network.proxy_for(parts)
        plain = {"Proxy-Connection": "keep-alive"} if proxy and origin.scheme == "http" else {}
        if plain and proxy and proxy.authorization:
            plain["Proxy-Authorization"] = proxy.authorization
        if origin in self._open:
            return self._open[origin], plain
        while len(self._open) >= _MOST_ORIGINS:
            self._open.pop(next(iter(self._open))).close()
        link = Link.open(
            self._network,
            origin,
            proxy,
            connect_timeout=self._connect_timeout,
            silence=self._silence,
        )
        self._open[origin] = link
        return link, plain

    def close_unless_spent(self, response: Response, most: int = 65_536) -> None:
        """Read the rest of a small body so that the connection stays open; otherwise close it."""
        try:
            response.read(most)
        except (UnreachableError, ProtocolError):
            self.close()

    def abort(self) -> None:
        """Make whatever waits on this connection fail at once. May be called from another thread."""
        waiting = self._socket
        if waiting is not None:
            with contextlib.suppress(OSError):
                # Not as TLS has it, which forgets its keys: what is still here would then be read undeciphered.
                socket.socket.shutdown(waiting, socket.SHUT_RDWR)

    def close(self) -> None:
        """Close everything; the next request opens it again."""
        for link in self._open.values():
            link.close()
        self._open.clear()
        self._socket = None


def host_of(url: str) -> str:
    """Return the host of an address, which is all of it that may be shown: the rest can be a secret."""
    return urlsplit(url).netloc.rpartition("@")[2]


def _origin(parts: SplitResult) -> Origin:
    try:
        port = parts.port
        host = ascii_host(parts.hostname or "")
    except ValueError:
        port, host = 0, ""
    if parts.scheme not in {"http", "https"} or not host or port == 0:
        raise ProtocolError(
            "An address to follow is neither http nor https.", hint="Check the address of the API."
        )
    return Origin(parts.scheme, host, port or (443 if parts.scheme == "https" else 80))


def _redirected(source: str, target: str) -> str:
    """Return the address that a redirect leads to.

    Raises:
        ProtocolError: it is none, or leads out of TLS.
    """
    try:
        following = urljoin(source, target)
        parts = urlsplit(following)
    except ValueError as error:
        raise ProtocolError(
            f"{host_of(source)} redirects to something that is no address.",
            hint="Tell the people who run the site.",
        ) from error
    if urlsplit(source).scheme == "https" and parts.scheme != "https":
        raise ProtocolError(
            f"{host_of(source)} redirects from https to an address without it; that is not followed.",
            hint="Tell the people who run the site.",
        )
    _origin(parts)
    return following
