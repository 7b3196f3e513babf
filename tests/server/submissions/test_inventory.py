"""What lies in the store and in the database, compared on a running site: nothing that is needed ever goes."""

import datetime as dt
import io
from pathlib import Path

import pytest

from commonhold.server.kit.ids import new_id
from tests.support.collection import Maker
from tests.support.publishing import Publisher, file, publisher
from tests.support.site import Site

# As if everything had lain there for long.
AT_ONCE = dt.timedelta(seconds=-5)


@pytest.fixture
def store(database: None):
    from commonhold.server.config.environment import environment
    from commonhold.server.storage.store import object_store

    return object_store(environment(), public_url="http://127.0.0.1:1")


@pytest.fixture
def one(site: Site, make: Maker) -> Publisher:
    return publisher(site, make)


def key_of(upload: str) -> str:
    from commonhold.server.submissions.models import Upload

    return Upload.objects.get(public_id=upload).object_key


def orphans(store, grace: dt.timedelta = AT_ONCE) -> dict[str, str]:
    from commonhold.server.submissions.inventory import find_orphans

    return {
        finding.name: finding.kind for finding in find_orphans(store, grace).findings if finding.is_orphan
    }


def faults(store, *, deep: bool = False) -> dict[str, str]:
    from commonhold.server.submissions.inventory import find_faults

    return {finding.name: finding.kind for finding in find_faults(store, deep=deep)}


def clean(store) -> None:
    from commonhold.server.submissions import inventory

    inventory.clean(store, inventory.find_orphans(store, AT_ONCE), force=True)


def test_what_is_needed_stays_and_the_rest_goes(store, one: Publisher, tmp_path: Path) -> None:
    from commonhold.server.submissions.models import Upload

    path = file(tmp_path, content=b"needed")
    published = one.state(one.publish(path))
    sent = one.send(one.draft(), path)
    running = one.begin(one.draft(), path)
    etag = one.put(running, 1, path.read_bytes())
    object_key, upload_key = (f"uploads/{new_id()}/{new_id()}.tar.gz" for _ in range(2))
    store.put(object_key, io.BytesIO(b"nobody's"))
    upload = store.begin_upload(upload_key, content_type="application/gzip")
    foreign = f"backups/{new_id()}.tar.gz"
    store.put(foreign, io.BytesIO(b"somebody else's"))
    foreign_upload = store.begin_upload(f"backups/{new_id()}.zip", content_type="application/zip")
    died = Upload.objects.create(
        submission=Upload.objects.get(public_id=sent).submission, filename="x.zip", content_type="application/zip",
        size_bytes=1, object_key=f"uploads/{new_id()}/x.zip",
    )  # fmt: skip

    found = orphans(store)
    assert found.get(object_key) == "unknown object"
    assert found.get(upload_key) == "unknown upload"
    assert found.get(died.object_key) == "upload never begun"
    needed = {key_of(published["fileUploadId"]), key_of(sent), key_of(running["fileUploadId"]), foreign}
    assert not needed & set(found)
    assert not {object_key, upload_key} & set(orphans(store, dt.timedelta(hours=1))), "too young to tell"

    clean(store)
    assert not {object_key, upload_key, died.object_key} & set(orphans(store))
    unfinished = {found.upload_id for found in store.list_uploads()}
    assert upload not in unfinished
    assert foreign_upload in unfinished
    died.refresh_from_db()
    assert died.status == "failed"
    assert store.stat(foreign).size == 15
    # The upload that was under way goes on, and nothing of the rest is missing.
    assert one.complete(running, [(1, etag)], "").status_code in {200, 400}
    assert one.verified(one.send(one.draft(), path))["verification"] == "verified"
    assert not {key_of(published["fileUploadId"]), key_of(sent)} & set(faults(store, deep=True))


def test_an_upload_under_way_is_completed_after_a_cleaning(store, one: Publisher, tmp_path: Path) -> None:
    import hashlib

    path = file(tmp_path)
    running = one.begin(one.draft(), path)
    etag = one.put(running, 1, path.read_bytes())
    clean(store)
    done = one.complete(running, [(1, etag)], hashlib.sha256(path.read_bytes()).hexdigest())
    assert done.status_code == 200
    assert one.verified(running["fileUploadId"])["verification"] == "verified"


def test_what_is_missing_and_what_was_removed(store, one: Publisher, tmp_path: Path) -> None:
    from commonhold.server.catalogue.actions import set_status
    from commonhold.server.catalogue.models import DatasetVersion
    from commonhold.server.kit import clock

    key = key_of(one.state(one.publish(file(tmp_path)))["fileUploadId"])
    row = DatasetVersion.objects.select_related("dataset").get(object_key=key)
    store.delete(key)
    assert faults(store).get(key) == "missing"
    store.put(key, io.BytesIO(b"short"))
    assert faults(store).get(key) == "wrong size"
    store.delete(key)
    store.put(key, io.BytesIO(bytes(row.size_bytes)))
    assert key not in faults(store)
    assert faults(store, deep=True).get(key) == "wrong content"

    # Withheld first, the dataset's files are not deleted by its removal: the cleaning does that.
    for status in ("withheld", "removed"):
        set_status(None, row.dataset, status)
    assert key not in orphans(store, dt.timedelta(hours=1)), "the grace begins with the removal"
    row.dataset.updated_at = clock.now() - dt.timedelta(hours=2)
    row.dataset.save(update_fields=["updated_at"])
    assert orphans(store).get(key) == "unknown object"
    clean(store)
    assert key not in faults(store), "nobody misses the files of a removed dataset"
    assert key not in {listed.key for listed in store.list_objects()}


def test_the_daily_job_and_another_sites_store(store, one: Publisher, monkeypatch) -> None:
    from commonhold.server.background.models import FAILED, Job
    from commonhold.server.submissions import inventory, jobs

    strange = f"uploads/{new_id()}/{new_id()}.zip"
    store.put(strange, io.BytesIO(b"x"))
    monkeypatch.setattr(inventory, "GRACE", AT_ONCE)
    monkeypatch.setattr(inventory.find_orphans, "__defaults__", (AT_ONCE,))
    given_up = Job.objects.create(name="submissions.drop", status=FAILED, arguments={"upload": 0})
    with monkeypatch.context() as patch:
        patch.setattr(inventory.Orphans, "is_unlikely", True)
        jobs.tidy()
        assert store.stat(strange).size == 1, "an old database, or another site's: an operator must look"
    jobs.tidy()
    assert strange not in {listed.key for listed in store.list_objects()}
    assert not Job.objects.filter(pk=given_up.pk).exists(), "it was asked for again"
