"""A session that is asked for again with the same idempotency key is the same session, and charged once."""

import datetime as dt
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from urllib.parse import urlsplit

import httpx
import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test import Client

from commonhold.server.access.models import SAMPLE, AccessRecord
from commonhold.server.catalogue import actions as catalogue
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import REMOVED
from commonhold.server.kit import clock
from tests.support.collection import Maker
from tests.support.site import Site

KEY = "a_Random-key-0123456789"


def asked(site: Site, dataset: str, key: str, with_key: str = KEY) -> httpx.Response:
    return site.post(f"/api/datasets/{dataset}/download", key=key, headers={"Idempotency-Key": with_key})


def used(site: Site, key: str) -> int:
    return site.get("/api/account", key=key).json()["limits"]["downloads"]["used"]


def test_the_same_question_is_charged_once_and_answered_the_same(site: Site, make: Maker):
    organization = make.organization(daily_download_limit=2)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    first, again = (asked(site, dataset, key).json() for _ in range(2))
    for name in ("accessRecordId", "expiresAt", "checksum", "sizeBytes", "version", "filename"):
        assert first[name] == again[name]
    assert urlsplit(first["downloadUrl"]).path == urlsplit(again["downloadUrl"]).path
    one, two = (httpx.get(answer["downloadUrl"], timeout=60).content for answer in (first, again))
    assert one == two
    assert used(site, key) == 1
    other = asked(site, dataset, key, "b" * 64).json()
    assert other["accessRecordId"] != first["accessRecordId"]
    assert used(site, key) == 2
    # The day is used up, but what was granted is still the answer.
    assert asked(site, dataset, key, "c" * 16).status_code == 429
    assert asked(site, dataset, key).json()["accessRecordId"] == first["accessRecordId"]
    assert AccessRecord.objects.filter(asked_with__contains=KEY).count() == 0


def test_twenty_at_once_are_charged_once(site: Site, make: Maker):
    organization = make.organization(daily_download_limit=1)
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: asked(site, dataset, key), range(20)))
    assert Counter(answer.status_code for answer in answers) == {200: 20}
    assert len({answer.json()["accessRecordId"] for answer in answers}) == 1
    assert used(site, key) == 1


def test_a_key_is_one_persons_for_one_dataset(site: Site, make: Maker):
    organization = make.organization()
    (mine, key), (theirs, other_key) = make.person(organization), make.person(organization)
    one, two = (make.dataset(organization, agreed_by=[mine, theirs]) for _ in range(2))
    make.load()
    answers = [asked(site, one, key), asked(site, one, other_key), asked(site, two, key)]
    assert len({answer.json()["accessRecordId"] for answer in answers}) == 3
    assert used(site, key) == 3


def test_permission_is_decided_anew(site: Site, make: Maker):
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    assert asked(site, dataset, key).status_code == 200
    catalogue.set_status(None, Dataset.objects.get(slug=dataset), REMOVED, "The speakers asked for it.")
    assert asked(site, dataset, key).status_code == 410


@pytest.mark.parametrize("wrong", ["", "short", "x" * 65, "spaces in it are no good", "plus+plus+plus+plus"])
def test_what_can_be_no_key_is_named(site: Site, make: Maker, wrong: str):
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    refused = asked(site, dataset, key, wrong)
    assert refused.status_code == 400
    assert list(refused.json()["details"]) == ["Idempotency-Key"]
    assert used(site, key) == 0


def test_the_key_of_a_session_that_ended_is_good_for_another(make: Maker):
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    caller, headers = (
        Client(SERVER_NAME="localhost"),
        {"Authorization": f"Bearer {key}", "Idempotency-Key": KEY},
    )

    def ask() -> str:
        answer = caller.generic("POST", f"/api/datasets/{dataset}/download", headers=headers)
        assert answer.status_code == 200, answer.content
        return answer.json()["accessRecordId"]

    first = ask()
    AccessRecord.objects.filter(public_id=first).update(expires_at=clock.now() - dt.timedelta(seconds=1))
    second = ask()
    assert second != first
    assert ask() == second


def test_the_index_is_made_anew_over_a_broken_one_and_is_used(make: Maker):
    organization = make.organization()
    make.load()
    migration = import_module("commonhold.server.access.migrations.0006_one_session_a_key")
    with connection.schema_editor(atomic=False) as editor:
        for _again in range(2):
            migration.create(apps, editor)
    moment = clock.now()

    def record(digest: str | None) -> None:
        AccessRecord.objects.create(
            person=0,
            organization=0,
            dataset=0,
            size_bytes=0,
            expires_at=moment,
            kind=SAMPLE,
            asked_with=digest,
        )

    for _again in range(2):
        record(None)
    record(organization)
    with pytest.raises(IntegrityError), transaction.atomic():
        record(organization)
    if connection.vendor == "sqlite":  # PostgreSQL reads so small a table from its front
        with connection.cursor() as cursor:
            cursor.execute(
                "EXPLAIN QUERY PLAN SELECT public_id FROM access_accessrecord WHERE asked_with = 'x'"
            )
            assert "USING INDEX access_record_asked_once" in str(cursor.fetchall())
