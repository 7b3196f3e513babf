"""Background work on statistics."""

import datetime as dt

from commonhold.server.background.registry import task
from commonhold.server.statistics.actions import count_downloads, forget_marks

ROLL_UP = "statistics.roll_up"


@task(ROLL_UP, every=dt.timedelta(minutes=30))
def roll_up() -> None:
    """Count what was downloaded since, and forget whom it counted yesterday."""
    count_downloads()
    forget_marks()
