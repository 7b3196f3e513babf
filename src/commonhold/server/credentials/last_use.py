"""When each key was last used, noted in memory and written now and then.

A read must not wait for a write lock, so requests only note the moment; a thread of this process writes what was noted
every fifteen seconds, and once more at the end.
"""

import atexit
import datetime as dt
import logging
import threading

from django.db import DatabaseError, connection, transaction

from commonhold.server.credentials.models import ApiKey
from commonhold.server.kit import clock
from commonhold.server.site import read_only

INTERVAL_SECONDS = 15

_lock = threading.Lock()
_writing = threading.Lock()
_noted: dict[int, dt.datetime] = {}
_writer: threading.Thread | None = None
_log = logging.getLogger(__name__)


def note(key: int) -> None:
    """Remember that the key with this row id was used just now."""
    global _writer  # noqa: PLW0603  one writer a process, started by the first use
    _noted[key] = clock.now()
    if _writer is None:
        with _lock:
            if _writer is None:
                _writer = threading.Thread(target=_write_forever, name="key-last-use", daemon=True)
                _writer.start()
                atexit.register(write)


def write() -> None:
    """Write what was noted and return then. A database that refuses writes just now loses only these times."""
    # One at a time: at the end of the process, the writer's last times are waited for.
    with _writing:
        _write()


def _write() -> None:
    with _lock:
        noted = dict(_noted)
        _noted.clear()
    if not noted or read_only.is_on():
        return  # while the site is read-only these times are dropped, without a word (decision 14)
    try:
        with transaction.atomic():
            for key, moment in noted.items():
                ApiKey.objects.filter(pk=key).update(last_used_at=moment)
    except DatabaseError as error:
        _log.warning("the last use of %d keys was not written: %s", len(noted), error)
    finally:
        connection.close()


def _write_forever() -> None:
    pause = threading.Event()
    while not pause.wait(INTERVAL_SECONDS):
        write()
