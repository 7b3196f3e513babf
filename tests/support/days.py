"""Days, by which the site counts downloads: a test that lies in two of them counts from nothing in between."""

import datetime as dt
import time

_ENOUGH_SECONDS = 100


def within_one_day() -> None:
    """Return once there is time enough for a test until the next midnight (UTC)."""
    now = dt.datetime.now(dt.UTC)
    midnight = dt.datetime.combine(now.date() + dt.timedelta(days=1), dt.time(), dt.UTC)
    left = (midnight - now).total_seconds()
    if left < _ENOUGH_SECONDS:
        time.sleep(left + 1)
