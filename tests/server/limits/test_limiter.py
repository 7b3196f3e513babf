"""Request limits: a sliding window, and a Retry-After that can be believed."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from commonhold.server.limits.limiter import MemoryLimiter, parsed, seconds_until_room


class Clock:
    def __init__(self, now: float = 1_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def test_a_window_allows_its_amount_and_no_more():
    limiter = MemoryLimiter(Clock())
    standings = [limiter.hit("a", "3/minute") for _ in range(4)]
    assert [standing.allowed for standing in standings if standing] == [True, True, True, False]
    assert [standing.remaining for standing in standings if standing] == [2, 1, 0, 0]
    assert limiter.hit("b", "3/minute").allowed  # type: ignore[union-attr]


def test_no_rate_is_no_limit():
    assert MemoryLimiter(Clock()).hit("a", None) is None


@given(
    amount=st.integers(1, 50),
    period=st.sampled_from(["second", "minute", "hour"]),
    gaps=st.lists(st.floats(0, 40), min_size=1, max_size=80),
)
def test_after_the_seconds_told_a_request_passes_and_a_second_before_it_does_not(
    amount: int, period: str, gaps: list[float]
):
    clock = Clock()
    limiter = MemoryLimiter(clock)
    rate = f"{amount}/{period}"
    for gap in gaps:
        clock.now += gap
        refused = limiter.hit("a", rate)
        assert refused
        if refused.allowed:
            continue
        then = clock.now
        if refused.retry_after > 1:
            clock.now = then + refused.retry_after - 1.001
            assert not limiter.hit("a", rate).allowed  # type: ignore[union-attr]
        clock.now = then + refused.retry_after
        assert limiter.hit("a", rate).allowed  # type: ignore[union-attr]


@given(gaps=st.lists(st.floats(0, 3), min_size=1, max_size=200), amount=st.integers(1, 20))
def test_no_two_windows_in_a_row_let_much_more_than_their_amount_through(gaps: list[float], amount: int):
    clock = Clock()
    limiter = MemoryLimiter(clock)
    granted = []
    for gap in gaps:
        clock.now += gap
        if limiter.hit("a", f"{amount}/minute").allowed:  # type: ignore[union-attr]
            granted.append(clock.now)
    fixed = [int(moment // 60) for moment in granted]
    assert all(fixed.count(window) <= amount for window in set(fixed))


def test_requests_at_once_are_counted_one_by_one():
    limiter, allowed = MemoryLimiter(Clock()), []

    def ask() -> None:
        for _ in range(200):
            allowed.append(limiter.hit("a", "500/hour").allowed)  # type: ignore[union-attr]

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert allowed.count(True) == 500


def test_strangers_cannot_fill_the_memory():
    clock = Clock()
    limiter = MemoryLimiter(clock)
    for number in range(60_000):
        clock.now += 0.001
        limiter.hit(f"address:{number}", "1000/minute")
    assert len(limiter._counts) <= 20_000


def test_a_rate_is_read():
    assert parsed("1000/minute") == (1000, 60)
    assert parsed("5/day") == (5, 86400)


def test_a_full_window_alone_must_first_become_the_previous_one():
    assert seconds_until_room(10, 60, (0, 30.0, 10, 30.0)) == 36
