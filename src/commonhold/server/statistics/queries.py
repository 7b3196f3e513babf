"""Reading what was counted, in the statement that reads the rest of a dataset's page."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from commonhold.server.kit import clock
from commonhold.server.kit.sql import Scalar
from commonhold.server.kit.viewer import Viewer
from commonhold.server.statistics.rules import DOWNLOAD, SHOWN_DAYS, VIEW, Day, series


@dataclass(frozen=True, slots=True)
class Statistics:
    """What was counted of one dataset: in all, by version, and on each of the last days."""

    downloads: int
    views: int
    by_version: Mapping[int, int]
    days: Sequence[Day]


# Each line is one count, with commas inside; lines stand apart by spaces.
_RECENT = """
SELECT {join}(line, ' ') FROM (
  SELECT kind || ',' || day || ',' || sum(count) AS line FROM statistics_daycount
  WHERE dataset = %s AND day > %s GROUP BY kind, day) recent
"""
_TOTALS = """
SELECT {join}(line, ' ') FROM (
  SELECT kind || ',' || version || ',' || sum(count) AS line FROM statistics_daycount
  WHERE dataset = %s GROUP BY kind, version) totals
"""


def counted(viewer: Viewer, dataset: int) -> list[Scalar]:
    """Return what to read beside a dataset (row id) that the viewer was already found to see."""
    del viewer  # the numbers are the same for all who see the dataset
    join = "group_concat" if connection.vendor == "sqlite" else "string_agg"
    since = clock.today() - dt.timedelta(days=SHOWN_DAYS)
    return [
        Scalar(_RECENT.format(join=join), [dataset, since]),
        Scalar(_TOTALS.format(join=join), [dataset]),
    ]


def statistics(values: Sequence[object]) -> Statistics:
    """Return what :func:`counted` had read."""
    recent, totals = (str(value or "").split() for value in values)
    by_day = {(kind, dt.date.fromisoformat(day)): int(count) for kind, day, count in map(_parts, recent)}
    by_version = {(kind, int(version)): int(count) for kind, version, count in map(_parts, totals)}
    versions = {version: count for (kind, version), count in by_version.items() if kind == DOWNLOAD}
    views = sum(count for (kind, _), count in by_version.items() if kind == VIEW)
    return Statistics(sum(versions.values()), views, versions, series(by_day, clock.today()))


def _parts(line: str) -> tuple[str, str, str]:
    kind, key, count = line.split(",")
    return kind, key, count
