"""HTTP/1.1 as a downloader needs it: kept-alive, bounded, never decoded, never sending a key to a stranger.

One :class:`Connection` belongs to one thread at a time; only :meth:`Connection.abort` may be called from
another.
"""

import contextlib
import http.client
import io
import socket
import ssl
import threading
from collections.abc import Iterable, Mapping
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from commonhold.client.arrivals import Arrivals
from commonhold.client.errors import ProtocolError, UnreachableError
from commonhold.client.network import USER_AGENT, Network

_REDIRECTS = {301, 302, 303, 307, 308}
_MOST_REDIRECTS = 5
_MOST_ORIGINS = 4
_VERBATIM = "/?#[]@!$&'()*+,;=%:~-._"

Origin = tuple[str, str, int]
# Chunks are sent as they come; their length is the caller's to announce.
Body = bytes | Iterable[bytes]


class UnsentError(UnreachableError):
    """No connection came about, so the request cannot have had an effect."""


class BrokenOffError(UnreachableError):
    """A connection ended in the middle; the request may have had its effect."""


class _Body(http.client.HTTPResponse):
    """A response whose body can be read as it arrives, straight into the caller's memory."""

    def __init__(self, sock: socket.socket, debuglevel: int = 0, method: str | None = None) -> None:
        super().__init__(sock, debuglevel, method)
        self._arrivals = Arrivals(sock)
        self._is_past_buffer = False

    def readinto_some(self, view: memoryview, gather: int) -> int:
        """Fill the front of ``view`` with what arrives; 0 at the end of the body."""
        if self.chunked or self.fp is None:
            return self.readinto(view)
        if self.length is None:
            return self.fp.readinto1(view)
        view = view[: self.length]
        if self._is_past_buffer:
            count = self._arrivals.receive(view, gather)
        else:
            count = self.fp.readinto1(view)
            # What came along with the headers lay in a buffer, which is passed over when it has been emptied.
            self._is_past_buffer = len(view) > io.DEFAULT_BUFFER_SIZE
        self.length -= count
        if not self.length:
            self._arrivals.take_each()  # the next answer on this connection may be a short one
            self.readinto(view[:0])  # lets the base class see the end, which frees the connection
        return count


