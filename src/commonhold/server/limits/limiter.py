"""How many requests an organization (or a stranger's address) may still send: a sliding window counter.

One process keeps its counts in memory; several share them in Valkey. A limiter that cannot be reached lets requests
pass and says so in the log: the daily quota, which is a promise to publishers, lives in the database and does not.
"""

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from commonhold.server.config.environment import environment

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a caller stands after a request.

    Attributes:
        allowed: whether the request may go on.
        limit: requests allowed in the window.
        remaining: requests left in it.
        retry_after: whole seconds until the next request is allowed; 0 where this one was.
    """

    allowed: bool
    limit: int
    remaining: int
    retry_after: int


class Limiter(Protocol):
    """Counts requests by identity and rate."""

    def hit(self, identity: str, rate: str | None) -> Standing | None:
        """Count one request of ``identity`` against ``rate``; None where there is no limit or none can be told."""
        ...


class MemoryLimiter:
    """Counts in the memory of this process: two numbers for each identity."""

    _SWEEP_AT = 20_000

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        # By identity and rate: the window's number, what it counted, and what the one before it had.
        self._counts: dict[tuple[str, str], tuple[int, int, int]] = {}

    def hit(self, identity: str, rate: str | None) -> Standing | None:
        """Count one request, unless it is refused: refused requests do not prolong the refusal."""
        if rate is None:
            return None
        amount, length = parsed(rate)
        moment = self._clock()
        number = int(moment // length)
        rest = length - moment % length
        name = (identity, rate)
        with self._lock:
            seen, current, previous = self._counts.get(name, (number, 0, 0))
            if seen != number:
                current, previous = 0, current if seen == number - 1 else 0
            allowed = previous * rest / length + current + 1 <= amount
            if allowed:
                current += 1
                if len(self._counts) >= self._SWEEP_AT:
                    self._sweep(moment)
                self._counts[name] = (number, current, previous)
        return _standing(allowed, amount, length, (previous, rest, current, rest))

    def _sweep(self, moment: float) -> None:
        """Forget identities whose windows have passed, so that strangers cannot fill the memory."""
        for name, (number, _, _) in list(self._counts.items()):
            if number < moment // parsed(name[1])[1] - 1:
                del self._counts[name]
        if len(self._counts) >= self._SWEEP_AT:
            self._counts.clear()


class SharedLimiter:
    """Counts in Valkey or Redis, for several processes and machines."""

    def __init__(self, url: str) -> None:
        from limits.storage import storage_from_string  # noqa: PLC0415  loaded only where limits are shared
        from limits.strategies import SlidingWindowCounterRateLimiter  # noqa: PLC0415

        # One client speaks to both: Redis is addressed by Valkey's name for the same protocol.
        self._storage = storage_from_string(url.replace("redis", "valkey", 1), wrap_exceptions=True)
        self._window = SlidingWindowCounterRateLimiter(self._storage)

    def hit(self, identity: str, rate: str | None) -> Standing | None:
        """Count one request, unless it is refused."""
        if rate is None:
            return None
        from limits import RateLimitItemPerSecond  # noqa: PLC0415  as above
        from limits.errors import StorageError  # noqa: PLC0415

        amount, length = parsed(rate)
        item = RateLimitItemPerSecond(amount, length)
        try:
            allowed = self._window.hit(item, identity)
            window = self._storage.get_sliding_window(item.key_for(identity), length)  # type: ignore[attr-defined]
        except StorageError as error:
            _log.error("request limits are not counted: %s", error)
            return None
        previous, previous_ends, current, current_lives = window
        # A window is kept for as long again as it lasts, to be the previous one.
        current_ends = max(0.0, current_lives - length)
        return _standing(allowed, amount, length, (previous, previous_ends, current, current_ends))


def _standing(allowed: bool, amount: int, length: int, window: tuple[int, float, int, float]) -> Standing:
    previous, previous_ends, current, _ = window
    used = previous * previous_ends / length + current
    return Standing(
        allowed=allowed,
        limit=amount,
        remaining=max(0, amount - math.ceil(used)) if allowed else 0,
        retry_after=0 if allowed else seconds_until_room(amount, length, window),
    )


def seconds_until_room(amount: int, length: int, window: tuple[int, float, int, float]) -> int:
    """Return the whole seconds, at least 1, until one more request fits into a window that is full now.

    Args:
        amount: requests allowed in a window.
        length: the window's length in seconds.
        window: count and remaining seconds of the previous window, then of the current one.
    """
    previous, previous_ends, current, current_ends = window
    room = amount - 1 - current
    if room >= 0 and previous:
        # The previous window's weight shrinks as it leaves: wait until weight * previous <= room.
        return max(1, math.ceil(previous_ends - room * length / previous))
    # The current window alone is full: it must become the previous one and shrink in its turn.
    return max(1, math.ceil(current_ends + length * (1 - (amount - 1) / max(current, 1))))


_SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


@cache
def parsed(rate: str) -> tuple[int, int]:
    """Return requests and seconds of a rate such as ``1000/minute``."""
    amount, _, period = rate.partition("/")
    return int(amount), _SECONDS[period]


_making = threading.Lock()


def limiter() -> Limiter:
    """Return this process's limiter."""
    # One thread makes it: the package for Valkey, imported by two at once, is not found by the second.
    with _making:
        return _limiter()


@cache
def _limiter() -> Limiter:
    url = environment().valkey_url
    return SharedLimiter(url) if url else MemoryLimiter()
