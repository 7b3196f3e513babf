"""What a download notes for the next run, as it stands here and on disk."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from commonhold.client.transfer.journal import Journal
from commonhold.client.transfer.source import Grant, Identity


class Notebook:
    """Keeps a journal and the file it is written to in step, whichever thread notes something.

    Args:
        path: where the journal lies, or is to lie from the first note on.
        journal: what is known so far.
    """

    def __init__(self, path: Path, journal: Journal) -> None:
        self._path = path
        self._journal = journal
        self._lock = threading.Lock()
        self._is_closed = False

    @property
    def journal(self) -> Journal:
        """The journal as it stands."""
        return self._journal

    def note_question(self, key: str) -> None:
        """Remember the key of a question before it is asked."""
        self._change(lambda journal: replace(journal, asking=key))

    def note_grant(self, grant: Grant) -> None:
        """Remember another address."""
        self._change(lambda journal: journal.with_grant(grant))

    def note_identity(self, identity: Identity) -> None:
        """Remember how the storage names the content."""
        self._change(lambda journal: replace(journal, identity=identity))

    def note_durable(self, indexes: Iterable[int]) -> None:
        """Remember which segments are known to be on disk.

        Raises:
            LocalFileError: the journal cannot be written.
        """
        self._change(lambda journal: journal.with_durable(indexes))

    def close(self) -> None:
        """Write nothing any more: what a worker notes that hears of the end late may be about another file by then."""
        with self._lock:
            self._is_closed = True

    def _change(self, change: Callable[[Journal], Journal]) -> None:
        with self._lock:
            if self._is_closed:
                return
            self._journal = change(self._journal)
            self._journal.write(self._path)
