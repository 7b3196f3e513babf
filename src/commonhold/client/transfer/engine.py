"""One transfer: workers that fetch, a hash that follows where only the whole can be proven, a watch."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from commonhold.client.http.network import Network
from commonhold.client.transfer.adapt import Connections
from commonhold.client.transfer.faults import StoppedError
from commonhold.client.transfer.marks import PROVEN
from commonhold.client.transfer.memory import Place, Progress
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.share import Share
from commonhold.client.transfer.source import Source
from commonhold.client.transfer.whole import Consumer, WholeHash
from commonhold.client.transfer.window import Window
from commonhold.client.transfer.worker import Shared, Worker

_TICK = 0.025
_PROCESSORS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
_WINDOW = 0.05
_AHEAD = 16
# What is unpacked in flight stays in memory till then.
_MOST_IN_MEMORY = 64 << 20
_SLOW_SECONDS = 10.0
_FEW = 1024
# A worker that is just connecting hears of the end late; it touches nothing then.
_FAREWELL = 2.0


@dataclass(frozen=True)
class Options:
    """How a transfer may behave.

    Attributes:
        connections: the most to hold at once.
        rate: the most bytes per second, or None.
        silence: seconds without a byte after which a connection is given up.
        max_wait: seconds without any progress after which the transfer is given up.
        share: what this transfer has in common with others that run beside it; its bound on connections and
            its rate then count for all of them together, and ``rate`` here for nothing.
    """

    connections: int = 16
    rate: int | None = None
    silence: float = 20.0
    max_wait: float = 300.0
    share: Share | None = field(default=None, repr=False, compare=False)


@dataclass(eq=False, repr=False)
class Hooks:
    """Whom to tell: ``advanced`` the bytes in place and the connections held, ``note`` what takes so long."""

    advanced: Callable[[int, int], None] = field(default=lambda _done, _connections: None)
    note: Callable[[str], None] = field(default=lambda _text: None)


class Engine:
    """Fetches what is missing of one file, and proves all of it.

    Args:
        network: how this machine reaches others.
        source: where the bytes are.
        plan: what they must be.
        part: where they go.
        marks: how far each segment has come.
        options: how to behave.
        hooks: whom to tell.
        consumer: given the bytes in order as they come, in pieces that were proven where they can be.
    """

    def __init__(
        self,
        network: Network,
        source: Source,
        plan: Plan,
        part: Place,
        marks: Progress,
        *,
        options: Options,
        hooks: Hooks,
        consumer: Consumer | None = None,
    ) -> None:
        self._options = options
        self._share = options.share or Share(options.connections, options.rate)
        rate = self._share.throttle.rate
        self.present = sum(_in_place(plan, marks, index) for index in range(plan.count))
        self._hooks = hooks
        self._plan = plan
        pending = [index for index in range(plan.count) if not _is_complete(plan, marks, index)]
        in_order = consumer is not None or (plan.checksum is not None and not plan.has_pieces)
        ahead = _AHEAD if in_order else None
        if consumer:
            ahead = max(1, min(_AHEAD, _MOST_IN_MEMORY // plan.segment))
        self._shared = Shared(
            network=network,
            source=source,
            plan=plan,
            part=part,
            marks=marks,
            window=Window(pending, ahead),
            share=self._share,
            silence=options.silence,
            max_wait=options.max_wait,
            present=self.present,
            note=hooks.note,
        )
        self._whole = (
            WholeHash(plan, part, marks, self._shared.window, self._shared.wake, consumer=consumer)
            if in_order
            else None
        )
        self._rule = Connections(min(options.connections, 4) if rate else options.connections, window=_WINDOW)
        self._workers: list[Worker] = []

    def run(self) -> None:
        """Fetch what is missing; with hashes of pieces, that proves it too.

        Raises:
            ChangedError: the content is another one now.
            CommonholdError: it cannot be had, or is not what was promised.
            KeyboardInterrupt: somebody asked to stop; what is in place stays.
            StoppedError: somebody asked all transfers that share with this one to stop.
        """
        self._share.join()
        try:
            if self._whole:
                self._whole.start()
            self._watch()
        finally:
            self._stop()
            self._share.leave()
        if self._shared.failure:
            raise self._shared.failure

    def prove(self) -> bool:
        """Hold the whole against its hash, where its pieces were not; False where the site tells none at all.

        Raises:
            CorruptError: it is not what was promised.
        """
        if self._whole:
            self._whole.check()
        return self._plan.checksum is not None or self._plan.has_pieces

    @property
    def received(self) -> int:
        """Bytes that came over the network."""
        return sum(worker.received for worker in self._workers)

    def _watch(self) -> None:
        shared = self._shared
        began = slow_since = time.monotonic()
        counted: dict[Worker, int] = {}
        while not shared.failure and not self._is_done():
            now = time.monotonic()
            worked = time.process_time() / _PROCESSORS
            target = self._rule.observe(now, self.received, shared.latency, worked)
            if shared.take_trouble():
                target = self._rule.trouble()
            self._hold(min(target, self._share.fair))
            if self._share.stop.is_set():
                raise StoppedError
            self._hooks.advanced(shared.in_place(self._workers), sum(w.is_alive() for w in self._workers))
            shared.source.remaining = self._remaining(now - began)
            if now - slow_since > _SLOW_SECONDS:
                counted, slow_since = self._hand_over_slow(counted), now
            if self._whole and self._whole.failure:
                shared.fail(self._whole.failure)
            shared.wake.wait(_TICK)
            shared.wake.clear()
        self._hooks.advanced(shared.in_place(self._workers), 0)

    def _is_done(self) -> bool:
        return self._shared.window.is_finished and (self._whole is None or self._whole.is_finished)

    def _remaining(self, elapsed: float) -> float | None:
        received = self.received
        if elapsed < 1.0 or not received:
            return None
        return (self._plan.size - self._shared.in_place(self._workers)) * elapsed / received

    def _hold(self, target: int) -> None:
        """Have ``target`` workers at work, where there is work."""
        alive = [worker for worker in self._workers if worker.is_alive() and not worker.is_leaving]
        wanted = 1 if self._shared.sequential else target
        for worker in alive[wanted:]:
            worker.is_leaving = True
        self._shared.target = wanted
        for _ in range(min(wanted - len(alive), self._shared.window.waiting)):
            if not self._share.take():
                return
            worker = Worker(self._shared)
            self._workers.append(worker)
            worker.start()

    def _hand_over_slow(self, before: dict[Worker, int]) -> dict[Worker, int]:
        """Give up connections that bring next to nothing, alone or beside the others; new ones go on."""
        now = {
            worker: worker.received for worker in self._workers if worker.is_alive() and worker.is_receiving
        }
        brought = {worker: count - before[worker] for worker, count in now.items() if worker in before}
        if brought and not self._share.throttle.rate:
            usual = sorted(brought.values())[len(brought) // 2] / 10 if len(brought) > 2 else 0
            for worker, count in brought.items():
                if count < max(usual, _FEW):
                    worker.hand_over()
        return now

    def _stop(self) -> None:
        self._shared.stop.set()
        self._shared.window.close()
        if self._whole:
            self._whole.stop()
        for worker in self._workers:
            worker.abort()
        for worker in self._workers:
            if worker.is_alive():  # an interrupt may have come before it was started
                worker.join(timeout=_FAREWELL)


def _in_place(plan: Plan, marks: Progress, index: int) -> int:
    return plan.length(index) if marks[index] == PROVEN else min(marks[index], plan.length(index))


def _is_complete(plan: Plan, marks: Progress, index: int) -> bool:
    if plan.has_pieces:
        return marks[index] == PROVEN
    return marks[index] >= plan.length(index)
