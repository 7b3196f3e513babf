"""Downloads and views are counted once, whatever is repeated, and nobody can be told from what is kept."""

import datetime as dt
import threading

import pytest

from commonhold.server.kit import clock
from commonhold.server.statistics import rules
from tests.support.clock import hold
from tests.support.collection import Maker, archive
from tests.support.site import wait_until_writable

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


@pytest.fixture(autouse=True)
def held(monkeypatch):
    """Days do not end while a test counts them, nor between a moment and an hour before it."""
    return hold(monkeypatch)


@pytest.fixture
def dataset(make: Maker):
    """A dataset of two versions."""
    from commonhold.server.catalogue.models import Dataset

    files = [{"file": str(archive(make.folder, f"{n}.tar.gz", bytes([n])))} for n in (1, 2)]
    slug = make.dataset(make.organization(), versions=files)
    make.load()
    return Dataset.objects.get(slug=slug)


def grant(dataset, number, *, person, organization=1, at=None, kind="download"):
    from commonhold.server.access.models import AccessRecord

    moment = at or clock.now()
    AccessRecord.objects.create(
        kind=kind, person=person, organization=organization, dataset=dataset.pk, size_bytes=1, granted_at=moment,
        version=dataset.versions.get(number=number).pk if kind == "download" else None, expires_at=moment,
    )  # fmt: skip


def read(dataset):
    from commonhold.server.catalogue.queries import datasheet
    from commonhold.server.kit.viewer import ANONYMOUS
    from commonhold.server.statistics.queries import counted, statistics

    sheet = datasheet(ANONYMOUS, dataset.pk, beside=counted(ANONYMOUS, dataset.pk))
    return statistics(sheet.beside)


def test_downloads_count_once_for_person_organization_version_and_day(dataset):
    from commonhold.server.statistics.jobs import roll_up

    for _ in range(3):
        grant(dataset, 1, person=1)
    grant(dataset, 1, person=2)
    grant(dataset, 1, person=1, organization=2)
    grant(dataset, 2, person=1)
    grant(dataset, 2, person=1, at=clock.now() - dt.timedelta(days=2))
    grant(dataset, 1, person=9, kind="sample")
    old = clock.now() - dt.timedelta(days=400)
    grant(dataset, 1, person=1, at=old)
    for _ in range(2):
        roll_up()
        found = read(dataset)
        assert found.by_version == {1: 4, 2: 2}
        assert found.downloads == 6
        assert [day.downloads for day in found.days[-3:]] == [1, 0, 4]
        assert sum(day.downloads for day in found.days) == 5


def test_records_that_appear_late_are_counted_too(dataset, monkeypatch):
    from commonhold.server.access.models import AccessRecord
    from commonhold.server.statistics import actions

    monkeypatch.setattr(actions, "BATCH", 2)
    # What other tests left grows old enough to be settled at any moment: here it is settled.
    newest = AccessRecord.objects.order_by("pk").values_list("pk", flat=True).last() or 0
    actions.Progress.objects.update_or_create(pk=1, defaults={"record": newest})
    hour = dt.timedelta(hours=1)
    for _ in range(5):
        grant(dataset, 1, person=1)  # more of the last minutes than a batch holds block nothing
    actions.count_downloads()
    grant(dataset, 1, person=1, at=clock.now() - hour)
    actions.count_downloads()
    for person in range(2, 7):
        grant(dataset, 1, person=person, at=clock.now() - hour)
    actions.count_downloads()
    assert read(dataset).downloads == 6
    grant(dataset, 1, person=7)
    actions.count_downloads()
    before = actions.Progress.objects.get().record
    grant(dataset, 1, person=8)
    actions.count_downloads()
    assert read(dataset).downloads == 8
    assert actions.Progress.objects.get().record == before


