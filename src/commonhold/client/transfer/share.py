"""What transfers that run side by side have in common: connections, a rate, and the wish to stop."""

import threading

from commonhold.client.transfer.throttle import Throttle


class Share:
    """A bound on connections in total, shared out evenly. Safe to use from many threads.

    A transfer that joins gets its part as the others let go of theirs: never are more held than the bound.

    Args:
        connections: the most that all hold together.
        rate: the most bytes per second of all together, or None.
    """

    def __init__(self, connections: int = 16, rate: int | None = None) -> None:
        self.connections = max(1, connections)
        self.throttle = Throttle(rate)
        self.stop = threading.Event()
        self.most_held = 0
        self._held = 0
        self._transfers = 0
        self._lock = threading.Lock()

    def join(self) -> None:
        """Count one more transfer."""
        with self._lock:
            self._transfers += 1

    def leave(self) -> None:
        """Count one transfer less."""
        with self._lock:
            self._transfers -= 1

    @property
    def fair(self) -> int:
        """How many connections each transfer may hold now."""
        return max(1, self.connections // max(1, self._transfers))

    def take(self) -> bool:
        """Take one connection, where one is free."""
        with self._lock:
            if self._held >= self.connections:
                return False
            self._held += 1
            self.most_held = max(self.most_held, self._held)
            return True

    def give_back(self) -> None:
        """Give one connection back."""
        with self._lock:
            self._held -= 1
