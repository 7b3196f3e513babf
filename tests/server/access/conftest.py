"""What is counted by the day is counted within one."""

import pytest

from tests.support.days import within_one_day


@pytest.fixture
def one_day() -> None:
    """See to it that no midnight falls into the test."""
    within_one_day()
