"""HTTP on real sockets: redirects, proxies, bounds, and where a key goes."""

import base64
import contextlib
import http.server
import json
import random
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from commonhold.client import errors
from commonhold.client.http.connection import Connection, Response
from commonhold.client.http.faults import BrokenOffError, UnsentError
from commonhold.client.http.network import Network, Proxy
from tests.support.certificate import make_certificate

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


def plain(
    handler: http.server.BaseHTTPRequestHandler, status: int = 200, body: bytes = b"", **headers: str
) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@contextlib.contextmanager
def serving(
    answer: Answer, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, list[http.server.BaseHTTPRequestHandler]]]:
    seen: list[http.server.BaseHTTPRequestHandler] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

        def _handle(self) -> None:
            seen.append(self)
            answer(self)

        def do_GET(self) -> None:
            self._handle()

        def do_POST(self) -> None:
            self._handle()

        def do_CONNECT(self) -> None:
            seen.append(self)
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as far:
                self.send_response(200)
                self.end_headers()
                back = threading.Thread(target=_pipe, args=(far, self.connection))
                back.start()
                _pipe(self.connection, far)
                back.join()
            self.close_connection = True

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"{'https' if tls else 'http'}://127.0.0.1:{server.server_address[1]}", seen
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _pipe(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    opened = Connection(Network(), silence=60.0)
    yield opened
    opened.close()


KEY = {"Authorization": "Bearer secret"}


def test_a_connection_is_used_again(connection: Connection) -> None:
    with serving(lambda handler: plain(handler, body=b"yes")) as (url, seen):
        for _ in range(3):
            assert connection.request("GET", url, {}).read(10) == b"yes"
        assert len({id(handler) for handler in seen}) == 1
        assert seen[0].headers["Accept-Encoding"] == "identity"
        assert seen[0].headers["User-Agent"].startswith("commonhold/")


def test_a_kept_connection_that_died_is_replaced_for_reads(connection: Connection) -> None:
    def once(handler: http.server.BaseHTTPRequestHandler) -> None:
        plain(handler, body=b"yes")
        handler.close_connection = True  # without having said so

    with serving(once) as (url, _):
        for _ in range(3):
            assert connection.request("GET", url, {}).read(10) == b"yes"


def test_a_request_that_counts_never_rides_on_a_kept_connection(connection: Connection) -> None:
    with serving(plain) as (url, seen):
        for method in ("GET", "POST", "POST"):
            connection.request(method, url, {}).read(10)
        assert len({id(handler) for handler in seen}) == 3


def test_a_body_longer_than_the_bound_is_refused(connection: Connection) -> None:
    with (
        serving(lambda handler: plain(handler, body=b"x" * 1000)) as (url, _),
        pytest.raises(errors.ProtocolError),
    ):
        connection.request("GET", url, {}).read(999)


def test_a_body_shorter_than_announced_is_noticed(connection: Connection) -> None:
    def short(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "10")
        handler.end_headers()
        handler.wfile.write(b"12345")
        handler.close_connection = True

    with serving(short) as (url, _), pytest.raises(BrokenOffError):
        connection.request("GET", url, {}).read(999)


def test_redirects_keep_the_key_within_one_origin(connection: Connection) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path == "/":
            plain(handler, 302, Location="/there?a=b%2Fc")
        else:
            plain(handler, body=handler.path.encode())

    with serving(answer) as (url, seen):
        assert connection.request("GET", url, KEY).read(100) == b"/there?a=b%2Fc"
        assert [handler.headers["Authorization"] for handler in seen] == ["Bearer secret"] * 2


def test_redirects_to_another_origin_lose_the_key_for_good(connection: Connection) -> None:
    with serving(lambda handler: plain(handler, body=b"far")) as (far, far_seen):
        with serving(lambda handler: plain(handler, 307, Location=f"{far}/x")) as (near, _):
            assert connection.request("GET", near, KEY).read(10) == b"far"
        assert far_seen[0].headers["Authorization"] is None


def test_redirects_end(connection: Connection) -> None:
    with serving(lambda handler: plain(handler, 302, Location="/again")) as (url, seen):
        with pytest.raises(errors.ProtocolError, match="redirects"):
            connection.request("GET", url, {})
        assert len(seen) == 6


@pytest.mark.parametrize(
    "target",
    [
        "file:///etc/passwd",
        "ftp://x/",
        "http://",
        "gopher://x",
        "http://[x",
        "http://x:99999",
        "http://\xe4..x",
    ],
)
def test_redirects_out_of_the_web_are_not_followed(connection: Connection, target: str) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        plain(handler, 302, Location=target)

    with serving(answer) as (url, _), pytest.raises(errors.ProtocolError):
        connection.request("GET", url, {})


def test_redirects_of_a_post_are_not_followed(connection: Connection) -> None:
    with serving(lambda handler: plain(handler, 302, Location="/x")) as (url, seen):
        assert connection.request("POST", url, KEY).status == 302
        assert len(seen) == 1


def test_nobody_there(connection: Connection) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))  # taken, so that nobody else comes to listen there
        port = probe.getsockname()[1]
        with pytest.raises(UnsentError, match="Nothing listens"):
            connection.request("GET", f"http://127.0.0.1:{port}/", {})
    with pytest.raises(UnsentError, match="No host"):
        connection.request("GET", "http://no-such-host.invalid/", {})
    for host in ("n\xf6-such-host.invalid", f"{'n' * 70}.invalid"):
        with pytest.raises(UnsentError):
            connection.request("GET", f"http://{host}/", {})


