"""Pure decisions about what is counted, and how a series of days is made whole."""

import datetime as dt
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

DOWNLOAD, VIEW = "download", "view"
KINDS = (DOWNLOAD, VIEW)
MARK_BYTES = 16
SHOWN_DAYS = 30

_ROBOT = re.compile(
    r"bot\b|crawl|spider|slurp|preview|monitor|^curl/|^python-|^wget/|headless", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted on one UTC day."""

    day: dt.date
    downloads: int
    views: int


def is_robot(agent: str) -> bool:
    """Whether a browser's name is that of a program that reads pages for no person."""
    return not agent or _ROBOT.search(agent) is not None


def mark(key: bytes, dataset: int, address: str, agent: str) -> str:
    """Return by what a visitor of a dataset's page is known again on the same day, and never after it.

    Args:
        key: the day's own; without it nothing can be told from a mark.
        dataset: row id.
        address: where the request came from.
        agent: the browser's name.
    """
    visitor = f"{dataset}\n{address}\n{agent[:500]}".encode(errors="replace")
    return hmac.digest(key, visitor, "sha256")[:MARK_BYTES].hex()


def series(counted: Mapping[tuple[str, dt.date], int], until: dt.date, days: int = SHOWN_DAYS) -> list[Day]:
    """Return every day up to ``until``, the oldest first: those on which nothing happened too."""
    found = []
    for ago in range(days - 1, -1, -1):
        day = until - dt.timedelta(days=ago)
        found.append(Day(day, counted.get((DOWNLOAD, day), 0), counted.get((VIEW, day), 0)))
    return found
