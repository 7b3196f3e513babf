"""The file in order, right behind the workers: hashed where only the whole can be proven, unpacked in flight."""

import hashlib
import threading
from collections.abc import Callable, Iterator

from commonhold.client import errors
from commonhold.client.transfer.faults import StoppedError
from commonhold.client.transfer.marks import PROVEN
from commonhold.client.transfer.memory import Place, Progress
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.window import Window

#: What is done with the file's bytes in order. What it leaves unread is passed over.
Consumer = Callable[[Iterator[memoryview]], None]

_BITE = 1 << 20
_POLL = 0.02


class WholeHash(threading.Thread):
    """Reads the file front to back as it comes about.

    The workers stay near (see :class:`Window`), so what it reads is still in the memory of the system; the
    disk is not asked a second time, and a resumed file is hashed by the same words as a new one.

    Args:
        plan: what the file must be.
        part: where it comes about.
        marks: how far each segment has come.
        window: told how far this has come.
        wake: set at the end.
        consumer: given the bytes in order, of pieces that were proven where they can be.
    """

    def __init__(
        self,
        plan: Plan,
        part: Place,
        marks: Progress,
        window: Window,
        wake: threading.Event,
        *,
        consumer: Consumer | None = None,
    ) -> None:
        super().__init__(name="commonhold-hash", daemon=True)
        self._plan = plan
        self._part = part
        self._marks = marks
        self._window = window
        self._wake = wake
        self._consumer = consumer
        self._digest = None if plan.has_pieces or plan.checksum is None else hashlib.sha256()
        self._stopped = threading.Event()
        self.failure: BaseException | None = None
        self.is_finished = False

    def run(self) -> None:
        """Go on until the end, or until stopped."""
        try:
            chunks = self._chunks()
            if self._consumer:
                self._consumer(chunks)
            for _ in chunks:
                pass
            self.is_finished = True
        except StoppedError:
            pass
        except BaseException as failure:  # noqa: BLE001 -- handed to the thread that watches, which raises it
            self.failure = failure
        finally:
            self._wake.set()

    def _chunks(self) -> Iterator[memoryview]:
        """Yield the file in order; what is yielded is good until the next is asked for."""
        view = memoryview(bytearray(_BITE))
        for index in range(self._plan.count):
            self._window.reached(index)
            at, length, start = 0, self._plan.length(index), self._plan.start(index)
            while at < length:
                ready = self._ready(index, length)
                if ready <= at:
                    if self._stopped.wait(_POLL):
                        raise StoppedError
                    continue
                count = self._part.read(start + at, view[: min(_BITE, ready - at)])
                if not count:
                    raise errors.LocalFileError(
                        f"{self._part.path} became shorter while it was read.",
                        hint="Something else changes the file; stop it, and run the same command again.",
                    )
                if self._digest:
                    self._digest.update(view[:count])
                at += count
                yield view[:count]
            self._part.release(index)

    def _ready(self, index: int, length: int) -> int:
        mark = self._marks[index]
        if self._plan.has_pieces:
            return length if mark == PROVEN else 0
        return length if mark == PROVEN else mark

    def stop(self) -> None:
        """Stop, unless it is through already."""
        self._stopped.set()
        self.join()

    def check(self) -> None:
        """Hold the hash against the promised one.

        Raises:
            CorruptError: it is another one.
        """
        if self._digest and self._digest.hexdigest() != self._plan.checksum:
            raise errors.CorruptError(
                "The downloaded file does not have the promised SHA-256, and the site tells no "
                "hashes of its pieces, "
                "so it is not known which part is wrong. Nothing of it was kept.",
                hint="Run the same command again; if it lasts, tell the people who run the site.",
            )
