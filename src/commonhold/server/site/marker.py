"""Keeps the marker of read-only mode in step with the switch, however and wherever that was turned.

Whoever turns the switch sets the marker before the change can be seen and again once it holds. Should that process
die in between, or run on another machine, the next one that reads the switch finds the two out of step and mends it;
so does every start. Reading the switch and setting the marker happen under one lock: the last to do so has read what
holds.
"""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from commonhold.server.config.environment import environment
from commonhold.server.config.marker import marker_of
from commonhold.server.kit import sql

_log = logging.getLogger(__name__)
_SWITCH = "SELECT read_only FROM site_sitestate WHERE id = 1"


def follow(*, on: bool) -> None:
    """Mend the marker if it is out of step with the switch, which was just read as ``on``."""
    if _is_used() and marker_of(environment()).exists() is not on:
        bring_in_step()


def bring_in_step() -> None:
    """Read the switch and set the marker to it. A folder that cannot be written is told in the log."""
    if not _is_used():
        return
    marker = marker_of(environment())
    try:
        with _alone(marker):
            found = sql.row(_SWITCH)
            _set(marker, on=bool(found and found[0]))
    except OSError as error:
        _log.error("the marker of read-only mode cannot be set at %s: %s", marker, error.strerror)


def announce() -> None:
    """Set the marker because the switch is about to be turned on: from its first moment on, no part is taken."""
    if _is_used():
        marker = marker_of(environment())
        with _alone(marker):
            _set(marker, on=True)


def _is_used() -> bool:
    return not environment().storage_url.startswith("s3://")


def _set(marker: Path, *, on: bool) -> None:
    if marker.exists() is on:
        return
    if on:
        marker.touch(mode=0o640)
    else:
        marker.unlink(missing_ok=True)
    folder = os.open(marker.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextlib.contextmanager
def _alone(marker: Path) -> Iterator[None]:
    """Hold the lock: one file beside the marker, left where it is."""
    marker.parent.mkdir(parents=True, exist_ok=True)
    with marker.with_name(f".{marker.name}.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
