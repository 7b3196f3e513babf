"""Picking up what an earlier run left, trusting only what can be trusted, and remembering for the next.

What may be trusted of an earlier run:

- same run of the machine, same file: the marks as they stand. They were written after their bytes, and what
  one process wrote the next one reads, however the first one ended.
- another run of the machine (a power loss, a reboot, another machine): with hashes of pieces, what marks or
  journal claim, once each piece was read and proven; without, the segments the journal knows to be on disk.
"""

import threading
from dataclasses import replace
from typing import Self

from commonhold.client.errors import DiskFullError, LocalFileError
from commonhold.client.transfer.journal import Journal
from commonhold.client.transfer.layout import Paths
from commonhold.client.transfer.lock import boot_id
from commonhold.client.transfer.marks import PROVEN, Marks
from commonhold.client.transfer.notebook import Notebook
from commonhold.client.transfer.part import PartFile
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.prove import bad_pieces

_CHECKPOINT_SECONDS = 5.0


class Workplace(Notebook):
    """The part, the marks and the journal of one download, in step with each other."""

    def __init__(self, paths: Paths, part: PartFile, marks: Marks, journal: Journal) -> None:
        super().__init__(paths.journal, journal)
        self._paths = paths
        self._stopped = threading.Event()
        self._watch: threading.Thread | None = None
        self._failure: LocalFileError | None = None
        self.part = part
        self.marks = marks

    @classmethod
    def open(cls, paths: Paths, part: PartFile, plan: Plan, journal: Journal) -> Self:
        """Take up the work where it stands; a journal just made means from nothing."""
        marks = Marks(paths.progress, plan.count, journal.nonce)
        same_file = journal.file == part.identity and journal.is_of_this_boot and not marks.is_new
        claimed = dict.fromkeys((i for i in journal.durable if i < plan.count and not part.is_new), PROVEN)
        if part.is_new:
            _set_all(marks, {})
        elif not same_file:
            if plan.has_pieces:
                claimed |= {index: marks[index] for index in range(plan.count) if marks[index]}
                good = set(claimed) - set(bad_pieces(part, plan, claimed))
                _set_all(marks, dict.fromkeys(good, PROVEN))
            else:
                _set_all(marks, {index: plan.length(index) for index in claimed})
        journal = replace(
            journal, file=part.identity, boot=boot_id(), durable=journal.durable if claimed else frozenset()
        )
        journal.write(paths.journal)
        return cls(paths, part, marks, journal)

    def start_checkpoints(self, plan: Plan) -> None:
        """From now on, make the disk sure every few seconds of what is there."""
        self._watch = threading.Thread(
            target=self._checkpoints, args=(plan,), name="commonhold-checkpoint", daemon=True
        )
        self._watch.start()

    def _checkpoints(self, plan: Plan) -> None:
        while not self._stopped.wait(_CHECKPOINT_SECONDS):
            complete = [
                index
                for index in range(plan.count)
                if self.marks[index] == PROVEN
                or (not plan.has_pieces and self.marks[index] >= plan.length(index))
            ]
            try:
                self.part.sync()
                self.note_durable(complete)
            except DiskFullError:
                continue  # room was made for the file itself; the journal of before stays good
            except LocalFileError as failure:
                self._failure = (
                    failure  # a disk that loses what it took must not pass for a finished download
                )
                return

    def finish(self) -> None:
        """Give the file its name, and forget how it came about.

        Raises:
            LocalFileError: the disk did not take it.
        """
        self._stop_watch()
        if self._failure:
            raise self._failure
        self.part.become(self._paths.final)
        self.close()

    def _stop_watch(self) -> None:
        self._stopped.set()
        if self._watch:
            self._watch.join()

    def close(self) -> None:
        """Close the files; what they hold stays for the next run."""
        self._stop_watch()
        super().close()
        self.marks.close()
        self.part.close()


def _set_all(marks: Marks, values: dict[int, int]) -> None:
    for index in range(len(marks)):
        if marks[index] != values.get(index, 0):
            marks[index] = values.get(index, 0)