def test_silence_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    wait = threading.Event()

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        wait.wait(60)
        handler.close_connection = True

    opened = Connection(Network(), silence=0.2)
    with serving(answer) as (url, _):
        with pytest.raises(BrokenOffError, match="nothing arrived in time"):
            opened.request("GET", url, {})
        wait.set()
    opened.close()


def test_an_http_proxy_sees_the_whole_address(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda handler: plain(handler, body=b"by proxy")) as (proxy, seen):
        monkeypatch.setenv("HTTP_PROXY", proxy.replace("//", "//someone:p%40ss@"))
        assert connection.request("GET", "http://data.example.org/x?y", KEY).read(100) == b"by proxy"
        assert seen[0].path == "http://data.example.org/x?y"
        assert seen[0].headers["Host"] == "data.example.org"
        expected = base64.b64encode(b"someone:p@ss").decode()
        assert seen[0].headers["Proxy-Authorization"] == f"Basic {expected}"


def test_this_machine_and_exceptions_are_reached_without_the_proxy(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda handler: plain(handler, body=b"direct")) as (url, _):
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        assert connection.request("GET", url, {}).read(10) == b"direct"
    monkeypatch.setenv("NO_PROXY", "invalid")
    with pytest.raises(UnsentError, match="No host"):
        connection.request("GET", "http://no-such-host.invalid/", {})


def test_a_proxy_that_cannot_be_used_is_told() -> None:
    for address in ("socks5://x:1080", "https://x", "http://", "http://x:99999"):
        with pytest.raises(errors.UsageError, match="proxy"):
            Proxy.read(address)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    try:
        return make_certificate(tmp_path_factory.mktemp("tls"))
    except FileNotFoundError:
        pytest.skip("openssl is not installed")


def tls_of(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def test_a_certificate_of_nobody_we_know_is_refused(
    connection: Connection, certificate: tuple[Path, Path]
) -> None:
    with serving(plain, tls_of(certificate)) as (url, seen):
        with pytest.raises(UnsentError, match="not trusted") as caught:
            connection.request("GET", url, KEY)
        assert "SSL_CERT_FILE" in caught.value.hint
        assert seen == []


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_of_our_own_is_trusted(
    connection: Connection, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(certificate[0]))
    with serving(lambda handler: plain(handler, body=b"safe"), tls_of(certificate)) as (url, _):
        assert connection.request("GET", url, KEY).read(10) == b"safe"


def test_out_of_tls_leads_no_redirect(
    connection: Connection, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    with (
        serving(lambda handler: plain(handler, 302, Location="http://127.0.0.1:9/"), tls_of(certificate)) as (
            url,
            _,
        ),
        pytest.raises(errors.ProtocolError, match="without it"),
    ):
        connection.request("GET", url, KEY)


def test_tls_goes_through_a_proxy_unread(
    connection: Connection, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    monkeypatch.setattr("commonhold.client.http.network.is_loopback", lambda _host: False)
    with (
        serving(lambda handler: plain(handler, body=b"far"), tls_of(certificate)) as (url, _),
        serving(plain) as (proxy, seen),
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        assert connection.request("GET", f"{url}/secret", KEY).read(10) == b"far"
        assert [handler.command for handler in seen] == ["CONNECT"]
        assert "Authorization" not in seen[0].headers
        connection.close()


def test_a_bundle_that_cannot_be_read_is_told(
    connection: Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "bundle").write_text("no certificate")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "bundle"))
    with pytest.raises(errors.UsageError, match="REQUESTS_CA_BUNDLE"):
        connection.request("GET", "https://127.0.0.1:9/", {})


def test_an_answer_that_is_no_http_is_told(connection: Connection) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        far, _ = listener.accept()
        with far:
            far.recv(1000)
            far.sendall(b"SSH-2.0-OpenSSH\r\n" + json.dumps({}).encode())

    thread = threading.Thread(target=answer)
    thread.start()
    with pytest.raises(BrokenOffError, match="gave no answer"):
        connection.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}/", {})
    thread.join()
    listener.close()


def test_much_is_gathered_from_a_line_that_brings_it_in_morsels() -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(2_000_000))
        handler.end_headers()
        for _ in range(2000):
            handler.wfile.write(bytes(1000))

    with serving(answer) as (url, _):
        connection = Connection(Network())
        response, view, receives = connection.request("GET", url, {}), memoryview(bytearray(1 << 20)), 0
        while response.receive(view, gather=64 << 10):
            receives += 1
        assert receives < 100
        connection.close()


