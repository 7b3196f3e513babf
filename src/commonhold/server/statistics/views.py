"""Who looked at a dataset's page.

Kept is a keyed hash of dataset, address and browser, whose key is made for one day and whose rows are deleted a day
later: enough to count a visitor once, and never to say who it was. No cookie is set.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from django.db import connection, transaction

from commonhold.server.config.environment import environment
from commonhold.server.kit import clock
from commonhold.server.kit.secrets import derive
from commonhold.server.site.write_behind import WriteBehind
from commonhold.server.statistics import rules

_BATCH = 300

View = tuple[dt.date, str, int]


def note(dataset: int, address: str, agent: str) -> None:
    """Remember that somebody looked at a dataset (row id) just now; a robot does not count."""
    if rules.is_robot(agent):
        return
    today = clock.today()
    noted.note((today, rules.mark(_key(today), dataset, address, agent), dataset), None)


def write() -> None:
    """Count what was noted and return then."""
    noted.write()


@lru_cache(maxsize=2)
def _key(day: dt.date) -> bytes:
    return derive(environment().secret_key, f"views:{day}")


def _save(seen: Sequence[tuple[View, None]]) -> None:
    for start in range(0, len(seen), _BATCH):
        _count([view for view, _ in seen[start : start + _BATCH]])


def _count(seen: Sequence[View]) -> None:
    """Count those of the noted visitors who were not counted on that day before, by whichever process."""
    with transaction.atomic(), connection.cursor() as cursor:
        rows = ", ".join(["(%s, %s, %s)"] * len(seen))
        cursor.execute(
            f"INSERT INTO statistics_mark (day, mark, dataset) VALUES {rows} "  # noqa: S608  placeholders only
            "ON CONFLICT DO NOTHING RETURNING dataset, day",
            [value for row in seen for value in row],
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


#: Views that are not counted yet.
noted = WriteBehind("views", _save)
