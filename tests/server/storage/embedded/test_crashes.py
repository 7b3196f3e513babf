"""kill -9 at random moments of uploads, and a crash before every single step of what follows them."""

import contextlib
import hashlib
import http.client
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import ObjectNotFoundError
from commonhold.server.storage.joining import join_pending
from commonhold.server.storage.multipart import MIN_PART_BYTES, UploadGoneError
from commonhold.server.storage.signing import UrlSigner
from tests.server.storage.contract import content_of
from tests.server.storage.embedded.conftest import Site, start, stop, wait_until_up
from tests.server.storage.upload_contract import TYPE, parts_of, send, soon
from tests.support.ports import free_port

KEY = "datasets/c1/1/a.tar.gz"
# What changes the disk, or makes a change last: a crash falls between any two of them.
STEPS = (
    "rename",
    "unlink",
    "link",
    "fsync",
    "ftruncate",
    "copy_file_range",
    "utime",
    "fchmod",
    "write",
    "mkdir",
    "rmdir",
)


def own_store(folder: Path) -> FilesystemStore:
    return FilesystemStore(folder / "objects", UrlSigner(("s" * 40,), "http://127.0.0.1:1"))


def crash_at(step: int, action) -> bool:
    """Run ``action`` in a process of its own that is gone before its ``step``-th change; say if it got so far."""
    child = os.fork()
    if not child:
        count = 0

        def counted(function):
            def call(*arguments, **named):
                nonlocal count
                count += 1
                if count == step:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **named)

            return call

        for name in STEPS:
            setattr(os, name, counted(getattr(os, name)))
        with contextlib.suppress(BaseException):
            action()
        os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


def filled(store: FilesystemStore, contents: list[bytes]) -> tuple[str, list[tuple[int, str]]]:
    upload = store.begin_upload(KEY, content_type=TYPE)
    parts = []
    for number, data in enumerate(contents, 1):
        draft = store.receive_part(KEY, upload, number, len(data))
        draft.write([data])
        parts.append((number, draft.keep()))
        draft.close()
    return upload, parts


def test_joining_survives_a_crash_at_every_step(tmp_path):
    contents = parts_of([MIN_PART_BYTES] * 3 + [1000])
    whole = b"".join(contents)
    store = own_store(tmp_path)
    upload, parts = filled(store, contents)
    stored = store.complete_upload(KEY, upload, parts)
    crashes = 0
    # Each crash leaves the state for the next run, which goes on from there: every depth, in every order.
    for step in [*range(1, 12), *random.Random(3).choices(range(1, 8), k=40)]:
        crashes += crash_at(step, lambda: join_pending(store))
        assert store.stat(KEY) == stored
        assert content_of(store, KEY) == whole
        assert store.complete_upload(KEY, upload, parts) == stored
        if not (tmp_path / "objects/.uploads" / upload).exists():
            break
    assert crashes > 8
    join_pending(store)
    store.sweep()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.tar.gz"]
    assert content_of(store, KEY) == whole


@pytest.mark.parametrize("depth", range(1, 40))
def test_joining_goes_on_from_every_state(tmp_path, depth):
    contents = parts_of([MIN_PART_BYTES, MIN_PART_BYTES, 10])
    store = own_store(tmp_path)
    upload, parts = filled(store, contents)
    stored = store.complete_upload(KEY, upload, parts)
    crash_at(depth, lambda: join_pending(store))
    assert content_of(store, KEY) == b"".join(contents)
    join_pending(store)
    assert store.stat(KEY) == stored
    assert content_of(store, KEY) == b"".join(contents)
    store.sweep()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.tar.gz"]


@pytest.mark.parametrize("depth", range(1, 14))
def test_completion_survives_a_crash_at_every_step(tmp_path, depth):
    contents = parts_of([MIN_PART_BYTES, 10])
    store = own_store(tmp_path)
    upload, parts = filled(store, contents)
    crash_at(depth, lambda: store.complete_upload(KEY, upload, parts))
    with contextlib.suppress(ObjectNotFoundError):
        assert content_of(store, KEY) == b"".join(contents), "there is nothing, or all of it"
    join_pending(store)
    stored = store.complete_upload(KEY, upload, parts)
    join_pending(store)
    assert store.stat(KEY) == stored
    assert content_of(store, KEY) == b"".join(contents)
    store.sweep()
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.tar.gz"]


