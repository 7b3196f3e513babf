"""The house's clock, held still: what counts by days of UTC comes out the same when a test runs over midnight."""

import datetime as dt

import pytest

from commonhold.server.kit import clock

_LATE_ENOUGH = dt.time(2)


def hold(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """Hold the clock of this process, and return the moment: now, or a little later where the day has just begun.

    So an hour ago is the same day, and a site beside the tests, whose clock goes on, sees nothing that is long past.
    """
    moment = max(clock.now(), dt.datetime.combine(clock.today(), _LATE_ENOUGH, clock.UTC))
    monkeypatch.setattr(clock, "now", lambda: moment)
    return moment
