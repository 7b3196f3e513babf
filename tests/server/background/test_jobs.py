"""Jobs and their leases, in this process: taken once, kept alive, taken over, tried again, given up."""

import datetime as dt
import os
import threading
import time
from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from commonhold.server.background import leases, registry, runner
from commonhold.server.background.actions import enqueue
from commonhold.server.background.models import FAILED, RUNNING, WAITING, Job
from commonhold.server.kit import clock
from tests.server.background.own_table import own_jobs
from tests.support.site import unique


@pytest.fixture(scope="module")
def table(database: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A table of jobs that no site works off, should one run beside these tests."""
    with own_jobs(tmp_path_factory.mktemp("jobs")):
        yield


@pytest.fixture
def done(table: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict]]:
    """A task of this test's own, and what it was called with; all the while the clock stands still."""
    calls: list[dict] = []
    former = dict(registry.tasks())
    # A little ahead: what a column's default dates is due all the same.
    moment = clock.now() + dt.timedelta(hours=1)
    monkeypatch.setattr(clock, "now", lambda: moment)
    yield calls
    registry._tasks.clear()
    registry._tasks.update(former)
    Job.objects.all().delete()


def registered(calls: list[dict], **options: object) -> str:
    name = unique("test")

    @registry.task(name, lane="quick", **options)
    def handler(**arguments: object) -> None:
        calls.append(arguments)
        if arguments.get("fails"):
            raise OSError("not today")
        if "later" in arguments:
            raise registry.RetryLater(60)

    return name


def only(name: str) -> Job:
    return Job.objects.get(name=name)


def work() -> None:
    """Do the jobs that are due."""
    while runner.do_next("quick", unique("holder")):
        pass


def test_a_job_is_done_once_and_gone(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name, number=1, text="ü")
    work()
    work()
    assert done == [{"number": 1, "text": "ü"}]
    assert not Job.objects.filter(name=name).exists()


def test_it_holds_with_its_transaction_or_not_at_all(done: list[dict]) -> None:
    name = registered(done)
    transaction.set_autocommit(False)
    try:
        enqueue(name)
        transaction.rollback()
    finally:
        transaction.set_autocommit(True)
    work()
    assert done == []


def test_the_same_key_waits_once(done: list[dict]) -> None:
    name = registered(done)
    for number in range(3):
        enqueue(name, key=name, number=number)
    assert Job.objects.filter(name=name).count() == 1
    work()
    assert done == [{"number": 0}]


def test_asked_for_again_while_it_runs_it_runs_again(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name, key=name)
    job = leases.claim("quick", "me") or pytest.fail("nothing was due")
    enqueue(name, key=name)
    assert Job.objects.filter(name=name).count() == 2
    leases.fail(job, registry.tasks()[name], "it failed")
    assert [found.status for found in Job.objects.filter(name=name)] == [WAITING], "one of them is enough"


def test_nothing_before_its_time(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name, after=dt.timedelta(hours=1))
    work()
    assert done == []


def test_failures_are_tried_again_later_and_given_up_at_last(done: list[dict]) -> None:
    told: list[dict] = []
    name = registered(done, attempts=3, given_up=lambda **arguments: told.append(arguments))
    enqueue(name, fails=True)
    for attempt in (1, 2, 3):
        assert told == []
        work()
        assert only(name).attempts == attempt
        Job.objects.filter(name=name, status=WAITING).update(run_at=clock.now())
    assert (only(name).status, told) == (FAILED, [{"fails": True}])
    assert "not today" in only(name).error
    work()
    assert len(done) == 3


@pytest.mark.parametrize("attempts", [1, 5, 30])
def test_waits_grow_and_have_an_end(attempts: int) -> None:
    assert leases.backoff(attempts) <= 3600 * 1.2
    assert leases.backoff(attempts) >= min(3600, 2.0 * 2 ** min(attempts, 16))


def test_asking_for_another_time_is_no_attempt(done: list[dict]) -> None:
    name = registered(done, attempts=1)
    enqueue(name, later=True)
    work()
    assert (only(name).status, only(name).attempts) == (WAITING, 0)
    assert only(name).run_at > clock.now() + dt.timedelta(seconds=30)


def test_a_dead_runners_job_is_taken_over(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name)
    Job.objects.filter(name=name).update(
        status=RUNNING, holder="dead", attempts=1, lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    assert not leases.extend(only(name).pk, "somebody else")
    work()
    assert len(done) == 1


def test_a_living_runners_job_is_left_alone(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name)
    Job.objects.filter(name=name).update(
        status=RUNNING, holder="alive", attempts=1, lease_until=clock.now() - dt.timedelta(seconds=1)
    )
    assert leases.extend(only(name).pk, "alive")
    work()
    assert done == []


def test_a_job_that_kills_its_runners_is_given_up(done: list[dict]) -> None:
    told: list[dict] = []
    name = registered(done, attempts=2, given_up=lambda **arguments: told.append(arguments))
    enqueue(name)
    past = clock.now() - dt.timedelta(seconds=1)
    Job.objects.filter(name=name).update(status=RUNNING, holder="dead", attempts=2, lease_until=past)
    work()
    assert (done, told, only(name).status) == ([], [{}], FAILED)


def test_who_lost_the_lease_changes_nothing(done: list[dict]) -> None:
    name = registered(done)
    enqueue(name)
    Job.objects.filter(name=name).update(status=RUNNING, holder="first", lease_until=clock.now())
    late = only(name)
    Job.objects.filter(name=name).update(holder="second")
    leases.finish(late)
    leases.fail(late, None, "x")
    leases.put_back(late)
    assert (only(name).status, only(name).holder) == (RUNNING, "second")


def test_what_comes_again_comes_again(done: list[dict]) -> None:
    name = registered(done, every=dt.timedelta(hours=2))
    task = registry.tasks()[name]
    leases.ensure_periodic(task)
    leases.ensure_periodic(task)
    work()
    assert len(done) == 1
    assert only(name).run_at > clock.now() + dt.timedelta(hours=1)


def test_many_at_once_take_each_job_once(done: list[dict]) -> None:
    name = registered(done)
    for number in range(20):
        enqueue(name, number=number)
    deadline = time.monotonic() + 60

    def drain() -> None:
        try:
            holder = unique("holder")
            while Job.objects.exists() and time.monotonic() < deadline:
                if not runner.do_next("quick", holder):
                    time.sleep(0.01)
        finally:
            connection.close()

    threads = [threading.Thread(target=drain) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(call["number"] for call in done) == list(range(20))


def test_a_heart_is_still_before_its_job_is_laid_down(
    done: list[dict], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine may stop for long between the last that is written of a job and the end of its runner's turn."""
    ended: list[int] = []
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(leases, "HEARTBEAT_SECONDS", 0.01)
    finish = leases.finish

    def finish_slowly(job: Job) -> None:
        finish(job)
        time.sleep(0.3)

    monkeypatch.setattr(leases, "finish", finish_slowly)
    enqueue(registered(done))
    enqueue(registered(done, attempts=1, given_up=lambda **_: time.sleep(0.3)), fails=True)
    work()
    assert (done, ended) == ([{}, {"fails": True}], [])
