"""Telling how far something is, not too often."""

import time
from collections.abc import Callable

_EVERY_SECONDS = 5.0

Tell = Callable[[str], None]


class Pace:
    """Passes on what it is told, unless something was passed on a moment ago."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._told_at = time.monotonic()

    def __call__(self, text: str) -> None:
        """Tell it."""
        now = time.monotonic()
        if now - self._told_at >= _EVERY_SECONDS:
            self._told_at = now
            self._tell(text)
