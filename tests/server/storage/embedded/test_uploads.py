"""Uploads in parts into the embedded store: the contract, then what only this store can get wrong."""

import datetime as dt
import io
import os
import random
import select
import socket
import subprocess
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from commonhold.server.storage.interface import ObjectNotFoundError
from commonhold.server.storage.joining import join_pending
from commonhold.server.storage.manifest import Manifest
from commonhold.server.storage.multipart import MIN_PART_BYTES, PartMismatchError, UploadGoneError
from tests.server.storage.contract import content_of
from tests.server.storage.embedded.conftest import start, stop, wait_until_up
from tests.server.storage.upload_contract import *  # noqa: F403 -- every store keeps the same promises
from tests.server.storage.upload_contract import (
    SIZES,
    TYPE,
    key,
    parts_of,
    put_part,
    send,
    soon,
    upload_whole,
)
from tests.support.ports import free_port

__all__ = ["key"]


@pytest.fixture
def store(site):
    return site.store()


def upload_folder(site, upload: str) -> Path:
    return site.data / "objects/.uploads" / upload


def left(site, upload: str) -> list[str]:
    folder = upload_folder(site, upload)
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def wait_for(condition) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def begin_put(site, url: str, length: int | None, body: bytes, *more: str) -> socket.socket:
    address = urlsplit(url)
    connection = socket.create_connection(("127.0.0.1", site.port), 60)
    head = [f"PUT {address.path}?{address.query} HTTP/1.1", "Host: a", *more]
    if length is not None:
        head.append(f"Content-Length: {length}")
    connection.sendall("\r\n".join([*head, "", ""]).encode() + body)
    return connection


def answer_of(connection: socket.socket) -> bytes:
    with closing(connection):
        return connection.recv(65536)


def test_an_object_is_joined_behind_its_readers(site, store, key):
    contents = parts_of(SIZES)
    upload, parts = upload_whole(store, key, contents)
    stored = store.complete_upload(key, upload, parts)
    wait_for(lambda: not upload_folder(site, upload).exists())
    path = site.data / "objects" / key
    assert path.read_bytes() == b"".join(contents)
    assert path.stat().st_mode & 0o777 == 0o440
    assert path.stat().st_nlink == 1
    assert store.stat(key) == stored, "the ETag outlives the joining"
    assert store.complete_upload(key, upload, parts) == stored, "and so does the answer to a repeat"


@pytest.mark.parametrize(
    ("headers", "length", "status"),
    [
        ((), None, b" 411 "),
        (("Transfer-Encoding: chunked",), None, b" 411 "),
        ((), 0, b" 413 "),
        ((), 5 * 1024**3 + 1, b" 413 "),
        ((), 10**30, b" 4"),
    ],
)
def test_a_part_has_a_length(site, store, key, headers, length, status):
    upload = store.begin_upload(key, content_type=TYPE)
    url = store.part_url(key, upload, 1, expires_at=soon())
    assert status in answer_of(begin_put(site, url, length, b"", *headers)).partition(b"\r\n")[0]
    assert left(site, upload) == ["upload"]


