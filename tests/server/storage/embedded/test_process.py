"""The store's process: how it starts and stops, what it loads, how it bears many and slow readers."""

import datetime as dt
import io
import resource
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.server.storage.embedded.conftest import (
    CONTENT,
    KEY,
    Site,
    end_of,
    start,
    stop,
    wait_until_up,
)
from tests.support.ports import free_port

BIG = "datasets/big"
BIG_CONTENT = CONTENT * 64


@pytest.fixture
def own(tmp_path):
    """A store to be stopped within the test."""
    port = free_port()
    process = start(tmp_path, port)
    try:
        wait_until_up(process, port)
        running = Site(tmp_path, port, process)
        running.store().put(BIG, io.BytesIO(BIG_CONTENT))
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def begin(site: Site, target: str, *headers: str) -> socket.socket:
    """Ask for an object and read no more than the first bytes."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(("127.0.0.1", site.port))
    lines = [f"GET {target} HTTP/1.1", "Host: a", "Connection: close", *headers, "", ""]
    connection.sendall("\r\n".join(lines).encode())
    assert connection.recv(12).startswith(b"HTTP/1.1 20")
    return connection


def rest(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(1 << 20):
        parts.append(part)
    return b"".join(parts)


def open_files(site: Site) -> int:
    return len(list(Path(f"/proc/{site.process.pid}/fd").iterdir()))


def first_free_number(site: Site) -> int:
    """Return the number that the next file gets; what the thread that joins has open for a moment does not count."""
    looks = []
    for _ in range(20):
        taken = {int(entry.name) for entry in Path(f"/proc/{site.process.pid}/fd").iterdir()}
        looks.append(next(number for number in range(len(taken) + 1) if number not in taken))
        time.sleep(0.02)
    return min(looks)


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_it_loads_no_django():
    code = """
import sys
import commonhold.server.storage.embedded.__main__
loaded = {name.partition(".")[0] for name in sys.modules}
print(sorted(loaded & {"django", "rest_framework", "msgspec", "click", "rich", "psycopg", "boto3"}))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_two_hundred_slow_readers_do_not_keep_it_from_answering(own):
    target = own.url(BIG)
    with ExitStack() as readers:
        slow = [readers.enter_context(closing(begin(own, target))) for _ in range(200)]
        for _ in range(20):
            assert own.is_healthy()
        status, _, body = own.ask(target, Range="bytes=1000-1999")
        assert (status, body) == (206, BIG_CONTENT[1000:2000])
        assert rest(slow[7]).endswith(BIG_CONTENT)
    assert own.is_healthy()


def test_slow_readers_of_several_ranges_wait_outside_memory(own):
    target, wanted = own.url(BIG), f"Range: bytes=0-{len(BIG_CONTENT) // 2},{len(BIG_CONTENT) // 2 + 9}-"
    files = open_files(own)
    with ExitStack() as readers:
        slow = [readers.enter_context(closing(begin(own, target, wanted))) for _ in range(64)]
        assert own.is_healthy()
        assert own.ask(target, Range="bytes=0-1")[0] == 206
        status_lines = Path(f"/proc/{own.process.pid}/status").read_text()
        resident = int(status_lines.split("VmRSS:")[1].split()[0])
        assert resident < 256 * 1024, "64 answers of 64 MiB each are not held in memory"
        assert len(rest(slow[3])) > len(BIG_CONTENT)
    # Readers that went away leave nothing open behind them.
    wait_for(lambda: open_files(own) <= files + 4)
    assert own.ask(target, Range=wanted.removeprefix("Range: "))[0] == 206


def refuses(site: Site) -> bool:
    """Whether nobody is let in any more: the store has heard that it is to stop."""
    try:
        socket.create_connection(("127.0.0.1", site.port), 60).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_downloads_finish(own, number):
    with closing(begin(own, own.url(BIG))) as connection:
        own.process.send_signal(number)
        wait_for(lambda: refuses(own))
        assert own.process.poll() is None
        assert rest(connection).endswith(BIG_CONTENT)
    assert own.process.wait(60) == 0


def test_a_second_signal_stops_at_once(own):
    with closing(begin(own, own.url(BIG))):
        own.process.send_signal(signal.SIGTERM)
        wait_for(lambda: refuses(own))  # two that come before the first was heard are one
        own.process.send_signal(signal.SIGTERM)
        assert own.process.wait(60) == 0


