"""Who looked at a dataset's page, noted in memory and written now and then: a page never waits for a write.

Kept is a keyed hash of dataset, address and browser, whose key is made for one day and whose rows are deleted a day
later: enough to count a visitor once, and never to say who it was. No cookie is set.
"""

import atexit
import datetime as dt
import logging
import threading
from collections import Counter
from functools import lru_cache

from django.db import DatabaseError, connection, transaction

from commonhold.server.config.environment import environment
from commonhold.server.kit import clock
from commonhold.server.kit.secrets import derive
from commonhold.server.site import read_only
from commonhold.server.statistics import rules

INTERVAL_SECONDS = 15
# What is noted between two writes; beyond it a flood is not counted, so that it cannot fill the memory.
MOST_NOTED = 50_000
_BATCH = 300

Noted = tuple[dt.date, str, int]

_lock = threading.Lock()
_writing = threading.Lock()
_noted: set[Noted] = set()
_writer: threading.Thread | None = None
_log = logging.getLogger(__name__)


def note(dataset: int, address: str, agent: str) -> None:
    """Remember that somebody looked at a dataset (row id) just now; a robot does not count."""
    global _writer  # noqa: PLW0603  one writer a process, started by the first view
    if rules.is_robot(agent) or len(_noted) >= MOST_NOTED:
        return
    today = clock.today()
    seen = (today, rules.mark(_key(today), dataset, address, agent), dataset)
    with _lock:
        _noted.add(seen)
        if _writer is None:
            _writer = threading.Thread(target=_write_forever, name="page-views", daemon=True)
            _writer.start()
            atexit.register(write)


@lru_cache(maxsize=2)
def _key(day: dt.date) -> bytes:
    return derive(environment().secret_key, f"views:{day}")


def write() -> None:
    """Count what was noted and return then. A database that refuses writes just now loses only these views."""
    # One at a time: at the end of the process, the writer's last views are waited for.
    with _writing:
        _write()


def _write() -> None:
    with _lock:
        noted = sorted(_noted)
        _noted.clear()
    if not noted or read_only.is_on():
        return  # while the site is read-only they are dropped, without a word (decision 14)
    try:
        for start in range(0, len(noted), _BATCH):
            _count(noted[start : start + _BATCH])
    except DatabaseError as error:
        _log.warning("views were not counted: %s", error)
    finally:
        connection.close()


def _count(noted: list[Noted]) -> None:
    """Count those of the noted visitors who were not counted on that day before, by whichever process."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows = ", ".join(["(%s, %s, %s)"] * len(noted))
        cursor.execute(
            f"INSERT INTO statistics_mark (day, mark, dataset) VALUES {rows} "  # noqa: S608  placeholders only
            "ON CONFLICT DO NOTHING RETURNING dataset, day",
            [value for row in noted for value in row],
        )
        fresh = Counter((dataset, str(day)) for dataset, day in cursor.fetchall())
        # In one order everywhere, so that two processes never wait for each other.
        for (dataset, day), count in sorted(fresh.items()):
            cursor.execute(
                "INSERT INTO statistics_daycount AS c (dataset, kind, day, version, count) "
                "VALUES (%s, %s, %s, 0, %s) ON CONFLICT (dataset, kind, day, version) "
                "DO UPDATE SET count = c.count + excluded.count",
                [dataset, rules.VIEW, dt.date.fromisoformat(day), count],
            )


def _write_forever() -> None:
    pause = threading.Event()
    while not pause.wait(INTERVAL_SECONDS):
        write()