@pytest.fixture(params=["http", "https"])
def maybe_tls(
    request: pytest.FixtureRequest, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> ssl.SSLContext | None:
    """What a server needs to speak with clients that trust it, or nothing."""
    if request.param == "http":
        return None
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate[0]))
    return tls_of(certificate)


def test_gathering_never_holds_back_a_little(maybe_tls: ssl.SSLContext | None) -> None:
    """What a line brings late is received at once, be it the rest of a body or a short answer after a long one."""
    long, goes_on = 1_000_000, threading.Semaphore(0)

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        if handler.path == "/short":
            plain(handler, body=b"short")
            return
        handler.send_response(200)
        handler.send_header("Content-Length", str(long + (0 if handler.path == "/long" else 20)))
        handler.end_headers()
        handler.wfile.write(bytes(long))
        for _ in range(0 if handler.path == "/long" else 2):
            goes_on.acquire(timeout=30)
            handler.wfile.write(bytes(10))

    with serving(answer, maybe_tls) as (url, seen):
        connection, view = Connection(Network(), silence=10), memoryview(bytearray(1 << 20))

        def begun(path: str) -> Response:
            response, left = connection.request("GET", url + path, {}), long
            while left:
                left -= response.receive(view[: min(left, 100_000)], gather=64 << 10)
            return response

        assert begun("/long").length == 0
        assert connection.request("GET", f"{url}/short", {}).read(100) == b"short"
        assert len(seen) == 2, "it was asked for a second time"
        response = begun("/late")
        goes_on.release()
        assert response.receive(view) == 10
        goes_on.release()
        assert response.receive(view, gather=64 << 10) == 10
        response = begun("/late")
        goes_on.release()
        assert response.receive(view, gather=64 << 10) == 10  # though 64 KiB never come
        goes_on.release()
        assert response.read(100) == bytes(10)
        connection.close()


def test_what_is_gathered_is_what_was_sent(maybe_tls: ssl.SSLContext | None) -> None:
    """In order and whole, however much is taken at a time and wherever a receive ends."""
    content = random.Random(6).randbytes(3_000_000)

    with serving(lambda handler: plain(handler, body=content), maybe_tls) as (url, _):
        connection, sizes = Connection(Network()), random.Random(7)
        for gather in (1, 64 << 10, 256 << 10):
            response, received = connection.request("GET", url, {}), bytearray()
            view = memoryview(bytearray(1 << 20))
            while count := response.receive(
                view[: sizes.choice([1, 100, 8192, 70_000, 1 << 20])], gather=gather
            ):
                received += view[:count]
            assert received == content
        connection.close()


def test_a_stream_that_ends_early_ends_what_gathers(maybe_tls: ssl.SSLContext | None) -> None:
    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 20))
        handler.end_headers()
        handler.wfile.write(bytes(300_000))
        handler.close_connection = True

    with serving(answer, maybe_tls) as (url, _):
        connection = Connection(Network(), silence=10)
        response, view, received = connection.request("GET", url, {}), memoryview(bytearray(1 << 20)), 0
        while count := response.receive(view, gather=256 << 10):
            received += count
        assert received == 300_000
        connection.close()


def test_what_follows_an_answer_unasked_is_never_the_next_one(maybe_tls: ssl.SSLContext | None) -> None:
    """Even where one record of TLS holds both."""
    head = "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n"
    answers = head.format(12_000).encode() + bytes(12_000) + head.format(6).encode() + b"forged"

    def answer(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.wfile.write(answers)

    with serving(answer, maybe_tls) as (url, seen):
        connection = Connection(Network(), silence=10)
        for _ in range(3):
            assert connection.request("GET", url, {}).read(20_000) == bytes(12_000)
        assert len({id(handler) for handler in seen}) == 3
        connection.close()


def test_what_comes_after_an_abort_is_still_what_was_sent(maybe_tls: ssl.SSLContext | None) -> None:
    """Bytes may still lie in the system when another thread gives a connection up; they never come undeciphered."""
    content = random.Random(8).randbytes(1_000_000)

    with serving(lambda handler: plain(handler, body=content), maybe_tls) as (url, _):
        connection = Connection(Network(), silence=10)
        response, view, received = (
            connection.request("GET", url, {}),
            memoryview(bytearray(1 << 20)),
            bytearray(),
        )
        received += view[: response.receive(view[:20_000])]
        connection.abort()
        with contextlib.suppress(BrokenOffError):
            while count := response.receive(view):
                received += view[:count]
        assert received == content[: len(received)]
        connection.close()
