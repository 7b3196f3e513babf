"""The contract of an object store, held by both of them; then what only a folder can get wrong."""

import datetime as dt
import errno
import fcntl
import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from commonhold.server.config.environment import read
from commonhold.server.config.values import SettingError
from commonhold.server.storage import folders, uploads
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import (
    ObjectExistsError,
    ObjectNotFoundError,
    ObjectStore,
    StorageFullError,
)
from commonhold.server.storage.memory import MemoryStore
from commonhold.server.storage.signing import UrlSigner
from commonhold.server.storage.store import object_store
from tests.server.storage.contract import *  # noqa: F403 -- every store keeps the same promises
from tests.server.storage.contract import KEY, content_of

SIGNER = UrlSigner(("s" * 40,), "http://127.0.0.1:1")


class Full(io.RawIOBase):
    """Stands for a disk that is full after two chunks: reading is where a test can put that fault."""

    def __init__(self) -> None:
        self.chunks = 0

    def read(self, size=-1):
        self.chunks += 1
        if self.chunks > 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return b"x" * size


@pytest.fixture(params=["folder", "memory"])
def store(request, tmp_path) -> ObjectStore:
    return FilesystemStore(tmp_path / "objects", SIGNER) if request.param == "folder" else MemoryStore(SIGNER)


@pytest.fixture
def folder(tmp_path) -> FilesystemStore:
    return FilesystemStore(tmp_path / "objects", SIGNER)


def files(root: Path) -> list[Path]:
    return [path for path in root.rglob("*") if path.is_file()]


def test_no_etag_is_shown_twice(store):
    first = store.put(KEY, io.BytesIO(b"same"))
    store.delete(KEY)
    assert store.put(KEY, io.BytesIO(b"same")).etag != first.etag


def test_nothing_lies_below_or_above_an_object(store):
    store.put(KEY, io.BytesIO(b"first"))
    for taken in ("datasets/c1", f"{KEY}/below"):
        with pytest.raises(ObjectExistsError):
            store.put(taken, io.BytesIO(b"second"))
    assert content_of(store, KEY) == b"first"


def test_urls(store):
    moment = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    url = urlsplit(
        store.download_url(KEY, filename="ä.zip", content_type="application/zip", expires_at=moment)
    )
    assert (url.scheme, url.netloc, url.path) == ("http", "127.0.0.1:1", f"/objects/{KEY}")
    assert SIGNER.check(KEY, url.query, 0).filename == "ä.zip"


def test_a_full_memory_keeps_nothing():
    store = MemoryStore(SIGNER, capacity=10)
    with pytest.raises(StorageFullError):
        store.put(KEY, io.BytesIO(b"x" * 11))
    assert store.put(KEY, io.BytesIO(b"x" * 10)).size == 10


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_folder_keeps_nothing(folder, tmp_path, monkeypatch, number):
    def full(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(StorageFullError):
        folder.put(KEY, io.BytesIO(b"x"))
    monkeypatch.undo()
    assert files(tmp_path) == []
    assert folder.put(KEY, io.BytesIO(b"x")).size == 1


def test_a_disk_that_fills_up_keeps_nothing(tmp_path):
    """With a real limit of the kernel, in a process of its own: files of at most 3 MiB."""
    code = f"""
import io, resource
from pathlib import Path
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import StorageFullError
from commonhold.server.storage.signing import UrlSigner
resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
store = FilesystemStore(Path({str(tmp_path)!r}), UrlSigner(("s",)))
try:
    store.put("a/b", io.BytesIO(bytes(5 << 20)))
except StorageFullError:
    print("full")
print(store.put("a/b", io.BytesIO(bytes(1 << 20))).size)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["full", str(1 << 20)]
    assert files(tmp_path) == [tmp_path / "a/b"]


def test_a_failing_source_leaves_nothing(folder, tmp_path):
    with pytest.raises(StorageFullError):
        folder.put(KEY, Full())
    assert files(tmp_path) == []


def test_a_killed_put_leaves_no_object(folder, tmp_path):
    code = f"""
import sys
import time
from pathlib import Path
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.signing import UrlSigner
FilesystemStore(Path({str(tmp_path / "objects")!r}), UrlSigner(("s",))).put({KEY!r}, sys.stdin.buffer)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as process:
        process.stdin.write(b"x" * (4 << 20))
        process.stdin.flush()
        while not any(path.stat().st_size for path in files(tmp_path)):
            assert process.poll() is None
            time.sleep(0.02)
        assert (folder.sweep(), list(folder.leftovers())) == (0, []), "a running put is left alone"
        process.send_signal(signal.SIGKILL)
    with pytest.raises(ObjectNotFoundError):
        folder.stat(KEY)
    assert [(left.name[:10], left.size > 0) for left in folder.leftovers()] == [(".incoming/", True)]
    assert (list(folder.list_objects()), folder.sweep()) == ([], 1)
    assert files(tmp_path) == []
    assert folder.put(KEY, io.BytesIO(b"again")).size == 5


def test_no_link_leads_out_of_the_store(folder, tmp_path):
    folder.put("a/b/c", io.BytesIO(b"x"))
    secret = tmp_path / "secret"
    secret.write_text("secret")
    root = tmp_path / "objects"
    (root / "link").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path)
    (root / "loop").symlink_to(root / "loop")
    (root / "inner").symlink_to(root / "a")
    os.mkfifo(root / "pipe")
    for key in ("link", "folder/secret", "loop", "inner/b/c", "pipe"):
        with pytest.raises(ObjectNotFoundError):
            folder.open(key)
        with pytest.raises(ObjectNotFoundError):
            folder.locate(key)
    for key in ("link", "folder/new", "folder/secret", "loop/x", "inner/new"):
        with pytest.raises(ObjectExistsError):
            folder.put(key, io.BytesIO(b"x"))
    folder.delete("folder/secret")
    folder.delete("link")
    assert secret.read_text() == "secret"
    assert not (tmp_path / "new").exists()


