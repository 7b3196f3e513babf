"""Which segments are still to be fetched, given out in file order to whoever asks."""

import heapq
import threading
from collections.abc import Iterable


class Window:
    """Segments to fetch, claimed by many workers.

    They go out in file order, at most ``ahead`` beyond the one that the hash of the whole has reached: what
    is hashed is then still in the memory of the system, and a slow hash or disk slows the network instead of
    piling up work.

    Args:
        pending: the segments to fetch.
        ahead: how far to run ahead of :meth:`reached`, or None for any distance.
    """

    def __init__(self, pending: Iterable[int], ahead: int | None = None) -> None:
        self._heap = sorted(pending)
        self._claimed = 0
        self._ahead = ahead
        self._reached = 0
        self._closed = False
        self._changed = threading.Condition()

    def claim(self, most: int, timeout: float = 0.5) -> range | None:
        """Take up to ``most`` neighboring segments.

        An empty range means: nothing just now, ask again. None means: nothing any more.
        """
        with self._changed:
            if not self._may_give():
                if self._is_over():
                    return None
                self._changed.wait(timeout)
            if not self._may_give():
                return None if self._is_over() else range(0)
            first = last = heapq.heappop(self._heap)
            while (
                self._heap
                and self._heap[0] == last + 1
                and last + 1 - first < most
                and self._is_near(last + 1)
            ):
                last = heapq.heappop(self._heap)
            self._claimed += last + 1 - first
            return range(first, last + 1)

    def claim_all(self, timeout: float = 0.5) -> list[int] | None:
        """Take everything, once nobody else holds anything. Empty and None mean the same as above."""
        with self._changed:
            if self._claimed and not self._closed:
                self._changed.wait(timeout)
            if self._is_over():
                return None
            if self._claimed:
                return []
            everything, self._heap = sorted(self._heap), []
            self._claimed = len(everything)
            return everything

    def give_back(self, index: int) -> None:
        """Return a claimed segment that was not finished."""
        with self._changed:
            heapq.heappush(self._heap, index)
            self._claimed -= 1
            self._changed.notify_all()

    def done(self) -> None:
        """Say that a claimed segment is finished."""
        with self._changed:
            self._claimed -= 1
            if not self._heap and not self._claimed:
                self._changed.notify_all()

    def reached(self, index: int) -> None:
        """Say that the hash of the whole has come as far as this segment."""
        with self._changed:
            self._reached = index
            self._changed.notify_all()

    def close(self) -> None:
        """Give out nothing any more."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def waiting(self) -> int:
        """How many segments nobody has claimed."""
        return len(self._heap)

    @property
    def is_finished(self) -> bool:
        """Whether every segment is done."""
        with self._changed:
            return not self._heap and not self._claimed

    def _is_near(self, index: int) -> bool:
        return self._ahead is None or index <= self._reached + self._ahead

    def _may_give(self) -> bool:
        return not self._closed and bool(self._heap) and self._is_near(self._heap[0])

    def _is_over(self) -> bool:
        return self._closed or (not self._heap and not self._claimed)
