"""Background work on accounts."""

import datetime as dt

from commonhold.server.accounts.models import Counted
from commonhold.server.background.registry import task
from commonhold.server.kit import clock

FORGET = "accounts.forget"


@task(FORGET, every=dt.timedelta(hours=6))
def forget() -> None:
    """Delete what sign-in counted and is of no use any more: it names network addresses."""
    Counted.objects.filter(expires__lt=clock.now()).delete()
