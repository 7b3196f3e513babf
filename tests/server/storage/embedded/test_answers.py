"""What the embedded store answers, over a real socket."""

import email
import io
import json
import socket
import time
from contextlib import closing
from urllib.parse import quote

import pytest

from tests.server.storage.embedded.conftest import CONTENT, KEY, RETIRED

SIZE = len(CONTENT)
TOO_MANY = "bytes=" + ",".join(f"{number}-{number}" for number in range(0, 34, 2))
UPGRADE = (
    b"GET /health HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
)
LATER, EARLIER = "Fri, 01 Jan 2100 00:00:00 GMT", "Thu, 01 Jan 1998 00:00:00 GMT"


def parts_of(headers, body):
    message = email.message_from_bytes(
        b"content-type: " + headers["content-type"].encode() + b"\r\n\r\n" + body
    )
    return message.get_payload()


def error_of(body):
    answer = json.loads(body)
    assert set(answer) == {"error", "message"}
    return answer["message"]


def test_whole_object(site):
    status, headers, body = site.ask(
        site.url(), Accept_Encoding="gzip, br, zstd", Authorization="Basic bm86bm8="
    )
    assert (status, body) == (200, CONTENT)
    stored = site.store().stat(KEY)
    expected = {
        "content-length": str(SIZE),
        "content-type": "application/gzip",
        "etag": stored.etag,
        "accept-ranges": "bytes",
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "cache-control": "private, no-transform",
        "access-control-allow-origin": "*",
        "content-disposition": 'attachment; filename="a.tar.gz"',
        "server": "commonhold",
    }
    assert {name: headers[name] for name in expected} == expected
    assert "etag" in headers["access-control-expose-headers"].lower()
    assert "content-range" in headers["access-control-expose-headers"].lower()
    for absent in (
        "content-encoding",
        "content-range",
        "transfer-encoding",
        "access-control-allow-credentials",
        "set-cookie",
    ):
        assert absent not in headers


def test_head_tells_what_get_would(site):
    status, headers, body = site.ask(site.url(), "HEAD", Range="bytes=0-9")
    assert (status, body, headers["content-length"]) == (200, b"", str(SIZE))
    assert headers["etag"] == site.store().stat(KEY).etag
    assert site.ask(site.url("nothing"), "HEAD")[0] == 404


@pytest.mark.parametrize(
    ("wanted", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, SIZE),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", SIZE - 5, SIZE),
        ("bytes=5-99999999999999999999", 5, SIZE),
        ("bytes=-99999999999", 0, SIZE),
        ("BYTES=7-8", 7, 9),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes= 1-2 ,", 1, 3),
        ("bytes=0-5,3-9", 0, 10),
        ("bytes=0-4,5-9", 0, 10),
        (f"bytes=3-4,{SIZE}-", 3, 5),
    ],
)
def test_one_range(site, wanted, start, end):
    status, headers, body = site.ask(site.url(), Range=wanted)
    assert (status, body) == (206, CONTENT[start:end])
    assert headers["content-range"] == f"bytes {start}-{end - 1}/{SIZE}"
    assert headers["content-length"] == str(end - start)
    assert headers["content-type"] == "application/gzip"
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    "wanted",
    [
        "bytes=2-1",
        "bytes=-",
        "bytes=a-b",
        "bytes",
        "bytes=",
        "items=0-1",
        "bytes=0x1-2",
        "bytes=1-2;3-4",
        "bytes=0-1," * 300,
        "bytes=1--2",
        "bytes=+1-2",
        "bytes=1_0-20",
        "bytes=1 - 2",
    ],
)
def test_ranges_that_mean_nothing_are_ignored(site, wanted):
    status, headers, body = site.ask(site.url(), Range=wanted)
    assert (status, len(body)) == (200, SIZE)
    assert "content-range" not in headers


