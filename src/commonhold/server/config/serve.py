"""Starts a whole site: prepares the database, runs the site's server and, beside it, the embedded store's.

This process supervises: it imports no Django, starts the store again should it ever end, and stops everything at once.
"""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass

from granian import Granian
from granian.constants import Interfaces

from commonhold.server.config.addresses import check_free, split_bind, storage_bind
from commonhold.server.config.environment import Environment, SettingError, environment

_log = logging.getLogger("commonhold.serve")
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to run where."""

    site: str
    storage: str | None
    workers: int
    threads: int


def plan(settings: Environment, bind: str) -> Plan:
    """Return what to run, after checking that it can.

    Raises:
        SettingError: settings that do not go together, or an address that is taken.
    """
    if settings.workers > 1 and not settings.valkey_url:
        message = (
            f"COMMONHOLD_WORKERS: {settings.workers} workers need COMMONHOLD_VALKEY_URL, or each of them would "
            "count request limits by itself and let that many times too much through"
        )
        raise SettingError(message)
    embedded = not settings.storage_url.startswith("s3://")
    storage = storage_bind(settings, bind) if embedded else None
    for address in filter(None, (bind, storage)):
        check_free(address)
    return Plan(bind, storage, settings.workers, settings.threads or 2 * (os.cpu_count() or 1) + 1)


def prepare() -> int:
    """Bring the database up to date in a process of its own; its exit code is returned, its one line printed."""
    return subprocess.run([sys.executable, "-m", "commonhold.server.config.prepare"], check=False).returncode


def run(what: Plan) -> None:
    """Run the servers until told to stop (SIGTERM, SIGINT)."""
    host, port = split_bind(what.site)
    if what.storage:
        # Told to the servers through the environment; what this process read of it before is forgotten, since the
        # site's workers are forked from it.
        os.environ["COMMONHOLD_STORAGE_BIND"] = what.storage
        environment.cache_clear()
    os.environ["DJANGO_SETTINGS_MODULE"] = "commonhold.server.config.settings"
    store = _Store(what.storage) if what.storage else None
    server = Granian(
        "commonhold.server.config.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=what.workers,
        blocking_threads=what.threads,
        respawn_failed_workers=True,
        workers_kill_timeout=30,
        websockets=False,
        log_level="warning",
        process_name=None,
    )
    if store:
        server.on_startup(store.start)
        server.on_shutdown(store.stop)
    try:
        server.serve()
    finally:
        if store:
            store.stop()


class _Store:
    """The embedded store's process, started again whenever it ends by itself."""

    def __init__(self, bind: str) -> None:
        self._bind = bind
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._spawn()
        threading.Thread(target=self._watch, name="store-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop the process, giving running downloads a moment."""
        self._stopping.set()
        process = self._process
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            if process.poll() is None:
                process.kill()

    def _spawn(self) -> None:
        command = [sys.executable, "-m", "commonhold.server.storage.embedded", "--bind", self._bind]
        self._process = subprocess.Popen(command, preexec_fn=_end_with_parent)  # noqa: PLW1509  one call, no locks

    def _watch(self) -> None:
        while not self._stopping.is_set() and self._process:
            code = self._process.wait()
            if self._stopping.wait(1):
                return
            _log.error("the embedded store ended with code %s and is started again", code)
            self._spawn()


def _end_with_parent() -> None:
    """Ask Linux to end the store with its supervisor, however that one ends; other systems do without."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