def test_objects_are_read_only_and_folders_do_not_pile_up(folder, tmp_path):
    folder.put(KEY, io.BytesIO(b"x"))
    assert (tmp_path / "objects" / KEY).stat().st_mode & 0o222 == 0
    folder.delete(KEY)
    assert [path.name for path in (tmp_path / "objects").iterdir()] == [".incoming"]


def test_etags_survive_a_move(folder, tmp_path):
    stored = folder.put(KEY, io.BytesIO(b"x"))
    moved = tmp_path / "moved"
    subprocess.run(["cp", "-a", tmp_path / "objects", moved], check=True)
    assert FilesystemStore(moved, SIGNER).stat(KEY) == stored


def test_the_settings_choose(tmp_path):
    def chosen(address):
        settings = {"COMMONHOLD_DATA": str(tmp_path / "data"), "COMMONHOLD_STORAGE_URL": address}
        return object_store(read(settings), public_url="http://127.0.0.1:1")

    chosen("").put("a", io.BytesIO(b"x"))
    assert (tmp_path / "data/objects/a").is_file()
    chosen(f"file://{tmp_path}/two%20words").put("a", io.BytesIO(b"x"))
    assert (tmp_path / "two words/a").is_file()
    for address in ("file://host/path", "objects", "ftp://x/y", "file:relative"):
        with pytest.raises(SettingError, match="COMMONHOLD_STORAGE_URL"):
            chosen(address)


def arrived(folder: FilesystemStore) -> tuple[str, str]:
    """Begin an upload, put its one part, and return the upload's id and the part's ETag."""
    upload = folder.begin_upload(KEY, content_type="application/gzip")
    draft = folder.receive_part(KEY, upload, 1, 5)
    draft.write([b"hello"])
    etag = draft.keep()
    draft.close()
    return upload, etag


def test_an_upload_completed_while_stale_ones_are_swept_stays(folder, monkeypatch):
    upload, etag = arrived(folder)
    later = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
    unfinished = folder._uploads.unfinished

    def completed_once_listed():
        for found in unfinished():
            folder.complete_upload(KEY, upload, [(1, etag)])
            yield found

    monkeypatch.setattr(folder._uploads, "unfinished", completed_once_listed)
    assert folder.sweep_uploads(later) == 0
    assert content_of(folder, KEY) == b"hello"


def test_a_part_arrives_although_a_sweep_meets_it_at_its_beginning(folder, monkeypatch):
    upload = folder.begin_upload(KEY, content_type="application/gzip")
    swept = []

    def after_a_sweep(descriptor, how):
        if not swept:
            swept.append(folder.sweep())
        fcntl.flock(descriptor, how)

    monkeypatch.setattr(
        folders, "fcntl", SimpleNamespace(flock=after_a_sweep, LOCK_EX=fcntl.LOCK_EX, LOCK_NB=fcntl.LOCK_NB)
    )
    draft = folder.receive_part(KEY, upload, 1, 5)
    draft.write([b"hello"])
    draft.keep()
    draft.close()
    assert swept == [1]
    assert [(part.number, part.size) for part in folder.list_parts(KEY, upload)] == [(1, 5)]
    assert folder.sweep() == 0


def test_a_sweep_in_the_middle_of_a_completion_takes_nothing_of_it(folder, monkeypatch):
    upload, etag = arrived(folder)
    write_new = uploads._write_new

    def before_a_sweep(*arguments, **named):
        write_new(*arguments, **named)
        folder.sweep()

    monkeypatch.setattr(uploads, "_write_new", before_a_sweep)
    folder.complete_upload(KEY, upload, [(1, etag)])
    assert content_of(folder, KEY) == b"hello"
