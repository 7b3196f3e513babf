"""What is kept of a session has one writer at a time."""

import concurrent.futures
import time
from pathlib import Path

from commonhold.client.archive.sessions import Kept, SessionStore
from commonhold.client.transfer.source import Grant, Identity


def test_notes_made_at_the_same_moment_neither_fail_nor_undo_each_other(tmp_path: Path) -> None:
    store = SessionStore(tmp_path / "sessions")
    path = store.path("http://127.0.0.1/api", "key", "words", 1)
    store.folder.mkdir()
    Kept(Grant("http://127.0.0.1/old", time.time(), time.time() + 60), Identity(), 10, None).write(path)

    def note(number: int) -> None:
        store.note_identity(path, Identity(f'"{number}"', ""))

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(note, range(64)))
    kept = Kept.read(path)
    assert kept is not None
    assert kept.grant.url == "http://127.0.0.1/old"
    assert kept.identity.etag in {f'"{number}"' for number in range(64)}
    assert [one.name for one in store.folder.iterdir()] == [path.name]
