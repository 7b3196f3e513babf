"""Answers byte by byte, from a server that says whatever it is told: what is understood, and what is refused."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from commonhold.client.errors import UnreachableError
from commonhold.client.http.connection import Connection
from commonhold.client.http.faults import BrokenOffError
from commonhold.client.http.network import Network

_REQUEST_END = b"\r\n\r\n"


@contextlib.contextmanager
def saying(*answers: bytes, morsel: int = 0) -> Iterator[tuple[str, list[bytes]]]:
    """Serve one answer for each request, all on the connection that asks, which is closed after the last.

    Args:
        answers: as they go out.
        morsel: how many bytes go out at a time; 0 for all at once.
    """
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener, contextlib.suppress(OSError), listener.accept()[0] as far:
            far.settimeout(30)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for answer in answers:
                request = b""
                while not request.endswith(_REQUEST_END):
                    more = far.recv(65_536)
                    if not more:
                        return
                    request += more
                heard.append(request)
                step = morsel or len(answer) or 1
                for at in range(0, len(answer), step):
                    far.sendall(answer[at : at + step])

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", heard
    finally:
        listener.close()
        thread.join()


@pytest.fixture
def connection() -> Iterator[Connection]:
    opened = Connection(Network(), silence=10.0)
    yield opened
    opened.close()


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("answer", "content"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\nContent-Length: 5\n\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\ncontent-length:5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\nX: folded\r\n\tonce\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            b"",
        ),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", b""),
        (b"HTTP/1.1 304 Not Modified\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nto the end", b"to the end"),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", b"to the end"),
        (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", b"hello"),
        (CHUNKED + b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n", b"hello"),
        (CHUNKED + b"000A ; name=value\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", b"0123456789"),
        (CHUNKED + b"0\r\n\r\n", b""),
    ],
)
@pytest.mark.parametrize("morsel", [0, 1])
def test_what_is_understood(connection: Connection, answer: bytes, content: bytes, morsel: int) -> None:
    with saying(answer, morsel=morsel) as (url, _):
        assert connection.request("GET", url, {}).read(100) == content


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 +20 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        b"HTTP/1.1 200 OK\r\n folded: but after nothing\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: a\rContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5_0\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999999999999999999\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 30_000 + b"\r\n") * 10 + b"\r\n",
        CHUNKED + b"hello",
        CHUNKED + b"-5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"0x5\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhello, longer\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhello\r\n",
        CHUNKED + b"5\r\nhel",
        CHUNKED + b"FFFFFFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5" + b";" * 10_000 + b"\r\nhello\r\n0\r\n\r\n",
        CHUNKED + b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 200 + b"\r\n",
    ],
)
@pytest.mark.parametrize("morsel", [0, 7])
def test_what_is_refused(connection: Connection, answer: bytes, morsel: int) -> None:
    with saying(answer, morsel=morsel) as (url, _), pytest.raises(BrokenOffError):
        connection.request("GET", url, {}).read(100)


def test_the_headers_of_one_name_are_joined(connection: Connection) -> None:
    answer = b'HTTP/1.1 200 OK\r\nX: a\r\nx:  b \r\nETag: "t\xe9"\r\nContent-Length: 0\r\n\r\n'
    with saying(answer) as (url, _):
        response = connection.request("GET", url, {})
        assert (response.header("X"), response.header("etag"), response.header("None")) == (
            "a, b",
            '"té"',
            "",
        )


def test_an_answer_that_drips_is_not_waited_for_without_end() -> None:
    """Each byte comes in time, and the head never ends."""
    opened, ends = Connection(Network(), silence=0.2), threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        far, _ = listener.accept()
        with far, contextlib.suppress(OSError):
            far.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while not ends.wait(0.05):
                far.sendall(b"y")

    thread = threading.Thread(target=drip)
    thread.start()
    with pytest.raises(BrokenOffError, match="in time"):
        opened.request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}", {})
    ends.set()
    thread.join()
    listener.close()
    opened.close()


@pytest.mark.parametrize(
    "first",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        # What follows an answer nobody asked for would be taken for the answer to the next question.
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
    ],
)
def test_a_connection_is_not_used_again_where_it_may_not_be(connection: Connection, first: bytes) -> None:
    with saying(first, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        assert connection.request("GET", url, {}).read(100) == b"hello"
        with pytest.raises(UnreachableError):  # nobody accepts a second connection here
            connection.request("GET", url, {})
        assert len(heard) == 1


def test_what_comes_unasked_on_an_idle_connection_is_no_answer(connection: Connection) -> None:
    first = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    forged = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"
    come = threading.Event()

    def answer() -> None:
        with listener, contextlib.suppress(OSError), listener.accept()[0] as far:
            far.recv(65_536)
            far.sendall(first + b"hello")
            come.wait(30)
            far.sendall(forged)
            come.clear()
            far.recv(65_536)

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=answer)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert connection.request("GET", url, {}).read(100) == b"hello"
    come.set()
    while come.is_set():
        time.sleep(0.01)
    with pytest.raises(UnreachableError):  # nobody accepts a second connection here
        connection.request("GET", url, {})
    thread.join()


def test_one_of_http_1_0_is_kept_where_it_says_so(connection: Connection) -> None:
    kept = b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nok"
    with saying(kept, kept) as (url, heard):
        for _ in range(2):
            assert connection.request("GET", url, {}).read(100) == b"ok"
        assert len(heard) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"X": "a\r\nY: b"},
        {"X": "a\nb"},
        {"X": "a\0"},
        {"X\r\nY": "a"},
        {"X:": "a"},
        {"": "a"},
        {"X": "snow ☃"},
    ],
)
def test_nothing_is_smuggled_into_a_request(connection: Connection, headers: dict[str, str]) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        with pytest.raises(BrokenOffError):
            connection.request("GET", url, headers)
        connection.close()
    assert heard == []


def test_a_request_says_what_it_must(connection: Connection) -> None:
    with saying(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as (url, heard):
        connection.request("POST", f"{url}/a b?c=d e%20#f", {"Accept": "x"}).read(1)
    lines = heard[0].decode().split("\r\n")
    assert lines[0] == "POST /a%20b?c=d%20e%20 HTTP/1.1"
    assert lines[1] == f"Host: {url.removeprefix('http://')}"
    assert {"Accept-Encoding: identity", "Accept: x", "Content-Length: 0"} < set(lines)


def test_a_body_in_chunks_has_its_length_announced(connection: Connection) -> None:
    with saying(b"") as (url, heard):
        with pytest.raises(TypeError, match="announced"):
            connection.request("PUT", url, {}, body=iter([b"x"]))
        connection.close()
    assert heard == []


def test_a_request_that_broke_off_in_the_middle_is_not_continued_by_another(connection: Connection) -> None:
    def chunks() -> Iterator[bytes]:
        while not heard:
            time.sleep(0.01)
        yield b"12345"
        raise LookupError

    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with saying(b"", answer) as (url, heard):
        with pytest.raises(LookupError):
            connection.request("PUT", url, {"Content-Length": "10"}, body=chunks())
        with pytest.raises(UnreachableError):  # nobody accepts a second connection here
            connection.request("GET", url, {})
    assert [request.split()[0] for request in heard] == [b"PUT"]
