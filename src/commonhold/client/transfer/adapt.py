"""How many connections to hold: more while more pays, fewer when the other side suffers."""

_GAIN = 1.1
_REST_WINDOWS = 24
# Connections just opened bring little in their first window, which says nothing about the next.
_MISSES = 2
# With this share of the processors at work, they are the narrow place, or nearly: more threads would fight over them.
_BUSY = 0.6


class Connections:
    """A pure rule, told what was received and answering with a count.

    It doubles while doubling brings a tenth more and processors are idle, goes back one step where it does not, and
    tries again now and then, because networks change. Trouble (503, a silent connection) takes a quarter away and asks
    for patience.

    Args:
        most: never more than this many.
        first: how many to begin with.
        window: seconds over which goodput is measured.
    """

    def __init__(self, most: int, *, first: int = 4, window: float = 0.1) -> None:
        self.most = most
        self.count = max(1, min(first, most))
        self._window = window
        self._settled = self.count
        self._best = 0.0
        self._rest = 0
        self._misses = 0
        self._since: float | None = None
        self._from = 0
        self._worked = 0.0

    def observe(self, now: float, received: int, latency: float, worked: float = 0.0) -> int:
        """Return how many connections to hold.

        Args:
            now: seconds, on any clock that only goes forward.
            received: bytes received since the beginning.
            latency: seconds between a request and its first byte, lately; a window spans several of them, so
                that a connection just opened has shown what it can do.
            worked: seconds that the processors have worked for us since the beginning, divided by how many they are.
        """
        if self._since is None:
            self._since, self._from, self._worked = now, received, worked
            return self.count
        elapsed = now - self._since
        if elapsed < max(self._window, 4 * latency):
            return self.count
        goodput = (received - self._from) / elapsed
        is_busy = (worked - self._worked) / elapsed > _BUSY
        self._since, self._from, self._worked = now, received, worked
        if self._rest:
            self._rest -= 1
            self._best = max(goodput, 0.9 * self._best)
            if not self._rest:
                self._settled, self.count = self.count, min(self.most, self.count + 2)
            return self.count
        if goodput > _GAIN * self._best:
            self._best, self._settled, self._misses = goodput, self.count, 0
            if is_busy:
                # This says what the processors can do, and nothing of the network: the next idle window does.
                self._best = 0.0
            elif self.count < self.most:
                self.count = min(self.most, 2 * self.count)
            else:
                self._rest = _REST_WINDOWS
        elif self._misses + 1 < _MISSES and not is_busy:
            self._misses += 1
        else:
            self.count, self._rest, self._misses = self._settled, _REST_WINDOWS, 0
        return self.count

    def trouble(self) -> int:
        """Return how many connections to hold after the other side asked for less."""
        self.count = self._settled = max(1, self.count * 3 // 4)
        self._rest = _REST_WINDOWS
        return self.count
