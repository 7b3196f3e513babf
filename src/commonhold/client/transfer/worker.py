"""One connection at work: claim segments, receive, hash and write in small bites, mark, try again."""

import hashlib
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from commonhold.client import errors
from commonhold.client.http.connection import Connection, Response
from commonhold.client.http.network import Network
from commonhold.client.retry import jitter
from commonhold.client.transfer.buffer import buffer
from commonhold.client.transfer.faults import (
    ExpiredError,
    MisbehavedError,
    OverloadedError,
    TransferFaultError,
    WithoutRangesError,
)
from commonhold.client.transfer.marks import PROVEN
from commonhold.client.transfer.memory import Place, Progress
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.share import Share
from commonhold.client.transfer.source import Source
from commonhold.client.transfer.window import Window

# What is received is hashed and written in bites. Large ones cost least; what all connections have in hand, and a
# killed process loses, is at most two windows of 8 MiB.
_IN_HAND = 16 << 20
_LEAST_BITE, _LARGEST_BITE = 1 << 20, 4 << 20
# On a slow line a bite is taken long before it is full: what came is kept, and whoever watches sees it come.
_BITE_SECONDS = 0.5
# Who is woken for each packet of a fast line has no time for anything else: so much, or what comes in so long, is
# worth waiting for. Below the least of it there is nothing to gain.
_LEAST_GATHERED, _MOST_GATHERED = 64 << 10, 512 << 10
_GATHER_SECONDS = 0.01
_LONGEST_RUN = 8
_MOST_STRIKES = 4
_WORTH_TELLING = 2.0
# The first may be for what an earlier run left of the piece.
_STRIKES_FOR_A_PIECE = 4


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> None: ...
    def digest(self) -> bytes: ...


