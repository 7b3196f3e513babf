"""A gate on a client's way: it lets through what a test says and holds the rest, so that the client is stopped in the
middle however fast it is.

Clients that take proxies, also to this machine, are given :attr:`Gate.proxy`; others are given :attr:`Gate.api` as the
address of the site, and get addresses of storage that lead through the gate, too.
"""

import contextlib
import http.client
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from tests.support.site import Site

_STORAGE = "/storage"
_PIECE = 1 << 16
_PATIENCE_SECONDS = 60
# The embedded store's, and S3's.
_PART_NUMBER = re.compile(r"[?&]part(?:Number)?=(\d+)")
# Of one connection alone, or said anew here.
_OWN_HEADERS = {
    "accept-encoding", "connection", "content-length", "host", "keep-alive", "proxy-connection", "transfer-encoding",
}  # fmt: skip


def first_parts(count: int) -> Callable[[str, str], int | None]:
    """Let through so many parts of an upload, and everything else, and hold the other parts."""
    known: set[tuple[str, str]] = set()
    alone = threading.Lock()

    def passes(method: str, path: str) -> int | None:
        number = _PART_NUMBER.search(path)
        if method != "PUT" or number is None:
            return None
        # Sent again, a part may have another address, but is the same part.
        part = (urlsplit(path).path, number[1])
        with alone:
            if len(known) < count:
                known.add(part)
            return None if part in known else 0

    return passes


class Gate(ThreadingHTTPServer):
    """See :meth:`before`.

    Attributes:
        passes: how many bytes of the answer to a request (its method and its path) are let through; None for all of
            them, and for the request itself; 0 where not even the request may pass.
        opened: whether everything is let through from now on.
    """

    daemon_threads = True
    block_on_close = False

    passes: Callable[[str, str], int | None]
    site: Site

    @classmethod
    @contextlib.contextmanager
    def before(cls, site: Site, passes: Callable[[str, str], int | None]) -> Iterator["Gate"]:
        """Stand before a site and its storage until the block ends."""
        with cls(("127.0.0.1", 0), _Passage) as gate:
            gate.site, gate.passes = site, passes
            gate._closing = threading.Event()
            threading.Thread(target=gate.serve_forever, daemon=True).start()
            try:
                yield gate
            finally:
                gate._closing.set()
                gate.shutdown()

    @property
    def proxy(self) -> str:
        """Its address as a proxy's."""
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def api(self) -> str:
        """Its address as the site's API."""
        return f"{self.proxy}/api"

    def open(self) -> None:
        """Let everything through from now on; what is held stays held."""
        self.passes = lambda method, path: None

    def hold(self) -> None:
        """Keep a client waiting until the gate is taken away."""
        self._closing.wait()

    def way(self, target: str) -> tuple[str, str]:
        """Return the host that a request is for, and the path there."""
        parts = urlsplit(target)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        if parts.netloc:
            return parts.netloc, path
        if path.startswith(f"{_STORAGE}/"):
            return urlsplit(self.site.storage_url).netloc, path.removeprefix(_STORAGE)
        return urlsplit(self.site.url).netloc, path

    def led_through(self, body: bytes) -> bytes:
        """Return an answer of the site with the storage's addresses leading through the gate."""
        return body.replace(self.site.storage_url.encode(), f"{self.proxy}{_STORAGE}".encode())


class _Passage(BaseHTTPRequestHandler):
    """Takes one request through, or holds it."""

    server: Gate
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        is_proxy = bool(urlsplit(self.path).netloc)
        host, path = self.server.way(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        passes = self.server.passes(self.command, path)
        if passes == 0:
            self.server.hold()
            self.close_connection = True
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _OWN_HEADERS}
        with contextlib.closing(http.client.HTTPConnection(host, timeout=_PATIENCE_SECONDS)) as onward:
            onward.request(self.command, path, body or None, headers | {"Accept-Encoding": "identity"})
            answer = onward.getresponse()
            self._give_back(answer, passes, is_proxy=is_proxy)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_GET  # noqa: N815  as http.server calls them

    def _give_back(self, answer: http.client.HTTPResponse, passes: int | None, *, is_proxy: bool) -> None:
        length, body = answer.headers.get("Content-Length"), None
        if length is None or (not is_proxy and "json" in answer.headers.get("Content-Type", "")):
            body = answer.read() if is_proxy else self.server.led_through(answer.read())
            length = str(len(body))
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _OWN_HEADERS:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if body is not None:
            self.wfile.write(body)
            return
        left = passes
        while piece := answer.read(_PIECE if left is None else min(_PIECE, left)):
            self.wfile.write(piece)
            if left is not None:
                left -= len(piece)
                if not left:
                    self.server.hold()
                    self.close_connection = True
                    return

    def log_message(self, *_: object) -> None:
        """Say nothing."""
