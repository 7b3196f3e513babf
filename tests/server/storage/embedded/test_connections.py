"""One connection, its limits shortened: what a client may keep waiting, and for how long."""

import asyncio
import contextlib
import os
import socket
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from commonhold.server.storage.embedded import connection as connections
from commonhold.server.storage.embedded import sending
from commonhold.server.storage.embedded.answers import Answer, FileAnswer, health
from commonhold.server.storage.embedded.body import Body
from commonhold.server.storage.embedded.connection import Connection
from commonhold.server.storage.embedded.sending import Sender, WholeFile
from commonhold.server.storage.filesystem import StoredFile
from tests.server.storage.embedded.conftest import Site

SIZE = 8 << 20
REQUEST = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


class Handler:
    """Answers with one file, or says that all is well."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self.bodies: list[bytes] = []

    async def answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: Body
    ) -> Answer | FileAnswer:
        if method == "PUT":
            self.bodies.append(await body.next())
        if self._path is None:
            return health()
        file = StoredFile(str(self._path), SIZE, '"x"', 0)
        return FileAnswer(200, [("content-length", str(SIZE))], file, [(0, SIZE)])

    def open(self, answer: FileAnswer) -> WholeFile:
        return WholeFile(answer.file.path)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "archive"
    path.write_bytes(os.urandom(SIZE))
    return path


def run(work: Coroutine[Any, Any, bytes]) -> bytes:
    """Do ``work`` in a thread: a browser that another test has open keeps an event loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextlib.asynccontextmanager
async def connected(handler: Handler):
    """Yield the client's end of a connection that is served, and the task that serves it."""
    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    serving = asyncio.create_task(Connection(ours, handler, Sender()).serve())
    with closing(theirs):
        yield theirs, serving
    async with asyncio.timeout(60):
        await asyncio.wait([serving])


async def rest(client: socket.socket) -> bytes:
    """Read to the end of the connection."""
    received = b""
    async with asyncio.timeout(60):
        while data := await asyncio.get_running_loop().sock_recv(client, 1 << 20):
            received += data
    return received


@pytest.mark.parametrize("begun", [b"", b"GET /hea", REQUEST[:-2]])
def test_a_head_that_does_not_come_ends_the_connection(monkeypatch, begun):
    monkeypatch.setattr(connections, "_HEAD_SECONDS", 0.2)

    async def wait() -> bytes:
        async with connected(Handler()) as (client, _):
            await asyncio.get_running_loop().sock_sendall(client, begun)
            return await rest(client)

    assert run(wait()) == b""


def test_a_connection_is_kept_for_the_next_request_and_not_for_ever(monkeypatch):
    monkeypatch.setattr(connections, "_IDLE_SECONDS", 0.2)

    async def ask() -> bytes:
        async with connected(Handler()) as (client, _):
            await asyncio.get_running_loop().sock_sendall(client, REQUEST * 3)
            return await rest(client)

    answers = run(ask())
    assert answers.count(b'{"status":"ok"}') == answers.count(b"HTTP/1.1 200 OK\r\n") == 3
    assert b"connection: close" not in answers


def test_a_connection_whose_last_answer_had_begun_is_kept_no_longer(archive):
    async def ask() -> bytes:
        ours, theirs = socket.socketpair()
        for end in (ours, theirs):
            end.setblocking(False)
        connection = Connection(ours, Handler(archive), Sender())
        serving = asyncio.create_task(connection.serve())
        with closing(theirs):
            await asyncio.get_running_loop().sock_sendall(theirs, REQUEST)
            began = await asyncio.get_running_loop().sock_recv(theirs, 1000)
            assert not connection.is_idle
            connection.is_last = True  # as when the store is told to stop
            answer = began + await rest(theirs)
        await asyncio.wait_for(serving, 60)
        return answer

    answer = run(ask())
    assert b"connection: close" not in answer.partition(b"\r\n\r\n")[0]
    assert answer.partition(b"\r\n\r\n")[2] == archive.read_bytes()


def test_a_reader_that_stands_still_loses_its_connection(monkeypatch, archive):
    monkeypatch.setattr(sending, "_STALLED_SECONDS", 0.2)

    async def stand_still() -> bytes:
        async with connected(Handler(archive)) as (client, serving):
            await asyncio.get_running_loop().sock_sendall(client, REQUEST)
            async with asyncio.timeout(60):
                await serving
            return await rest(client)

    assert len(run(stand_still())) < SIZE


def test_a_slow_reader_gets_everything(archive):
    async def read_slowly() -> bytes:
        async with connected(Handler(archive)) as (client, _):
            loop = asyncio.get_running_loop()
            await loop.sock_sendall(client, REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
            received = b""
            while data := await loop.sock_recv(client, 50_000):
                received += data
                await asyncio.sleep(0)
            return received

    answer = run(read_slowly())
    assert answer.partition(b"\r\n\r\n")[2] == archive.read_bytes()


def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection_early(archive, caplog):
    async def shrink() -> bytes:
        async with connected(Handler(archive)) as (client, _):
            await asyncio.get_running_loop().sock_sendall(client, REQUEST)
            began = await asyncio.get_running_loop().sock_recv(client, 1000)
            os.truncate(archive, SIZE // 2)
            return began + await rest(client)

    assert len(run(shrink())) < SIZE
    assert "ended before its size" in caplog.text


@pytest.mark.parametrize(
    ("ending", "status"),
    [(b"hello", b"200"), (b"", b"200")],
)
def test_a_body_that_is_cut_is_the_end_of_the_body(ending, status):
    handler = Handler()

    async def put() -> bytes:
        async with connected(handler) as (client, _):
            await asyncio.get_running_loop().sock_sendall(
                client, b"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n" + ending
            )
            client.shutdown(socket.SHUT_WR)
            return await rest(client)

    answer = run(put())
    assert answer.split(b" ")[1] == status
    assert handler.bodies == [ending]


def test_who_waits_to_be_told_to_go_on_is_refused_without_the_body():
    async def put() -> bytes:
        async with connected(Handler()) as (client, _):
            await asyncio.get_running_loop().sock_sendall(
                client,
                b"POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 999999999\r\n\r\n",
            )
            return await rest(client)

    answer = run(put())
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in answer


def test_what_is_not_in_memory_is_read_from_the_disk(site: Site):
    content = os.urandom(5 << 20)
    path = site.data / "objects/cold"
    path.write_bytes(content)
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    assert site.ask(site.url("cold"))[::2] == (200, content)
    assert site.ask(site.url("cold"), Range="bytes=3000000-4999999")[2] == content[3_000_000:5_000_000]
