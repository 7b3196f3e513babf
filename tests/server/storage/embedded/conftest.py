"""The real server, in a process of its own, on a free port."""

import contextlib
import datetime as dt
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commonhold.server.config.environment import read
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.store import object_store
from tests.support.ports import free_port

CONTENT = bytes(range(256)) * 4096  # 1 MiB
KEY = "datasets/c1/1/grüße 22.tar.gz"
SECRET = "s" * 40
RETIRED = "r" * 40


def start(data: Path, port: int, *options: str, **changes: str) -> subprocess.Popen:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    variables |= {"COMMONHOLD_DATA": str(data), "COMMONHOLD_SECRET_KEY": SECRET}
    variables |= {"COMMONHOLD_SECRET_KEY_FALLBACKS": RETIRED, **changes}
    command = [
        sys.executable,
        "-m",
        "commonhold.server.storage.embedded",
        "--bind",
        f"127.0.0.1:{port}",
        *options,
    ]
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def wait_until_up(process: subprocess.Popen, port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.stderr.read()
        try:
            with closing(socket.create_connection(("127.0.0.1", port), 5)):
                return
        except ConnectionRefusedError:
            time.sleep(0.02)
    pytest.fail("the store did not start")


def stop(process: subprocess.Popen, number: int = signal.SIGTERM) -> tuple[int, str]:
    if process.poll() is None:
        process.send_signal(number)
    return end_of(process)


def end_of(process: subprocess.Popen) -> tuple[int, str]:
    """Wait until a process ends by itself; return its exit code and what it said."""
    try:
        _, errors = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, errors.decode()


class Site:
    """A running store, and how to ask it."""

    def __init__(self, data: Path, port: int, process: subprocess.Popen) -> None:
        self.data, self.port, self.process = data, port, process
        self.public_url = f"http://127.0.0.1:{port}"

    def store(self, secret: str = SECRET) -> FilesystemStore:
        settings = {"COMMONHOLD_DATA": str(self.data), "COMMONHOLD_SECRET_KEY": secret}
        return object_store(read(settings), public_url=self.public_url)

    def url(
        self, key: str = KEY, *, filename="a.tar.gz", lifetime=3600, secret=SECRET, type_="application/gzip"
    ):
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=lifetime)
        signed = self.store(secret).download_url(
            key, filename=filename, content_type=type_, expires_at=moment
        )
        return signed.removeprefix(self.public_url)

    def ask(
        self, target: str, method: str = "GET", body=None, **headers: str
    ) -> tuple[int, HTTPMessage, bytes]:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            sent = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, target, body, sent)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    def raw(self, request: bytes) -> bytes:
        with closing(socket.create_connection(("127.0.0.1", self.port), 60)) as connection:
            connection.sendall(request)
            parts = []
            # An answer may end in a reset after hostile bytes: what came before it counts.
            with contextlib.suppress(ConnectionResetError):
                while part := connection.recv(65536):
                    parts.append(part)
            return b"".join(parts)

    def is_healthy(self) -> bool:
        status, _, body = self.ask("/health")
        return (status, body) == (200, b'{"status":"ok"}')


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("site")
    port = free_port()
    process = start(data, port)
    try:
        wait_until_up(process, port)
        running = Site(data, port, process)
        running.store().put(KEY, io.BytesIO(CONTENT))
        running.store().put("empty", io.BytesIO(b""))
        yield running
    finally:
        code, errors = stop(process)
    assert code == 0
    assert "Traceback" not in errors
    assert urlsplit(running.url()).query.split("signature=")[0] not in errors