@dataclass(eq=False, repr=False)
class Shared:
    """What all workers of one transfer have in common."""

    network: Network
    source: Source
    plan: Plan
    part: Place
    marks: Progress
    window: Window
    share: Share
    silence: float
    max_wait: float
    present: int
    note: Callable[[str], None]
    target: int = 1
    latency: float = 0.0
    #: Whether the storage knows no ranges, so that one worker takes everything from the front.
    sequential: bool = False
    failure: BaseException | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    progress_at: float = field(default_factory=time.monotonic)
    _lost: int = 0
    _without_ranges: int = 0
    _trouble: bool = False
    _bad: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def bite(self) -> int:
        """How many bytes each connection may have in hand."""
        return max(_LEAST_BITE, min(_LARGEST_BITE, _IN_HAND // max(1, self.target)))

    def fail(self, failure: BaseException) -> None:
        """End the transfer; the first reason counts."""
        with self._lock:
            if self.failure is None:
                self.failure = failure
        self.stop.set()
        self.wake.set()

    def in_place(self, workers: Iterable["Worker"]) -> int:
        """Bytes that are in the file, as far as one can tell in passing."""
        return max(0, self.present + sum(worker.kept for worker in workers) - self._lost)

    def ask_for_less(self) -> None:
        """Say that the other side suffers."""
        self._trouble = True

    def take_trouble(self) -> bool:
        """Whether the other side has suffered since the last call."""
        trouble, self._trouble = self._trouble, False
        return trouble

    def bad_piece(self, index: int) -> None:
        """Take back a piece that is not what it should be.

        Raises:
            CorruptError: it came wrong from the storage again and again.
        """
        with self._lock:
            self._lost += self.plan.length(index)
            self.marks[index] = 0
            self._bad[index] = self._bad.get(index, 0) + 1
            if self._bad[index] < _STRIKES_FOR_A_PIECE:
                return
        raise errors.CorruptError(
            f"Piece {index + 1} of {self.plan.count} comes damaged from the storage, each time it is "
            f"fetched.",
            hint="The other pieces are kept. Try again later; if it lasts, tell the people who run the site.",
        )

    def no_ranges(self) -> None:
        """Count a whole file sent for a part; the second time, ask for wholes."""
        with self._lock:
            self._without_ranges += 1
            if self._without_ranges > 1:
                self.sequential = True


class Worker(threading.Thread):
    """One connection and the thread that works it."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(name="commonhold-transfer", daemon=True)
        self._shared = shared
        self._connection = Connection(shared.network, silence=shared.silence, stopped=shared.stop)
        self._view = buffer(shared.bite)
        self._handed_over = False
        self._strikes = 0
        self._failures = 0
        self._pace = 0.0
        self._gather = 1
        self.received = 0
        self.kept = 0
        self.is_leaving = False
        self.is_receiving = False

    def abort(self) -> None:
        """Make it stop waiting. Called from other threads."""
        self._connection.abort()

    def hand_over(self) -> None:
        """Make it go on with a new connection. Called from other threads."""
        self._handed_over = True
        self._connection.abort()

    def run(self) -> None:
        """Work until there is nothing to do, or something ends the transfer."""
        shared = self._shared
        try:
            claimed: Sequence[int] | None
            while not shared.stop.is_set() and not self.is_leaving:
                if shared.sequential:
                    claimed = shared.window.claim_all()
                else:
                    claimed = shared.window.claim(self._run_length())
                if claimed is None:
                    break
                self._work(claimed)
        except BaseException as failure:  # noqa: BLE001 -- handed to the thread that watches, which raises it
            shared.fail(failure)
        finally:
            self._connection.close()
            self._view = memoryview(b"")  # the memory goes now, and not after all others have ended
            shared.share.give_back()
            shared.wake.set()

    def _run_length(self) -> int:
        """How many segments to ask for at once: about a second of work, and a fair share of what is left."""
        shared = self._shared
        fair = shared.window.waiting // (2 * max(1, shared.target))
        return max(1, min(_LONGEST_RUN, int(self._pace // shared.plan.segment), fair))

    def _work(self, claimed: Sequence[int]) -> None:
        """Fetch a run of segments; give back what did not come about."""
        shared = self._shared
        left = list(claimed)
        try:
            while left and not shared.stop.is_set():
                before = self.kept
                try:
                    self._fetch(left)
                except (TransferFaultError, errors.UnreachableError) as fault:
                    if self.kept > before:
                        self._failures = self._strikes = 0
                    if self._recover(fault):
                        break
        finally:
            self.is_receiving = False
            for index in left:
                shared.window.give_back(index)

    def _recover(self, fault: Exception) -> bool:
        """Wait as the fault asks for, or give up. True when the rest should be claimed anew."""
        shared = self._shared
        if shared.stop.is_set():
            return True
        if self._handed_over:
            self._handed_over = False
            return False
        if isinstance(fault, ExpiredError):
            shared.source.renew_after(str(fault))
            return False
        if isinstance(fault, MisbehavedError):
            return self._strike(fault)
        self._failures += 1
        wait = jitter(self._failures)
        if isinstance(fault, OverloadedError):
            shared.ask_for_less()
            wait = wait if fault.retry_after is None else fault.retry_after
        elif self._failures > 1:
            shared.ask_for_less()
        if time.monotonic() + wait - shared.progress_at > shared.max_wait:
            raise self._final(fault)
        if wait > _WORTH_TELLING:
            shared.note(f"{fault} Trying again in {wait:.0f} s.")
        shared.stop.wait(wait)
        return self.is_leaving

    def _strike(self, fault: MisbehavedError) -> bool:
        self._connection.close()
        if isinstance(fault, WithoutRangesError):
            self._shared.no_ranges()
            return True
        self._strikes += 1
        if self._strikes >= _MOST_STRIKES:
            raise errors.ProtocolError(
                f"The download cannot be trusted: {fault}.",
                hint="Check for a proxy on the way; if there is none, tell the people who run the site.",
            )
        self._shared.stop.wait(jitter(self._strikes))
        return False

    def _final(self, fault: Exception) -> errors.CommonholdError:
        hint = "What is here is kept: the same command goes on from there."
        if isinstance(fault, OverloadedError):
            return errors.BusyError(f"{str(fault).capitalize()}, again and again.", hint=hint, status=503)
        if isinstance(fault, errors.UnreachableError):
            fault.hint = hint
            return fault
        return errors.UnreachableError(f"{str(fault).capitalize()}.", hint=hint)

    # -- one request

    def _fetch(self, left: list[int]) -> None:
        """Fetch the segments in ``left``, taking out each one that is finished."""
        shared, plan = self._shared, self._shared.plan
        if shared.sequential:
            self._fetch_whole(left)
            return
        first = plan.start(left[0]) + self._resumable(left[0])
        last = plan.start(left[-1]) + plan.length(left[-1]) - 1
        if first > last:  # complete but unproven: nothing to ask for
            response = None
        else:
            response = self._timed(lambda: shared.source.open(self._connection, first, last))
        while left and not shared.stop.is_set():
            index = left[0]
            is_good = self._segment(response, index, self._resumable(index))
            left.pop(0)
            self._settle(index, is_good=is_good)

    def _fetch_whole(self, left: list[int]) -> None:
        """Read the whole file from its front, keeping what is in ``left``."""
        shared, plan = self._shared, self._shared.plan
        response = self._timed(lambda: shared.source.open_whole(self._connection))
        for index in range(plan.count):
            if shared.stop.is_set():
                return
            if not left or index != left[0]:
                self._skip(response, plan.length(index))
                continue
            skipped = self._resumable(index)
            self._skip(response, skipped)
            is_good = self._segment(response, index, skipped)
            left.pop(0)
            self._settle(index, is_good=is_good)

    def _timed(self, ask: Callable[[], Response]) -> Response:
        began = time.monotonic()
        response = ask()
        seconds = time.monotonic() - began
        self._shared.latency += (seconds - self._shared.latency) / 4
        self.is_receiving = True
        return response

    def _resumable(self, index: int) -> int:
        mark = self._shared.marks[index]
        return 0 if mark == PROVEN else min(mark, self._shared.plan.length(index))

    def _settle(self, index: int, *, is_good: bool) -> None:
        if is_good:
            self._shared.window.done()
            if self._shared.window.is_finished:
                self._shared.wake.set()
        else:
            self._shared.window.give_back(index)

    def _segment(self, response: Response | None, index: int, begin: int) -> bool:
        """Receive the rest of one segment and prove it; False when it is not what it should be."""
        shared, plan = self._shared, self._shared.plan
        digest = self._begun(index, begin) if plan.has_pieces else None
        length, start = plan.length(index), plan.start(index)
        at, began = begin, time.monotonic()
        while at < length and response is not None:
            filled = 0
            wanted = min(shared.bite, len(self._view), length - at)
            opened = time.monotonic()
            try:
                while filled < wanted:
                    filled += self._receive(response, self._view[filled:wanted])
                    if time.monotonic() > opened + _BITE_SECONDS:
                        break
                self._gather = _worth_gathering(filled / max(1e-6, time.monotonic() - opened))
            finally:
                if filled:
                    bite = self._view[:filled]
                    if digest is not None:
                        digest.update(bite)
                    shared.part.write(start + at, bite)
                    at += filled
                    shared.marks[index] = at
                    self.kept += filled
                    shared.progress_at = time.monotonic()
        self._pace = (length - begin) / max(1e-3, time.monotonic() - began)
        if digest is None:
            return True
        if digest.digest() == plan.digests[index]:
            shared.marks[index] = PROVEN
            return True
        shared.bad_piece(index)
        return False

    def _begun(self, index: int, begin: int) -> _Hash:
        """Hash what an earlier attempt left of a piece."""
        digest = hashlib.sha256()
        start, at = self._shared.plan.start(index), 0
        while at < begin:
            count = self._shared.part.read(start + at, self._view[: begin - at])
            if not count:
                break
            digest.update(self._view[:count])
            at += count
        return digest

    def _receive(self, response: Response, view: memoryview) -> int:
        shared = self._shared
        throttle = shared.share.throttle
        if throttle.gulp:
            view = view[: throttle.gulp]
        count = response.receive(view, gather=self._gather)
        if not count:
            raise errors.UnreachableError("The storage ended the connection in the middle.")
        self.received += count
        wait = throttle.passed(count)
        if wait:
            shared.stop.wait(wait)
        if shared.stop.is_set():
            raise errors.UnreachableError("The transfer was stopped.")
        return count

    def _skip(self, response: Response, count: int) -> None:
        while count:
            count -= self._receive(response, self._view[:count])


def _worth_gathering(pace: float) -> int:
    """How many bytes to wait for at once on a line that brings so many a second."""
    count = min(_MOST_GATHERED, int(pace * _GATHER_SECONDS))
    return count if count >= _LEAST_GATHERED else 1