@pytest.mark.parametrize(
    "wanted",
    [
        f"bytes={SIZE}-",
        "bytes=-0",
        f"bytes={SIZE}-,{SIZE + 5}-",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(0, 34, 2)),
    ],
)
def test_ranges_not_satisfiable(site, wanted):
    status, headers, body = site.ask(site.url(), Range=wanted)
    assert (status, headers["content-range"]) == (416, f"bytes */{SIZE}")
    assert error_of(body)


@pytest.mark.parametrize(
    "ranges",
    [
        [(0, 0), (5, 9)],
        [(SIZE - 10, SIZE - 1), (0, 99), (500, 600)],
        [(number * 1000, number * 1000 + 3) for number in range(16)],
        [(0, SIZE // 2 - 1), (SIZE // 2 + 1, SIZE - 1)],
        [(0, 65_400), (70_000, 70_000)],
        [(0, 65_000), (70_000, 200_000)],
    ],
)
def test_several_ranges(site, ranges):
    wanted = "bytes=" + ", ".join(f"{first}-{last}" for first, last in ranges)
    status, headers, body = site.ask(site.url(), Range=wanted)
    assert (status, int(headers["content-length"])) == (206, len(body))
    assert headers["etag"] == site.store().stat(KEY).etag
    assert headers["content-type"].startswith("multipart/byteranges; boundary=")
    boundary = headers["content-type"].partition("=")[2].encode()
    pieces = body.split(b"\r\n--" + boundary)
    assert (pieces[0], pieces[-1], len(pieces)) == (b"", b"--\r\n", len(ranges) + 2)
    for piece, (first, last) in zip(pieces[1:-1], ranges, strict=True):
        head, _, content = piece.partition(b"\r\n\r\n")
        assert f"content-range: bytes {first}-{last}/{SIZE}".encode() in head
        assert b"content-type: application/gzip" in head
        assert content == CONTENT[first : last + 1]


def test_overlapping_ranges_are_joined(site):
    _, headers, body = site.ask(site.url(), Range="bytes=900-999,0-50,40-99")
    assert [part["content-range"] for part in parts_of(headers, body)] == [
        f"bytes 0-99/{SIZE}", f"bytes 900-999/{SIZE}"
    ]  # fmt: skip


def test_empty_object(site):
    assert site.ask(site.url("empty"))[::2] == (200, b"")
    status, headers, _ = site.ask(site.url("empty"), Range="bytes=0-")
    assert (status, headers["content-range"]) == (416, "bytes */0")


def test_if_range(site):
    etag, moment = site.store().stat(KEY).etag, site.ask(site.url(), "HEAD")[1]["last-modified"]
    for good in (etag, moment):
        assert site.ask(site.url(), Range="bytes=0-9", If_Range=good)[0] == 206
    for bad in ('"other"', f"W/{etag}", LATER, EARLIER, "nonsense", "", moment.replace("GMT", "UTC")):
        status, _, body = site.ask(site.url(), Range="bytes=0-9", If_Range=bad)
        assert (status, len(body)) == (200, SIZE)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": "ETAG"}, 304),
        ({"If_None_Match": "W/ETAG"}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": '"a,b", "c" ,ETAG'}, 304),
        ({"If_None_Match": '"x"'}, 200),
        ({"If_None_Match": "ETAG-"}, 200),
        ({"If_None_Match": '"x"', "If_Modified_Since": LATER}, 200),
        ({"If_Modified_Since": LATER}, 304),
        ({"If_Modified_Since": EARLIER}, 200),
        ({"If_Modified_Since": "nonsense"}, 200),
        ({"If_Modified_Since": "Fri, 99 Jan 2100 00:00:00 GMT"}, 200),
        ({"If_Match": "ETAG"}, 200),
        ({"If_Match": "*"}, 200),
        ({"If_Match": '"x", ETAG'}, 200),
        ({"If_Match": "W/ETAG"}, 412),
        ({"If_Match": '"x"'}, 412),
        ({"If_Match": ""}, 412),
        ({"If_Unmodified_Since": EARLIER}, 412),
        ({"If_Unmodified_Since": LATER}, 200),
        ({"If_Match": "ETAG", "If_Unmodified_Since": EARLIER}, 200),
        ({"If_Match": "ETAG", "If_None_Match": "ETAG"}, 304),
        ({"If_Match": '"x"', "Range": "bytes=0-9"}, 412),
        ({"If_Match": "ETAG", "Range": "bytes=0-9"}, 206),
    ],
)
def test_preconditions(site, headers, status):
    etag = site.store().stat(KEY).etag
    sent = {name: value.replace("ETAG", etag) for name, value in headers.items()}
    answered, received, body = site.ask(site.url(), **sent)
    assert answered == status
    if status == 304:
        assert (body, received["etag"]) == (b"", etag)
    if status == 412:
        assert error_of(body)


@pytest.mark.parametrize(
    ("filename", "value"),
    [
        ("a b.zip", 'attachment; filename="a b.zip"'),
        ('x"; filename=evil.exe', 'attachment; filename="x_; filename=evil.exe"'),
        ("a\r\nset-cookie: b=c", 'attachment; filename="a__set-cookie: b=c"'),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'),
        ("..\\x\0", 'attachment; filename="_x_"'),
        ("....", 'attachment; filename="download"'),
        ("grüße.zip", "attachment; filename=\"gr__e.zip\"; filename*=UTF-8''gr%C3%BC%C3%9Fe.zip"),
        ("100%25.zip", "attachment; filename=\"100%25.zip\"; filename*=UTF-8''100%2525.zip"),
        ("\u202eexe.zip", 'attachment; filename="_exe.zip"'),
        ("\U0001f600", "attachment; filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"),
    ],
)
def test_hostile_names_of_downloads(site, filename, value):
    status, headers, _ = site.ask(site.url(filename=filename), "HEAD")
    assert (status, headers.get_all("content-disposition")) == (200, [value])
    assert "set-cookie" not in headers


def test_signatures(site):
    good = site.url()
    assert site.ask(good.replace("a.tar.gz", "b.tar.gz"))[0] == 403
    assert site.ask(good.replace("expires=1", "expires=2"))[0] == 403
    assert site.ask(good[:-1] + ("0" if good[-1] != "0" else "1"))[0] == 403
    assert site.ask(good.replace("datasets/c1", "datasets/c2"))[0] == 403
    assert site.ask(site.url("nothing"))[0] == 404
    assert site.ask(site.url(secret=RETIRED))[0] == 200
    assert site.ask(site.url(secret="x" * 40))[0] == 403
    assert site.ask(good.replace("datasets", "%64atasets"))[0] == 200, "another spelling of the same key"


def test_expired(site):
    status, headers, body = site.ask(site.url(lifetime=-1))
    assert (status, headers["content-type"]) == (403, "application/json")
    assert "new URL" in error_of(body)


def slow_reader(site, target):
    """Ask for an object with a small window: of what is to come, server and kernel hold the lesser part."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", site.port))
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    return connection


def test_expiry_counts_when_the_request_starts(site):
    content = CONTENT * 16
    site.store().put("slow", io.BytesIO(content))
    for lifetime in (3, 12, 40):  # until the machine is quick enough to begin within it
        target = site.url("slow", lifetime=lifetime)
        connection = slow_reader(site, target)
        received = [connection.recv(100)]
        if received[0].startswith(b"HTTP/1.1 200"):
            break
        connection.close()
    with closing(connection):
        while site.ask(target, "HEAD")[0] == 200:
            time.sleep(0.1)
        while part := connection.recv(1 << 20):
            received.append(part)
    answer = b"".join(received)
    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(content)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "TRACE", "PROPFIND", "get"])
def test_other_methods(site, method):
    status, headers, body = site.ask(site.url(), method, b"x" * 300_000)
    assert (status, headers["allow"]) == (405, "GET, HEAD, OPTIONS, PUT")
    assert error_of(body)
    assert site.store().stat(KEY).size == SIZE


def test_a_download_url_takes_no_upload(site):
    status, _, body = site.ask(site.url(), "PUT", b"x" * 300_000)
    assert status == 400
    assert error_of(body)
    assert site.store().stat(KEY).size == SIZE


def test_preflight(site):
    status, headers, body = site.ask(
        site.url(), "OPTIONS", Origin="https://a.example", Access_Control_Request_Method="GET"
    )
    assert (status, body, headers["access-control-allow-origin"]) == (204, b"", "*")
    assert "Range" in headers["access-control-allow-headers"]
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 404),
        ("/x", 404),
        ("/objects", 404),
        ("/healthy", 404),
        ("/objects/", 400),
        ("/objects//", 400),
        ("/objects/../../etc/passwd", 400),
        ("/objects/%2e%2e/%2e%2e/etc/passwd", 400),
        ("/objects/a%2f..%2fb", 400),
        ("/objects/..%5c..%5cx", 400),
        ("/objects/a%00b", 400),
        ("/objects/%FF%FE", 400),
        ("/objects/.incoming/x", 400),
        ("/objects//etc/passwd", 400),
        ("/objects/a%0d%0ab", 400),
        ("/objects/%u002e", 400),
        ("/objects/a", 400),
        ("/objects/" + "a/" * 20, 400),
        ("/objects/" + "a" * 300, 400),
        ("/objects/" + "a" * 3000, 414),
        ("/objects/" + "%41" * 20_000, 414),
        ("/objects/a?" + "b" * 5000, 414),
        ("/objects/a?" + "b" * 100_000, 414),
        ("/objects/a?x", 400),
        ("/objects/a?" + "x=y&" * 400, 400),
        ("//objects/a", 404),
    ],
)
def test_hostile_addresses(site, path, status):
    answer = site.raw(f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] == str(status).encode()
    assert b"root:" not in answer
    assert site.is_healthy()


@pytest.mark.parametrize(
    "request_",
    [
        b"\x00" * 1000,
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET " + b"/" * 200_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 5000 + b"\r\n",
        b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 1_000_000 + b"\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST /health HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        b"GET http://evil.example/objects/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        UPGRADE,
    ],
)
def test_hostile_bytes(site, request_):
    with closing(socket.create_connection(("127.0.0.1", site.port), 60)) as connection:
        try:
            connection.sendall(request_)
            connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(65536)
        except OSError:
            answer = b""  # a reset is an answer too
    assert b" 500 " not in answer
    assert b"Traceback" not in answer
    assert site.is_healthy()


@pytest.mark.parametrize(
    "header",
    [
        b"Range: bytes=0-1\r\nRange: bytes=4-5",
        b"Range: \xff\xfe",
        b"If-Range: \xff",
        b"If-None-Match: " + b'"x",' * 9000,
        b"If-None-Match: \xff",
        b"If-Match: *",
        b"Range: bytes=" + b"9" * 900 + b"-",
        b"If-Modified-Since: \xe9",
        b"Accept-Encoding: gzip;q=1",
        b"Cookie: " + b"a=b;" * 2000,
        b"If-Modified-Since: Mon, 31 Feb 9999 99:99:99 GMT",
    ],
)
def test_hostile_headers(site, header):
    target = site.url().encode()
    answer = site.raw(
        b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + header + b"\r\n\r\n"
    )
    assert answer.split(b" ")[1] in {b"200", b"206", b"416"}
    assert b"content-encoding" not in answer[:3000].lower()


def test_http_1_0_and_pipelined_requests(site):
    target = site.url()
    assert site.raw(f"GET {target} HTTP/1.0\r\n\r\n".encode()).endswith(CONTENT)
    two = f"GET {target} HTTP/1.1\r\nHost: a\r\nRange: bytes=5-8\r\n\r\n" * 2
    answer = site.raw(two.encode() + b"GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.count(CONTENT[5:9]) == 2
    assert answer.endswith(b'{"status":"ok"}')


def test_names_of_keys_are_written_as_utf_8(site):
    assert quote(KEY) in site.url()