def test_a_port_in_use_is_one_line(own):
    code, errors = end_of(start(own.data, own.port))
    assert (code, errors) == (2, f"Cannot listen on 127.0.0.1:{own.port}: the port is in use.\n")
    assert own.is_healthy()


@pytest.mark.parametrize(
    ("options", "changes", "words"),
    [
        (["--bind", "nonsense"], {}, "no address"),
        (["--bind", "127.0.0.1:99999"], {}, "no address"),
        (["--bind", "127.0.0.1"], {}, "no address"),
        (["--bind", "203.0.113.1:8001"], {}, "Cannot listen"),
        ([], {"COMMONHOLD_STORAGE_URL": "s3://bucket/x"}, "S3, which serves them itself"),
        ([], {"COMMONHOLD_NONSENSE": "x"}, "COMMONHOLD_NONSENSE"),
    ],
)
def test_mistakes_are_one_line_and_code_2(tmp_path, options, changes, words):
    code, errors = end_of(start(tmp_path, free_port(), *options, **changes))
    assert code == 2
    assert words in errors
    assert errors.count("\n") == 1


def test_what_goes_wrong_inside_is_told_to_the_log_alone(own):
    folder = own.data / "objects"
    folder.rename(own.data / "away")
    folder.write_text("not a folder")
    # The root itself became a file: no object, and no word of where.
    assert own.ask(own.url(BIG))[0] == 404
    folder.unlink()
    (own.data / "away").rename(folder)
    (folder / "datasets").chmod(0o000)
    assert own.ask(own.url(BIG))[0] in {200, 500}  # root may read it all the same
    (folder / "datasets").chmod(0o750)
    assert own.is_healthy()


def test_a_killed_put_is_swept_at_start(tmp_path):
    (tmp_path / "objects/.incoming").mkdir(parents=True)
    (tmp_path / "objects/.incoming/left").write_bytes(b"x")
    port = free_port()
    process = start(tmp_path, port)
    try:
        wait_until_up(process, port)
        assert list((tmp_path / "objects/.incoming").iterdir()) == []
    finally:
        code, _ = stop(process)
    assert code == 0


def test_objects_are_seen_as_soon_as_they_are_put_and_gone_when_deleted(own):
    store = own.store()
    assert own.ask(own.url(KEY))[0] == 404
    store.put(KEY, io.BytesIO(CONTENT))
    assert own.ask(own.url(KEY))[::2] == (200, CONTENT)
    store.delete(KEY)
    assert own.ask(own.url(KEY))[0] == 404


def test_links_in_the_folder_are_no_objects(own, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (own.data / "objects/link").symlink_to(secret)
    (own.data / "objects/folder").symlink_to(tmp_path)
    for key in ("link", "folder/secret", "folder/secret-key"):
        status, _, body = own.ask(own.url(key))
        assert (status, b"secret" in body) == (404, False)


def test_without_a_descriptor_to_spare_it_says_so_and_recovers(own):
    store = own.store()
    upload = store.begin_upload(KEY, content_type="application/gzip")
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    part = store.part_url(KEY, upload, 1, expires_at=moment).removeprefix(own.public_url)
    with closing(HTTPConnection("127.0.0.1", own.port, timeout=60)) as connection:

        def ask(method, target, body=None):
            connection.request(method, target, body)
            answer = connection.getresponse()
            return answer.status, answer.headers["retry-after"], answer.read()

        assert ask("GET", own.url(BIG))[2] == BIG_CONTENT
        assert ask("PUT", part, b"x")[0] == 200  # the threads that take parts are there now
        limits = resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE, (first_free_number(own), limits[1]))
        for method, target, body in [("GET", own.url(BIG), None), ("PUT", part, b"y")]:
            status, retry_after, text = ask(method, target, body)
            assert (status, retry_after) == (503, "10")
            assert b"Too many requests at once" in text
        resource.prlimit(own.process.pid, resource.RLIMIT_NOFILE, limits)
        assert ask("GET", own.url(BIG))[2] == BIG_CONTENT
        assert ask("PUT", part, b"y")[0] == 200