def test_a_visitor_counts_once_a_day_and_a_robot_never(dataset):
    from commonhold.server.statistics import views

    for _ in range(3):
        views.note(dataset.pk, "192.0.2.1", BROWSER)
    views.write()
    views.note(dataset.pk, "192.0.2.1", BROWSER)
    views.note(dataset.pk, "192.0.2.2", BROWSER)
    for robot in ("", "Googlebot/2.1", "curl/8.5", "python-requests/2.32", "AhrefsBot/7.0"):
        views.note(dataset.pk, "192.0.2.3", robot)
    views.write()
    found = read(dataset)
    assert (found.views, found.days[-1].views, found.downloads) == (2, 2, 0)


def test_no_address_is_kept_and_marks_end_with_the_day(dataset, monkeypatch):
    from commonhold.server.statistics import views
    from commonhold.server.statistics.jobs import roll_up
    from commonhold.server.statistics.models import Mark

    views.note(dataset.pk, "198.51.100.77", BROWSER)
    views.write()
    (mark,) = Mark.objects.filter(dataset=dataset.pk)
    assert "198.51.100" not in str(vars(mark))
    assert mark.mark == rules.mark(views._key(mark.day), dataset.pk, "198.51.100.77", BROWSER)
    other_day = views._key(mark.day + dt.timedelta(days=1))
    assert mark.mark != rules.mark(other_day, dataset.pk, "198.51.100.77", BROWSER)
    Mark.objects.filter(pk=mark.pk).update(day=mark.day - dt.timedelta(days=2))
    roll_up()
    assert not Mark.objects.filter(pk=mark.pk).exists()
    assert read(dataset).views == 1


def test_a_flood_fills_no_memory(dataset, monkeypatch):
    from commonhold.server.statistics import views

    monkeypatch.setattr(views.noted, "most", 10)
    # The writer of this process waits meanwhile.
    views.write()
    with views.noted._writing:
        for number in range(50):
            views.note(dataset.pk, f"192.0.2.{number}", BROWSER)
        assert len(views.noted) == 10
    views.write()
    assert read(dataset).views == 10


def test_whoever_writes_waits_for_what_another_is_writing(dataset, monkeypatch):
    """Else the last views would be lost with the process, whose end writes what is left."""
    from commonhold.server.statistics import views

    begun, go_on, count = threading.Event(), threading.Event(), views._count

    def slow(noted):
        begun.set()
        assert go_on.wait(60)
        count(noted)

    monkeypatch.setattr(views, "_count", slow)
    views.note(dataset.pk, "192.0.2.1", BROWSER)
    writer, other = threading.Thread(target=views.write), threading.Thread(target=views.write)
    writer.start()
    assert begun.wait(60)
    other.start()
    other.join(0.5)
    assert other.is_alive()
    go_on.set()
    writer.join()
    other.join()
    assert read(dataset).views == 1


def test_views_are_dropped_while_the_site_is_read_only(dataset):
    from commonhold.server.site import read_only
    from commonhold.server.site.actions import change
    from commonhold.server.statistics import views

    views.write()
    try:
        change(None, read_only=True)
        views.note(dataset.pk, "192.0.2.1", BROWSER)
        views.write()
    finally:
        read_only.lift()
        change(None, read_only=None)
        wait_until_writable()
    assert len(views.noted) == 0
    assert read(dataset).views == 0


def test_several_processes_count_the_same_visitors_once(dataset):
    """Each thread has a connection of its own, as a process has."""
    from django.db import connection

    from commonhold.server.statistics import views

    noted = [
        (clock.today(), rules.mark(b"k" * 32, dataset.pk, f"203.0.113.{n}", BROWSER), dataset.pk)
        for n in range(40)
    ]

    def count():
        try:
            views._count(noted)
        finally:
            connection.close()

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert read(dataset).views == 40


def test_a_series_has_every_day():
    today = dt.date(2026, 3, 1)
    found = rules.series({(rules.VIEW, today): 3, (rules.DOWNLOAD, dt.date(2026, 2, 27)): 2}, today, 4)
    assert [(day.day.day, day.downloads, day.views) for day in found] == [
        (26, 0, 0),
        (27, 2, 0),
        (28, 0, 0),
        (1, 0, 3),
    ]
