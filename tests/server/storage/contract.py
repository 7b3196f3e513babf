"""What every object store promises, as tests: modules import all of them and bring a ``store`` of their own."""

import datetime as dt
import io
import os
import threading

import pytest

from commonhold.server.storage.interface import ObjectExistsError, ObjectNotFoundError, ObjectStore
from commonhold.server.storage.keys import InvalidKeyError

KEY = "datasets/c1/1/a.tar.gz"


def content_of(store: ObjectStore, key: str) -> bytes:
    with store.open(key) as file:
        return file.read()


@pytest.mark.parametrize("size", [0, 1, 3 * 1024 * 1024 + 5])
def test_put_open_stat(store, size):
    content = os.urandom(size)
    stored = store.put(KEY, io.BytesIO(content))
    assert (stored.key, stored.size) == (KEY, size)
    assert stored.etag[0] == stored.etag[-1] == '"'
    assert store.stat(KEY) == stored
    with store.open(KEY) as file:
        assert file.read() == content
        assert file.seek(size // 2) == size // 2


def test_objects_are_never_overwritten(store):
    first = store.put(KEY, io.BytesIO(b"first"))
    with pytest.raises(ObjectExistsError):
        store.put(KEY, io.BytesIO(b"second"))
    assert store.stat(KEY) == first
    assert content_of(store, KEY) == b"first"


def test_what_is_not_there(store):
    store.put(KEY, io.BytesIO(b"x"))
    for missing in ("nothing", "datasets", "datasets/c1/1", f"{KEY}/below", "datasets/c1/1/b.zip"):
        with pytest.raises(ObjectNotFoundError):
            store.stat(missing)
        with pytest.raises(ObjectNotFoundError):
            store.open(missing)


def test_delete_is_idempotent_and_frees_the_key(store):
    store.delete(KEY)
    first = store.put(KEY, io.BytesIO(b"first"))
    store.put("datasets/c1/2/a.tar.gz", io.BytesIO(b"stays"))
    store.delete("datasets/c1")
    store.delete(KEY)
    store.delete(KEY)
    with pytest.raises(ObjectNotFoundError):
        store.stat(KEY)
    assert store.put(KEY, io.BytesIO(b"other")).etag != first.etag
    assert store.stat("datasets/c1/2/a.tar.gz").size == 5


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "a/../../x", ".incoming/x", "a\0", ""])
def test_bad_keys(store, key):
    moment = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    for use in (
        lambda: store.put(key, io.BytesIO(b"x")),
        lambda: store.open(key),
        lambda: store.stat(key),
        lambda: store.delete(key),
        lambda: store.download_url(key, filename="a", content_type="a/b", expires_at=moment),
    ):
        with pytest.raises(InvalidKeyError):
            use()


def test_exactly_one_put_wins(store):
    barrier, won, lost = threading.Barrier(12), [], []

    def put(content: bytes) -> None:
        barrier.wait()
        try:
            store.put(KEY, io.BytesIO(content))
            won.append(content)
        except ObjectExistsError:
            lost.append(content)

    threads = [threading.Thread(target=put, args=(bytes([number]) * 100_000,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 11)
    assert content_of(store, KEY) == won[0]


def test_every_object_is_listed(store):
    assert list(store.list_objects()) == []
    begun = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    keys = {KEY: 3, "datasets/c1/2/größe 1.zip": 0, "datasets/c1-x.zip": 5, "uploads/a/b/c/d.tgz": 1}
    for key, size in keys.items():
        store.put(key, io.BytesIO(bytes(size)))
    listed = list(store.list_objects())
    assert {found.key: found.size for found in listed} == keys
    assert len(listed) == len(keys)
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    assert all(begun <= found.modified <= soon for found in listed)
    store.delete(KEY)
    assert KEY not in {found.key for found in store.list_objects()}


def test_nothing_is_left_over_by_what_was_finished(store):
    store.put(KEY, io.BytesIO(b"x"))
    assert (list(store.leftovers()), store.sweep()) == ([], 0)
    assert content_of(store, KEY) == b"x"