@pytest.mark.parametrize("depth", range(1, 24))
@pytest.mark.parametrize("joined", [False, True])
def test_deletion_survives_a_crash_at_every_step(tmp_path, depth, joined):
    store = own_store(tmp_path)
    upload, parts = filled(store, [b"hello"])
    store.complete_upload(KEY, upload, parts)
    if joined:
        join_pending(store)
    crash_at(depth, lambda: store.delete(KEY))
    with contextlib.suppress(ObjectNotFoundError):
        assert content_of(store, KEY) == b"hello"
    store.delete(KEY)
    with pytest.raises(ObjectNotFoundError):
        store.stat(KEY)
    with pytest.raises(UploadGoneError):
        store.complete_upload(KEY, upload, parts)
    store.sweep()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("depth", range(1, 10))
def test_a_part_is_kept_whole_or_not_at_all(tmp_path, depth):
    store = own_store(tmp_path)
    upload, _ = filled(store, [b"first"])

    def again():
        draft = store.receive_part(KEY, upload, 1, 6)
        draft.write([b"sec", b"ond"])
        draft.keep()
        draft.close()

    crash_at(depth, again)
    [part] = store.list_parts(KEY, upload)
    old, new = hashlib.md5(b"first").hexdigest(), hashlib.md5(b"second").hexdigest()
    assert (part.size, part.etag) in {(5, f'"{old}"'), (6, f'"{new}"')}
    store.sweep()
    assert sorted(path.name for path in (tmp_path / "objects/.uploads" / upload).iterdir()) == [
        "00001",
        "upload",
    ]
    store.complete_upload(KEY, upload, [(1, part.etag)])
    assert content_of(store, KEY) in {b"first", b"second"}


def test_an_upload_survives_twenty_kills_of_the_server(tmp_path):
    chance = random.Random(11)
    contents = parts_of([MIN_PART_BYTES] * 24 + [12345])
    site = Site(tmp_path, free_port(), None)
    store = site.store()
    upload = store.begin_upload(KEY, content_type=TYPE)
    waiting, kept, lock = list(enumerate(contents, 1)) * 2, {}, threading.Lock()
    chance.shuffle(waiting)
    finished = threading.Event()

    def send_parts():
        while True:
            with lock:
                if not waiting:
                    return
                number, data = waiting.pop()
            try:
                status, headers, _ = send(store.part_url(KEY, upload, number, expires_at=soon()), data)
            except (OSError, http.client.HTTPException):
                status = 0
            with lock:
                if status == 200:
                    kept[number] = headers["ETag"]
                else:
                    waiting.insert(0, (number, data))

    def kill_and_start():
        process = start(tmp_path, site.port)
        wait_until_up(process, site.port)
        for _ in range(20):
            if finished.wait(chance.uniform(0, 0.3)):
                break
            process.send_signal(signal.SIGKILL)
            process.communicate()
            with lock:
                known = dict(kept)
            held = {part.number: part.etag for part in store.list_parts(KEY, upload)}
            assert known.items() <= held.items(), "what was answered with 200 is there"
            process = start(tmp_path, site.port)
            wait_until_up(process, site.port)
        return process

    with ThreadPoolExecutor(5) as threads:
        killer = threads.submit(kill_and_start)
        for sender in [threads.submit(send_parts) for _ in range(4)]:
            sender.result()
        finished.set()
        process = killer.result()
    try:
        stored = store.complete_upload(KEY, upload, list(kept.items()))
        for _ in range(5):
            assert (
                hashlib.sha256(content_of(store, KEY)).digest() == hashlib.sha256(b"".join(contents)).digest()
            )
            process.send_signal(signal.SIGKILL)
            process.communicate()
            process = start(tmp_path, site.port)
            wait_until_up(process, site.port)
        deadline = time.monotonic() + 60
        while (tmp_path / "objects/.uploads" / upload).exists():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert store.stat(KEY) == stored
        assert (tmp_path / "objects" / KEY).read_bytes() == b"".join(contents)
    finally:
        stop(process)
