"""How many requests an organization (or a stranger's address) may still send: a sliding window counter.

One process keeps its counts in memory; several share them in Valkey. A limiter that cannot be reached lets requests
pass and says so in the log: the daily quota, which is a promise to publishers, lives in the database and does not.
"""

import logging
import math
from dataclasses import dataclass
from functools import cache

from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

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


class Limiter:
    """Counts requests by identity and rate."""

    def __init__(self, url: str = "") -> None:
        self._storage = storage_from_string(url, wrap_exceptions=True) if url else MemoryStorage()
        self._window = SlidingWindowCounterRateLimiter(self._storage)

    def hit(self, identity: str, rate: str | None) -> Standing | None:
        """Count one request of ``identity`` against ``rate``; None where there is no limit or none can be told."""
        if rate is None:
            return None
        item = _parsed(rate)
        try:
            allowed = self._window.hit(item, identity)
            window = self._storage.get_sliding_window(item.key_for(identity), item.get_expiry())
        except StorageError as error:
            _log.error("request limits are not counted: %s", error)  # noqa: TRY400  the cause is the whole story
            return None
        previous, previous_ends, current, current_ends = window
        length = item.get_expiry()
        used = previous * previous_ends / length + current
        return Standing(
            allowed=allowed,
            limit=item.amount,
            remaining=max(0, item.amount - math.ceil(used)),
            retry_after=0 if allowed else seconds_until_room(item.amount, length, window),
        )

    def forget(self, identity: str, rate: str) -> None:
        """Drop what was counted for ``identity``."""
        self._window.clear(_parsed(rate), identity)


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


@cache
def _parsed(rate: str) -> RateLimitItem:
    return parse(rate)


@cache
def limiter() -> Limiter:
    """Return this process's limiter."""
    return Limiter(environment().valkey_url)
