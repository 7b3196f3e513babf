"""Kept counts and page starts: true whatever writes a dataset, on both databases."""

import datetime as dt
import itertools
import random

import pytest
from django.db import connection

from commonhold.server.catalogue import queries, stretches
from commonhold.server.catalogue.actions import save_dataset, set_status
from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.viewer import ANONYMOUS, Viewer
from commonhold.server.organizations.models import Organization
from tests.support.site import unique

START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def organization() -> Organization:
    return Organization.objects.create(slug=unique("org"), name={"en-US": "Org"}, can_publish=True)


def plain(
    owner: Organization, moment: dt.datetime, visibility: str = "public", status: str = "published"
) -> Dataset:
    return Dataset(
        public_id=new_id(), slug=unique("set"), organization=owner, name={"en-US": "Set"}, visibility=visibility,
        status=status, created_at=moment,
    )  # fmt: skip


def member_of(*organizations: Organization) -> Viewer:
    return Viewer(
        person=1, memberships={each.pk: "member" for each in organizations}, scopes=frozenset({"read"})
    )


def counted(viewer: Viewer) -> int:
    condition, parameters = queries.visible_condition(viewer)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM catalogue_dataset d WHERE {condition}", parameters)
        return cursor.fetchone()[0]


def kept(viewer: Viewer) -> int:
    return stretches.find(viewer, 0)[0]


def test_counts_follow_every_kind_of_write(database: None) -> None:
    owner, other = organization(), organization()
    viewers = [ANONYMOUS, member_of(owner), member_of(owner, other)]

    def check() -> None:
        assert [kept(viewer) for viewer in viewers] == [counted(viewer) for viewer in viewers]
        assert [stretches.find(viewer, 10**6)[0] for viewer in viewers] == [
            counted(viewer) for viewer in viewers
        ]

    before = [kept(viewer) for viewer in viewers]
    made = Dataset.objects.bulk_create(
        [plain(owner, START, visibility) for visibility in ("public", "restricted", "private")]
    )
    assert [kept(viewer) for viewer in viewers] == [before[0] + 2, before[1] + 3, before[2] + 3]
    check()
    for change in (
        {"visibility": "private"}, {"visibility": "public"}, {"organization": other}, {"status": "withheld"},
        {"status": "published", "created_at": START + dt.timedelta(days=4000)}, {"slug": unique("other")},
    ):  # fmt: skip
        Dataset.objects.filter(pk=made[0].pk).update(**change)
        check()
    Dataset.objects.filter(organization__in=[owner, other]).update(visibility="private")
    check()
    set_status(None, Dataset.objects.get(pk=made[2].pk), "removed")
    check()
    Dataset.objects.filter(organization__in=[owner, other]).delete()
    check()
    assert [kept(viewer) for viewer in viewers] == before


def test_a_failed_change_counts_nothing(database: None) -> None:
    from django.db import transaction

    owner = organization()
    before, generation = kept(ANONYMOUS), stretches.generation()
    with transaction.atomic():
        plain(owner, START).save()
        assert kept(ANONYMOUS) == before + 1
        transaction.set_rollback(True)
    assert (kept(ANONYMOUS), stretches.generation()) == (before, generation)


def test_any_change_moves_the_generation(database: None) -> None:
    dataset = plain(organization(), START)
    seen = [stretches.generation()]
    save_dataset(None, dataset, {"task": "NLP"})
    seen.append(stretches.generation())
    save_dataset(None, dataset, {"name": {"en-US": "Other"}})
    seen.append(stretches.generation())
    dataset.delete()
    seen.append(stretches.generation())
    assert all(later > earlier for earlier, later in itertools.pairwise(seen))


def test_deep_pages_are_those_of_a_plain_offset(database: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretches, "LENGTH", 10)
    chance = random.Random(7)
    owner = organization()
    # Many share a moment, so that the row id decides.
    moments = [START + dt.timedelta(hours=chance.randrange(40)) for _ in range(180)]
    Dataset.objects.bulk_create(
        [plain(owner, moment, chance.choice(["public", "private"])) for moment in moments]
    )
    stretches.rebuild()
    for moment in moments[:60]:
        save_dataset(
            None, plain(owner, moment + dt.timedelta(minutes=1), chance.choice(["public", "private"])), {}
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(datasets), count(*) FROM catalogue_stretch WHERE scope = 0")
        longest, cuts = cursor.fetchone()
    assert longest <= 21
    assert cuts > 5
    for viewer in (ANONYMOUS, member_of(owner), member_of(owner, organization())):
        condition, parameters = queries.visible_condition(viewer)
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT d.public_id FROM catalogue_dataset d WHERE {condition} ORDER BY d.created_at DESC, d.id DESC",
                parameters,
            )
            expected = [row[0] for row in cursor.fetchall()]
        for offset in [*range(0, len(expected), 7), len(expected) - 1, len(expected)]:
            found, total = queries.newest(viewer, limit=7, offset=offset)
            assert total == len(expected)
            assert [row.public_id for row in found] == expected[offset : offset + 7]
    Dataset.objects.filter(organization=owner).delete()


def test_a_page_takes_two_statements(database: None) -> None:
    from django.test.utils import CaptureQueriesContext

    plain(organization(), START).save()
    for offset in (0, stretches.LENGTH):
        with CaptureQueriesContext(connection) as seen:
            queries.newest(ANONYMOUS, limit=5, offset=offset)
        assert len(seen) <= 2