def test_a_short_body_leaves_nothing(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    kept = put_part(store, key, upload, 1, b"kept")
    url = store.part_url(key, upload, 1, expires_at=soon())
    connection = begin_put(site, url, 10_000_000, b"x" * 3_000_000)
    wait_for(lambda: any(name.startswith("draft") for name in left(site, upload)))
    connection.close()
    wait_for(lambda: left(site, upload) == ["00001", "upload"])
    assert [part.etag for part in store.list_parts(key, upload)] == [kept]


def test_expect_continue(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    url = store.part_url(key, upload, 1, expires_at=soon())
    connection = begin_put(site, url, 5, b"", "Expect: 100-continue")
    assert connection.recv(1000).startswith(b"HTTP/1.1 100 ")
    connection.sendall(b"hello")
    assert answer_of(connection).startswith(b"HTTP/1.1 200 ")


def test_expiry_counts_when_the_part_begins(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)

    def has_begun() -> bool:
        return any(name.startswith("draft") for name in left(site, upload))

    for lifetime in (2, 10, 40):  # until the machine is quick enough to begin within it
        url = store.part_url(key, upload, 1, expires_at=soon(lifetime))
        connection = begin_put(site, url, 10, b"first")
        wait_for(lambda at=connection: has_begun() or select.select([at], [], [], 0)[0])
        if has_begun():
            break
        connection.close()
    wait_for(lambda: send(url, b"x")[0] == 403)
    connection.sendall(b"later")
    assert b"200 OK" in answer_of(connection)
    assert [part.size for part in store.list_parts(key, upload)] == [10]


def test_refusals_say_what_to_do(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    big = b"x" * (12 << 20)  # as clients send them: read on, so that they see the answer and no reset
    status, _, body = send(store.part_url(key, upload, 1, expires_at=soon(-9)), big)
    assert (status, b"new URL for this part" in body) == (403, True)
    store.abort_upload(key, upload)
    status, _, body = send(store.part_url(key, upload, 1, expires_at=soon()), big)
    assert (status, b"complete, or was ended" in body) == (410, True)


def test_an_upload_that_ends_while_a_part_arrives(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    connection = begin_put(site, store.part_url(key, upload, 1, expires_at=soon()), 10, b"first")
    wait_for(lambda: any(name.startswith("draft") for name in left(site, upload)))
    store.abort_upload(key, upload)
    connection.sendall(b"later")
    assert b" 410 " in answer_of(connection)
    store.sweep()
    assert not upload_folder(site, upload).exists()


def test_a_completion_while_a_part_arrives_again(site, store, key):
    upload, parts = upload_whole(store, key, [b"0123456789"])
    connection = begin_put(site, store.part_url(key, upload, 1, expires_at=soon()), 10, b"other")
    wait_for(lambda: any(name.startswith("draft") for name in left(site, upload)))
    store.complete_upload(key, upload, parts)
    connection.sendall(b"bytes")
    assert b" 410 " in answer_of(connection)
    assert content_of(store, key) == b"0123456789"


def test_what_was_replaced_cannot_be_named(store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    first = put_part(store, key, upload, 1, b"old")
    put_part(store, key, upload, 1, b"new")
    with pytest.raises(PartMismatchError, match="Part 1 arrived with another ETag"):
        store.complete_upload(key, upload, [(1, first)])


def test_a_read_only_site_takes_no_parts(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    url = store.part_url(key, upload, 1, expires_at=soon())
    marker = site.data / "read-only"
    marker.touch()
    try:
        status, headers, body = send(url, b"x")
        assert (status, headers["retry-after"], b"Read-only" in body) == (503, "60", True)
    finally:
        marker.unlink()
    assert send(url, b"x")[0] == 200


def test_large_parts_stay_out_of_memory(site, store, key):
    def resident() -> int:
        text = Path(f"/proc/{site.process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0])

    Path(f"/proc/{site.process.pid}/clear_refs").write_text("5")
    before = resident()
    upload = store.begin_upload(key, content_type=TYPE)
    put_part(store, key, upload, 1, bytes(200 << 20))
    assert resident() - before < 40 * 1024
    assert [part.size for part in store.list_parts(key, upload)] == [200 << 20]
    store.abort_upload(key, upload)


def test_a_full_disk_is_507_and_leaves_nothing(tmp_path, key):
    """With a real limit of the kernel on the store's process: files of at most 3 MiB."""
    port = free_port()
    process = start(tmp_path, port)
    try:
        wait_until_up(process, port)
        subprocess.run(["prlimit", f"--pid={process.pid}", f"--fsize={3 << 20}"], check=True)
        from tests.server.storage.embedded.conftest import Site

        own = Site(tmp_path, port, process)
        store = own.store()
        upload = store.begin_upload(key, content_type=TYPE)
        url = store.part_url(key, upload, 1, expires_at=soon())
        status, headers, body = send(url, bytes(8 << 20))
        assert (status, headers["content-type"]) == (507, "application/json")
        assert b"nothing of it was kept" in body
        assert left(own, upload) == ["upload"]
        assert send(url, bytes(2 << 20))[0] == 200
    finally:
        stop(process)


def test_content_that_looks_like_a_manifest_is_content(store, key):
    upload, parts = upload_whole(store, key, [b"secret"])
    store.complete_upload(key, upload, parts)
    forged = Manifest(upload, f"{key}2", 6, 6, 1, 1).encode()
    store.put(f"{key}2", io.BytesIO(forged))
    assert content_of(store, f"{key}2") == forged
    other, parts = upload_whole(store, f"{key}3", [Manifest(upload, f"{key}3", 6, 6, 1, 1).encode()])
    store.complete_upload(f"{key}3", other, parts)
    assert b"commonhold parts" in content_of(store, f"{key}3")


def test_many_uploads_at_once(site, store, key):
    """Two to one key: the first that is completed is the object, the other is told."""
    first, first_parts = upload_whole(store, key, [b"first"])
    second, second_parts = upload_whole(store, key, [b"second"])
    store.complete_upload(key, second, second_parts)
    from commonhold.server.storage.interface import ObjectExistsError

    with pytest.raises(ObjectExistsError):
        store.complete_upload(key, first, first_parts)
    assert content_of(store, key) == b"second"


def test_ten_thousand_parts(tmp_path, key):
    """The parts are written to disk by hand; what is tried is completion, reading and joining."""
    from commonhold.server.storage.filesystem import FilesystemStore
    from commonhold.server.storage.signing import UrlSigner

    store = FilesystemStore(tmp_path / "objects", UrlSigner(("s" * 40,), "http://127.0.0.1:1"))
    upload = store.begin_upload(key, content_type=TYPE)
    folder = tmp_path / "objects/.uploads" / upload
    for number in range(1, 10_001):
        with (folder / f"{number:05d}").open("wb") as file:
            file.truncate(MIN_PART_BYTES)  # sparse: 48 GiB of nothing
            file.seek(0, os.SEEK_END)
            file.write(number.to_bytes(16))
    parts = [(number, number.to_bytes(16).hex()) for number in range(1, 10_001)]
    stored = store.complete_upload(key, upload, parts)
    assert stored.size == 10_000 * MIN_PART_BYTES
    assert store.stat(key) == stored
    with store.open(key) as file:
        file.seek(-5, os.SEEK_END)
        assert file.read() == bytes(5)
    assert store.complete_upload(key, upload, parts) == stored
    store.delete(key)
    assert not folder.exists()


def test_deleting_what_is_not_joined_yet(tmp_path, key):
    from commonhold.server.storage.filesystem import FilesystemStore
    from commonhold.server.storage.signing import UrlSigner

    store = FilesystemStore(tmp_path / "objects", UrlSigner(("s" * 40,), "http://127.0.0.1:1"))
    upload = store.begin_upload(key, content_type=TYPE)
    draft = store.receive_part(key, upload, 1, 5)
    draft.write([b"hello"])
    etag = draft.keep()
    draft.close()
    store.complete_upload(key, upload, [(1, etag)])
    store.delete(key)
    with pytest.raises(ObjectNotFoundError):
        store.stat(key)
    with pytest.raises(UploadGoneError):
        store.complete_upload(key, upload, [(1, etag)])
    assert join_pending(store) == 0
    assert [path for path in (tmp_path / "objects").rglob("*") if path.is_file()] == []
    assert store.put(key, io.BytesIO(b"new")).size == 3


def test_sweeping_spares_what_is_in_use(site, store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    connection = begin_put(site, store.part_url(key, upload, 1, expires_at=soon()), 10, b"first")
    wait_for(lambda: any(name.startswith("draft") for name in left(site, upload)))
    (upload_folder(site, upload) / "draft-left").write_bytes(b"x")
    assert store.sweep() >= 1  # what the store itself takes away just now is swept with it
    assert "draft-left" not in left(site, upload)
    connection.sendall(b"later")
    assert b"200 OK" in answer_of(connection)
    random.seed()
    assert store.sweep_uploads(dt.datetime.now(dt.UTC) - dt.timedelta(days=7)) == 0
