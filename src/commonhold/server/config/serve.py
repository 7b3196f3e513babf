"""Starts a whole site: prepares the database, runs the site's server and what belongs beside it.

Beside it run the embedded store and the process that looks after background work. This one supervises: it imports no
Django, starts those beside it again should they ever end, and stops everything at once.
"""

import os
import subprocess
import sys
from dataclasses import dataclass

from granian import Granian
from granian.constants import Interfaces

from commonhold.server.config.addresses import check_free, split_bind, storage_bind
from commonhold.server.config.environment import Environment, environment
from commonhold.server.config.processes import Child
from commonhold.server.config.values import BACKGROUND_IN_SERVE, SettingError


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to run where."""

    site: str
    storage: str | None
    workers: int
    threads: int
    background: bool = True


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
    threads = settings.threads or 2 * (os.cpu_count() or 1) + 1
    return Plan(bind, storage, settings.workers, threads, settings.background == BACKGROUND_IN_SERVE)


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
    children = _children(what)
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
    for child in children:
        server.on_startup(child.start)
        server.on_shutdown(child.stop)
    try:
        server.serve()
    finally:
        for child in children:
            child.stop()


def _children(what: Plan) -> list[Child]:
    """Return the processes that run beside the site's own: the embedded store, and who looks after background work."""
    children = []
    if what.storage:
        command = [sys.executable, "-m", "commonhold.server.storage.embedded", "--bind", what.storage]
        children.append(Child("the embedded store", command))
    if what.background:
        children.append(Child("background work", [sys.executable, "-m", "commonhold.server.background"]))
    return children
