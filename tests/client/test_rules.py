"""The small pure rules: waiting, adapting, windows, marks, grants."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commonhold.client.retry import Patience, http_date, jitter, retry_after
from commonhold.client.transfer.adapt import Connections
from commonhold.client.transfer.marks import PROVEN, Marks
from commonhold.client.transfer.plan import Plan
from commonhold.client.transfer.source import Grant
from commonhold.client.transfer.throttle import Throttle
from commonhold.client.transfer.window import Window


@given(st.integers(0, 1000))
def test_waits_stay_within_their_bound(failures: int) -> None:
    assert 0 <= jitter(failures) <= min(30, 0.2 * 2 ** min(failures, 20))


def test_the_wait_that_a_server_asks_for() -> None:
    assert retry_after("120") == 120
    in_an_hour = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    assert 3500 < (retry_after(in_an_hour) or 0) <= 3600
    assert retry_after("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    for nonsense in ("", "soon", "-5", "9" * 40, "1e9", "\u0665"):
        assert retry_after(nonsense) is None


@pytest.mark.parametrize(
    "written",
    ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"],
)
def test_dates_as_http_writes_them(written: str) -> None:
    assert http_date(written) == datetime(1994, 11, 6, 8, 49, 37, tzinfo=UTC)


@pytest.mark.parametrize(
    "written",
    [
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 36 Nov 1994 08:49:37 GMT",
        f"Sun, 06 Nov {'9' * 30} 08:49:37 GMT",
        f"Sun, 06 Nov {'9' * 9000} 08:49:37 GMT",
    ],
)
def test_what_is_no_date_is_none(written: str) -> None:
    assert http_date(written) is None


def test_patience_ends_and_is_renewed() -> None:
    now = [0.0]
    patience = Patience(10, lambda: now[0])
    assert patience.allows(10)
    assert not patience.allows(10.1)
    now[0] = 8
    assert not patience.allows(3)
    patience.renew()
    assert patience.allows(10)


def run_rule(
    rule: Connections, goodput: "list[float]", seconds: float = 60, *, busy_until: float = 0
) -> list[int]:
    """Play a network whose goodput depends on the count of connections; return the counts held."""
    held, received, now = [], 0.0, 0.0
    while now < seconds:
        held.append(rule.observe(now, int(received), 0.01, 0.9 * min(now, busy_until)))
        received += goodput[min(rule.count, len(goodput)) - 1] * 0.05
        now += 0.05
    return held


def test_connections_grow_while_each_brings_more() -> None:
    held = run_rule(Connections(16), [60e6 * (count + 1) for count in range(16)])
    assert held[-1] == 16
    assert held.index(16) < 20  # within a second


def test_connections_stay_few_where_more_bring_nothing() -> None:
    held = run_rule(Connections(16), [100e6] * 16)
    assert max(held) <= 8
    assert sum(held) / len(held) < 6


def test_connections_stay_few_while_the_processors_are_the_narrow_place() -> None:
    faster = [60e6 * (count + 1) for count in range(16)]
    assert max(run_rule(Connections(16), faster, busy_until=60)) <= 4 + 2
    held = run_rule(Connections(16), faster, busy_until=5)
    assert max(held[: int(5 / 0.05)]) <= 4 + 2
    assert held[-1] == 16, "what was measured then says nothing of the network now"


def test_connections_never_pass_their_bound() -> None:
    assert max(run_rule(Connections(3), [1e6 * (count + 1) for count in range(16)])) == 3
    assert max(run_rule(Connections(1), [1e6 * (count + 1) for count in range(16)])) == 1


def test_trouble_takes_connections_away_but_never_the_last() -> None:
    rule = Connections(16)
    run_rule(rule, [60e6 * (count + 1) for count in range(16)], seconds=3)
    counts = [rule.trouble() for _ in range(20)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 1


def test_a_window_gives_out_everything_once_and_in_order() -> None:
    window = Window(range(10))
    given = [window.claim(3), window.claim(4), window.claim(100)]
    assert given == [range(3), range(3, 7), range(7, 10)]
    assert not window.is_finished
    window.give_back(5)
    assert window.claim(9) == range(5, 6)
    for _ in range(10):
        window.done()
    assert window.is_finished
    assert window.claim(1) is None


def test_a_window_with_gaps_gives_out_neighbors_only() -> None:
    window = Window([1, 2, 5, 6, 9])
    assert [window.claim(10) for _ in range(3)] == [range(1, 3), range(5, 7), range(9, 10)]


def test_a_window_stays_near_what_was_hashed() -> None:
    window = Window(range(100), ahead=4)
    assert window.claim(50) == range(5)
    assert window.claim(1, timeout=0.01) == range(0)
    window.reached(3)
    assert window.claim(50) == range(5, 8)


def test_everything_is_taken_only_when_nobody_holds_anything() -> None:
    window = Window(range(5))
    window.claim(1)
    assert window.claim_all(timeout=0.01) == []
    window.give_back(0)
    assert window.claim_all() == [0, 1, 2, 3, 4]


def test_a_closed_window_gives_nothing() -> None:
    window = Window(range(5))
    window.close()
    assert window.claim(1) is None
    assert window.claim_all() is None


def test_marks_come_back_as_they_were_set(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "m", 5, b"n" * 16)
    assert marks.is_new
    marks[1], marks[4] = 77, PROVEN
    marks.close()
    again = Marks(tmp_path / "m", 5, b"n" * 16)
    assert not again.is_new
    assert [again[index] for index in range(5)] == [0, 77, 0, 0, PROVEN]
    again.close()


@pytest.mark.parametrize(("count", "nonce"), [(5, b"x" * 16), (4, b"n" * 16), (6, b"n" * 16)])
def test_marks_of_another_download_are_not_read(tmp_path: Path, count: int, nonce: bytes) -> None:
    marks = Marks(tmp_path / "m", 5, b"n" * 16)
    marks[1] = 77
    marks.close()
    other = Marks(tmp_path / "m", count, nonce)
    assert other.is_new
    assert [other[index] for index in range(count)] == [0] * count
    other.close()


@given(size=st.integers(0, 10**6), segment=st.integers(1, 10**5))
def test_segments_cover_a_file_exactly(size: int, segment: int) -> None:
    plan = Plan(size, segment)
    if plan.count > 2000:
        return
    assert sum(plan.length(index) for index in range(plan.count)) == size
    assert all(plan.start(index) + plan.length(index) <= size for index in range(plan.count))


def test_a_grant_is_renewed_early_only_when_the_work_outlasts_it() -> None:
    grant = Grant("https://x", granted_at=0, expires_at=1000)
    assert not grant.is_due(799, remaining=10_000)
    assert grant.is_due(801, remaining=300)
    assert not grant.is_due(801, remaining=100)
    assert not grant.is_due(801, remaining=None)
    assert grant.is_due(996, remaining=1)
    assert not grant.is_alive(996)


def test_a_grant_without_an_end_is_used_until_refused() -> None:
    assert not Grant("https://x", 0, None).is_due(10**9, remaining=10**9)


def test_a_throttle_spaces_bytes_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("commonhold.client.transfer.throttle.time", SimpleNamespace(monotonic=lambda: now[0]))
    throttle = Throttle(1_000_000)
    waits = [throttle.passed(100_000) for _ in range(10)]
    assert waits == pytest.approx([0.1 * count for count in range(1, 11)])
    now[0] += 60
    # Of a pause a tenth of a second is made up for, and no more.
    assert [throttle.passed(100_000) for _ in range(2)] == pytest.approx([0.0, 0.1])
    assert Throttle(None).passed(10**9) == 0
