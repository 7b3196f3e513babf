"""The hash of the whole file, in order, right behind the workers; for sites that tell no hashes of pieces."""

import hashlib
import threading

from commonhold.client import errors
from commonhold.client.transfer.marks import PROVEN, Marks
from commonhold.client.transfer.part import PartFile
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.window import Window

_BITE = 1 << 20
_POLL = 0.02


class WholeHash(threading.Thread):
    """Reads the file front to back as it comes about.

    The workers stay near (see :class:`Window`), so what it reads is still in the memory of the system; the
    disk is not asked a second time, and a resumed file is hashed by the same words as a new one.
    """

    def __init__(
        self, plan: Plan, part: PartFile, marks: Marks, window: Window, wake: threading.Event
    ) -> None:
        super().__init__(name="commonhold-hash", daemon=True)
        self._plan = plan
        self._part = part
        self._marks = marks
        self._window = window
        self._wake = wake
        self._digest = hashlib.sha256()
        self._stopped = threading.Event()
        self.failure: BaseException | None = None
        self.is_finished = False

    def run(self) -> None:
        """Hash until the end, or until stopped."""
        try:
            view = memoryview(bytearray(_BITE))
            for index in range(self._plan.count):
                self._window.reached(index)
                if not self._segment(index, view):
                    return
            self.is_finished = True
        except BaseException as failure:  # noqa: BLE001 -- handed to the thread that watches, which raises it
            self.failure = failure
        finally:
            self._wake.set()

    def _segment(self, index: int, view: memoryview) -> bool:
        at, length, start = 0, self._plan.length(index), self._plan.start(index)
        while at < length:
            mark = self._marks[index]
            ready = length if mark == PROVEN else mark
            if ready <= at:
                if self._stopped.wait(_POLL):
                    return False
                continue
            count = self._part.read(start + at, view[: min(_BITE, ready - at)])
            if not count:
                raise errors.LocalFileError(
                    f"{self._part.path} became shorter while it was read.",
                    hint="Something else changes the file; stop it, and run the same command again.",
                )
            self._digest.update(view[:count])
            at += count
        return True

    def stop(self) -> None:
        """Stop, unless it is through already."""
        self._stopped.set()
        self.join()

    def check(self) -> None:
        """Hold the hash against the promised one.

        Raises:
            CorruptError: it is another one.
        """
        if self._digest.hexdigest() != self._plan.checksum:
            raise errors.CorruptError(
                "The downloaded file does not have the promised SHA-256, and the site tells no "
                "hashes of its pieces, "
                "so it is not known which part is wrong. Nothing of it was kept.",
                hint="Run the same command again; if it lasts, tell the people who run the site.",
            )