class Response:
    """One answer. Its body must be read to its end before the connection can be used again."""

    def __init__(self, body: _Body, url: str, method: str) -> None:
        self._body = body
        self.url = url
        self.status = body.status
        self.method = method
        encoding = self.header("Content-Encoding").lower()
        self.is_encoded = encoding not in {"", "identity"}

    def header(self, name: str) -> str:
        """Return one header, an empty text where it is absent."""
        return (self._body.getheader(name) or "").strip()

    @property
    def length(self) -> int | None:
        """The announced length of the body, None where it is not known beforehand."""
        return self._body.length

    def receive(self, view: memoryview, *, gather: int = 1) -> int:
        """Fill the front of ``view`` with what has arrived, waiting for at least a byte; 0 at the end.

        Args:
            view: where to put it.
            gather: how many bytes it is worth a moment to wait for.

        Raises:
            BrokenOffError: the connection ended, or brought nothing within the time allowed.
        """
        try:
            return self._body.readinto_some(view, gather)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BrokenOffError(
                f"The connection to {host_of(self.url)} broke off: {_reason(error)}."
            ) from error

    def read(self, most: int) -> bytes:
        """Return the whole body.

        Raises:
            ProtocolError: it is longer than ``most`` bytes.
            BrokenOffError: it ended early.
        """
        try:
            content = self._body.read(most + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BrokenOffError(
                f"The connection to {host_of(self.url)} broke off: {_reason(error)}."
            ) from error
        if len(content) > most:
            raise ProtocolError(
                f"The answer from {host_of(self.url)} is longer than {most} bytes.", status=self.status
            )
        if self._body.length:
            raise BrokenOffError(f"The connection to {host_of(self.url)} ended in the middle of an answer.")
        return content

    def is_spent(self) -> bool:
        """Whether the body was read to its end, so that the connection is free for the next request."""
        return self._body.isclosed()


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
        self._open: dict[Origin, http.client.HTTPConnection] = {}
        self._last: Response | None = None
        self._socket: socket.socket | None = None

    def request(self, method: str, url: str, headers: Mapping[str, str], *, body: Body = b"") -> Response:
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
            following = urljoin(url, target)
            _check_redirect(url, following)
            if _origin(urlsplit(following)) != _origin(urlsplit(url)):
                sent.pop("Authorization", None)
            url = following
        raise ProtocolError(
            f"{host_of(url)} redirects more than {_MOST_REDIRECTS} times.",
            hint="Check the address of the API.",
        )

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: Body) -> Response:
        if self._last is not None and not self._last.is_spent():
            self.close()
        if method != "GET":
            # A kept connection may die just as a request is sent, and nobody could tell whether it had its
            # effect.
            self.close()
        parts = urlsplit(url)
        origin = _origin(parts)
        kept = origin in self._open
        try:
            return self._send(origin, parts, method, headers, body)
        except BrokenOffError:
            if not kept:
                raise
            return self._send(origin, parts, method, headers, body)

    def _send(
        self, origin: Origin, parts: SplitResult, method: str, headers: Mapping[str, str], body: Body
    ) -> Response:
        connection, by_proxy = self._connected(origin, parts)
        path = quote(parts.path or "/", safe=_VERBATIM) + (
            "?" + quote(parts.query, safe=_VERBATIM) if parts.query else ""
        )
        host = parts.netloc.rpartition("@")[2]
        target = f"http://{host}{path}" if by_proxy else path
        everything = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **by_proxy, **headers}
        self._socket = connection.sock
        # In this order: whoever stops sets the event first and then looks for the socket.
        if self._stopped is not None and self._stopped.is_set():
            self.close()
            raise UnsentError("The request was given up.")
        try:
            connection.request(method, target, body=body or None, headers=everything)
            answer = connection.getresponse()
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise BrokenOffError(
                f"{host} gave no answer: {_reason(error)}.", hint="Try again in a moment."
            ) from error
        if connection.sock is None:  # the server closes after this answer
            self._open.pop(origin, None)
        if not isinstance(answer, _Body):
            raise TypeError("the connection makes its answers of another class")
        self._last = Response(answer, parts.geturl(), method)
        return self._last

    def _connected(
        self, origin: Origin, parts: SplitResult
    ) -> tuple[http.client.HTTPConnection, dict[str, str]]:
        """Return an open connection, and the headers an http proxy wants (which also says there is one)."""
        proxy = self._network.proxy_for(parts)
        plain = {"Proxy-Connection": "keep-alive"} if proxy and origin[0] == "http" else {}
        if plain and proxy and proxy.authorization:
            plain["Proxy-Authorization"] = proxy.authorization
        if origin in self._open:
            return self._open[origin], plain
        while len(self._open) >= _MOST_ORIGINS:
            self._open.pop(next(iter(self._open))).close()
        scheme, host, port = origin
        near_host, near_port = (proxy.host, proxy.port) if proxy else (host, port)
        if scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                near_host, near_port, timeout=self._connect_timeout, context=self._network.tls
            )
            if proxy:
                wanted = {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}
                connection.set_tunnel(host, port, wanted)
        else:
            connection = http.client.HTTPConnection(near_host, near_port, timeout=self._connect_timeout)
        connection.response_class = _Body
        try:
            connection.connect()
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            raise _no_connection(
                error, f"{near_host}:{near_port}", through_proxy=proxy is not None
            ) from error
        if connection.sock is None:
            raise UnsentError(f"The connection to {near_host} was given up.")
        connection.sock.settimeout(self._silence)
        self._open[origin] = connection
        return connection, plain

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
        for connection in self._open.values():
            connection.close()
        self._open.clear()
        self._last = None
        self._socket = None


def host_of(url: str) -> str:
    """Return the host of an address, which is all of it that may be shown: the rest can be a secret."""
    return urlsplit(url).netloc.rpartition("@")[2]


def same_origin(one: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    return _origin(urlsplit(one)) == _origin(urlsplit(other))


def _origin(parts: SplitResult) -> Origin:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0:
        raise ProtocolError(
            "An address to follow is neither http nor https.", hint="Check the address of the API."
        )
    return parts.scheme, parts.hostname, port or (443 if parts.scheme == "https" else 80)


def _check_redirect(source: str, target: str) -> None:
    if urlsplit(source).scheme == "https" and urlsplit(target).scheme != "https":
        raise ProtocolError(
            f"{host_of(source)} redirects from https to an address without it; that is not followed.",
            hint="Tell the people who run the site.",
        )
    _origin(urlsplit(target))


def _reason(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "nothing arrived in time"
    return str(getattr(error, "strerror", None) or error or type(error).__name__)


def _no_connection(error: Exception, host: str, *, through_proxy: bool) -> UnreachableError:
    through = "the proxy " if through_proxy else ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return UnsentError(
            f"The certificate of {host} is not trusted: {error.verify_message}.",
            hint="If an authority of your own signed it, name its certificate in SSL_CERT_FILE.",
        )
    if isinstance(error, ssl.SSLError):
        return UnsentError(
            f"TLS with {host} failed: {_reason(error)}.", hint="Check that the address is one of https."
        )
    if isinstance(error, socket.gaierror):
        return UnsentError(f"No host {through}{host} is known.", hint="Check the address and the network.")
    if isinstance(error, ConnectionRefusedError):
        return UnsentError(
            f"Nothing listens at {through}{host}.",
            hint="Check the address (--api-url), and that the site is running.",
        )
    return UnsentError(
        f"No connection to {through}{host}: {_reason(error)}.",
        hint="Check the address, the network and the proxy.",
    )
