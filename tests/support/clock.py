"""The house's clock, held at noon: what counts by days of UTC comes out the same when a test runs over midnight."""

import datetime as dt

import pytest

from commonhold.server.kit import clock


def hold(monkeypatch: pytest.MonkeyPatch) -> dt.datetime:
    """Hold the clock of this process at noon of the present day, and return that moment."""
    noon = dt.datetime.combine(clock.today(), dt.time(12), clock.UTC)
    monkeypatch.setattr(clock, "now", lambda: noon)
    return noon
