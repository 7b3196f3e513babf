"""Looks after background work: ``python -m commonhold.server.background``.

A small process without Django. Where a job is due it starts a runner, which ends when nothing is left: a site at rest
holds no memory for its background work, and an archive that breaks its reader breaks nothing else.
"""

import logging
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING

from commonhold.server.background.due import Due, Unavailable
from commonhold.server.config.environment import Environment, environment
from commonhold.server.config.processes import spawn

if TYPE_CHECKING:
    import subprocess

_log = logging.getLogger("commonhold.background")
LANES = ("quick", "heavy")
LOOK_EVERY_SECONDS = 0.3
_AFTER_A_CRASH_SECONDS = 5.0


class Watcher:
    """Starts runners for lanes in which something is due, one runner for each lane."""

    def __init__(self, settings: Environment) -> None:
        self._due = Due(settings)
        self._runners: dict[str, subprocess.Popen[bytes]] = {}
        self._not_before: dict[str, float] = {}
        self._stopping = threading.Event()
        self._has_begun = False

    def run(self) -> None:
        """Watch until told to stop. A first runner is started unasked: it lists what comes periodically."""
        while not self._stopping.wait(LOOK_EVERY_SECONDS):
            for lane in LANES:
                self._look_after(lane)
        for process in self._runners.values():
            process.terminate()
        for process in self._runners.values():
            process.wait()

    def stop(self) -> None:
        """Stop the runners, which put back what they have begun, and return from :meth:`run`."""
        self._stopping.set()

    def _look_after(self, lane: str) -> None:
        process = self._runners.get(lane)
        if process is not None:
            code = process.poll()
            if code is None:
                return
            del self._runners[lane]
            if code:
                _log.error("the runner of the %s jobs ended with code %s", lane, code)
                self._not_before[lane] = time.monotonic() + _AFTER_A_CRASH_SECONDS
        if time.monotonic() < self._not_before.get(lane, 0.0):
            return
        try:
            if self._due(lane) or self._is_first(lane):
                self._start(lane)
        except Unavailable as error:
            _log.warning("cannot look for background work: %s", error)
            self._not_before[lane] = time.monotonic() + _AFTER_A_CRASH_SECONDS

    def _is_first(self, lane: str) -> bool:
        return lane == LANES[0] and not self._has_begun and not self._due.paused()

    def _start(self, lane: str) -> None:
        self._has_begun = True
        self._runners[lane] = spawn([sys.executable, "-m", "commonhold.server.background.runner", lane])


def main() -> int:
    """Watch until told to stop."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    watcher = Watcher(environment())
    signal.signal(signal.SIGTERM, lambda *_: watcher.stop())
    signal.signal(signal.SIGINT, lambda *_: watcher.stop())
    watcher.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
