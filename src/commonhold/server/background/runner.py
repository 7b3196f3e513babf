"""Works off one lane's jobs and ends when none is left: ``python -m commonhold.server.background.runner LANE``."""

import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
import traceback
from types import FrameType
from typing import Self

import django
from django.db import close_old_connections, connection

from commonhold.server.config.environment import environment

_log = logging.getLogger("commonhold.background")
IDLE_SECONDS = 3.0
_LOST_LEASE = 75
_stops_when_paused = False


class _StopWork(BaseException):
    """The process was told to stop; raised in the middle of a job, which is put back."""


def work(lane: str, *, idle_seconds: float = IDLE_SECONDS) -> int:
    """Do what is due in ``lane`` until nothing has been due for a while; return how many jobs that were."""
    from commonhold.server.background.leases import ensure_periodic  # noqa: PLC0415  Django is set up by now
    from commonhold.server.background.registry import tasks  # noqa: PLC0415

    known = tasks()
    if not _paused():
        for task in known.values():
            ensure_periodic(task)
    holder = f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(4)}"
    done, idle_since = 0, time.monotonic()
    while time.monotonic() - idle_since < idle_seconds:
        close_old_connections()
        if _paused() or not do_next(lane, holder):
            time.sleep(min(0.2, idle_seconds / 4))
            continue
        done, idle_since = done + 1, time.monotonic()
    return done


def do_next(lane: str, holder: str) -> bool:
    """Take up one job and do it; False where none is due."""
    from commonhold.server.background import leases  # noqa: PLC0415  Django is set up by now
    from commonhold.server.background.registry import RetryLater, arguments_of, tasks  # noqa: PLC0415

    job = leases.claim(lane, holder)
    if job is None:
        return False
    task = tasks().get(job.name)
    try:
        if task is None:
            raise LookupError(f"no task is named {job.name}")
        if job.every_seconds is None and job.attempts > task.attempts:
            raise RuntimeError("its runners died")
        # What becomes of the job is written once its heart is still: a beat after that would find no lease.
        with _Heart(job.pk, holder):
            task.handler(**arguments_of(job.arguments))
    except RetryLater as later:
        leases.put_back(job, later.seconds)
    except _StopWork:
        leases.put_back(job)
        raise
    except Exception as error:  # noqa: BLE001  whatever a job does, the next one must have its turn
        _log.warning("%s failed (attempt %d): %r", job.name, job.attempts, error)
        if leases.fail(job, task, traceback.format_exc()) and task and task.given_up:
            task.given_up(**arguments_of(job.arguments))
    else:
        leases.finish(job)
    return True


class _Heart:
    """Keeps a job's lease alive while it is worked on; a lease that was lost ends the process at once."""

    def __init__(self, job: int, holder: str) -> None:
        self._job, self._holder = job, holder
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="heartbeat")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop beating, and let the thread's connection go."""
        self._stopping.set()
        self._thread.join()

    def _beat(self) -> None:
        from commonhold.server.background.leases import HEARTBEAT_SECONDS, extend  # noqa: PLC0415  as above

        try:
            while not self._stopping.wait(HEARTBEAT_SECONDS):
                if not extend(self._job, self._holder) and not self._stopping.is_set():
                    _log.error("job %d was taken over by another runner; this one ends", self._job)
                    os._exit(_LOST_LEASE)
                if _stops_when_paused and _paused():
                    os.kill(os.getpid(), signal.SIGTERM)  # as if told to stop: the job is put back
        finally:
            connection.close()


def _paused() -> bool:
    """Whether the site is read-only: then nothing is taken up. The environment has the last word, both ways."""
    forced = environment().read_only
    if forced is not None:
        return forced
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM site_sitestate WHERE read_only")
        return cursor.fetchone() is not None


def _stop(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001  the signal's signature
    raise _StopWork


def main() -> int:
    """Work off the lane that was named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonhold.server.config.settings")
    django.setup()
    global _stops_when_paused  # noqa: PLW0603  this process does nothing else
    _stops_when_paused = True
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        work(sys.argv[1])
    except _StopWork:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
