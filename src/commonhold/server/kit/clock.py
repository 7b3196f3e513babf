"""The one place that reads the time, so that a test can hold it still."""

import datetime as dt

UTC = dt.UTC


def now() -> dt.datetime:
    """Return the present moment, aware, in UTC."""
    return dt.datetime.now(UTC)


def today() -> dt.date:
    """Return the present UTC day, the day that quotas are counted in."""
    return now().date()


def next_midnight(moment: dt.datetime) -> dt.datetime:
    """Return the UTC midnight that follows ``moment``: when daily limits reset (seed 000)."""
    following = moment.astimezone(UTC).date() + dt.timedelta(days=1)
    return dt.datetime.combine(following, dt.time(), UTC)


def iso(moment: dt.datetime) -> str:
    """Write ``moment`` as the APIs show it: ``2025-08-26T12:00:00Z``, whole seconds, UTC."""
    return moment.astimezone(UTC).isoformat(timespec="seconds")[:19] + "Z"
