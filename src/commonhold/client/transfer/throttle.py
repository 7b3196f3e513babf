"""A bound on bytes per second, shared by all connections of one transfer."""

import threading
import time


class Throttle:
    """Lets so many bytes through each second.

    Args:
        rate: bytes per second, or None for no bound.
    """

    def __init__(self, rate: int | None) -> None:
        self.rate = rate
        self._free_at = time.monotonic()
        self._lock = threading.Lock()
        #: How much to ask for at once, so that the rate is even and a stop is heard soon.
        self.gulp = max(1024, min(65_536, rate // 8)) if rate else None

    def passed(self, count: int) -> float:
        """Say that ``count`` bytes came through; return the seconds to wait before the next."""
        if not self.rate:
            return 0.0
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now - 0.1) + count / self.rate
            return max(0.0, self._free_at - now)
