"""What a read notes in memory, written a little later: a read never waits for a write lock.

A thread of this process writes what was noted every fifteen seconds, and once more at the end of the process. While the
site is read-only it is dropped, without a word (decision 14).
"""

import atexit
import logging
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db import DatabaseError, connection

from commonhold.server.site import read_only

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

_INTERVAL_SECONDS = 15

Key = TypeVar("Key", bound="SupportsRichComparison")
Value = TypeVar("Value")

_log = logging.getLogger(__name__)


class WriteBehind(Generic[Key, Value]):
    """Values by their keys, noted by many threads and written by one at a time.

    Args:
        what: is written, for the log and as the name of the thread.
        save: writes what was noted to the database. It is given in the order of the keys, the same in every process, so
            that no two wait for each other.
        most: how many keys are noted between two writes. Beyond it they are dropped, so that a flood cannot fill the
            memory.
    """

    def __init__(
        self, what: str, save: Callable[[Sequence[tuple[Key, Value]]], None], *, most: int = 50_000
    ) -> None:
        self.most = most
        self._what = what
        self._save = save
        self._noted: dict[Key, Value] = {}
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._writer: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._noted)

    def note(self, key: Key, value: Value) -> None:
        """Remember a value; the latest of a key counts."""
        with self._lock:
            if len(self._noted) < self.most or key in self._noted:
                self._noted[key] = value
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_forever, name=self._what, daemon=True)
                self._writer.start()
                atexit.register(self.write)

    def write(self) -> None:
        """Write what was noted and return then. A database that refuses writes just now loses only that."""
        # One at a time: at the end of the process, what the writer is writing is waited for.
        with self._writing:
            with self._lock:
                noted, self._noted = self._noted, {}
            if not noted or read_only.is_on():
                return
            try:
                self._save(sorted(noted.items(), key=lambda entry: entry[0]))
            except DatabaseError as error:
                _log.warning("%s: %d not written: %s", self._what, len(noted), error)
            finally:
                connection.close()

    def _write_forever(self) -> None:
        pause = threading.Event()
        while not pause.wait(_INTERVAL_SECONDS):
            self.write()
