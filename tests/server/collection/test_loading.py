"""Loading a collection file into a site: all of it or nothing, and twice is once."""

import re
import shutil
import tarfile
from pathlib import Path

import pytest
from django.db.models import Q

from commonhold.server.access.models import Agreement, Terms
from commonhold.server.audit.models import Entry
from commonhold.server.background.runner import do_next
from commonhold.server.catalogue.models import Dataset, DatasetVersion
from commonhold.server.collection.mistakes import CollectionError
from commonhold.server.config.environment import environment
from commonhold.server.credentials.models import ApiKey
from commonhold.server.organizations.models import Organization
from commonhold.server.storage.store import object_store
from tests.support.collection import Maker, archive
from tests.support.publishing import until
from tests.support.site import unique


def objects(*names: str) -> set[str]:
    """What lies in the store under one of the names, or half: a site beside the tests may put and delete its own."""
    store = object_store(environment(), public_url="")
    whole = {found.key for found in store.list_objects()}
    half = {left.name for left in store.leftovers() if left.name.startswith(".incoming/")}
    return {key for key in whole if key.endswith(names)} | half


def entries(organization: str, email: str, dataset: str) -> int:
    """How many lines the trail has about these."""
    known = Organization.objects.get(slug=organization)
    key = ApiKey.objects.get(person__email=email)
    about = Q(object_kind="organization", object_id__in=[known.slug, str(known.pk)])
    about |= Q(object_kind="person", object_id=str(key.person_id)) | Q(
        object_kind="api_key", object_id=str(key.pk)
    )
    about |= Q(object_kind="dataset", object_id=Dataset.objects.get(slug=dataset).public_id)
    return Entry.objects.filter(about).count()


def test_loading_twice_changes_nothing(make: Maker):
    organization = make.organization()
    email, _ = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email], terms="Be kind.")
    planned = (make.organizations[:], make.users[:], make.datasets[:])
    first = make.load()
    assert first.versions == [f"{dataset} version 1"]
    before, kept = entries(organization, email, dataset), objects(f"{dataset}.tar.gz")
    assert before > 3
    assert any(dataset in key for key in kept)
    make.organizations, make.users, make.datasets = planned
    second = make.load()
    assert (second.organizations, second.people, second.datasets, second.versions) == ([], [], [], [])
    assert entries(organization, email, dataset) == before
    assert objects(f"{dataset}.tar.gz") == kept


def test_a_key_that_the_file_does_not_bring_is_made_and_told_once(make: Maker):
    organization = make.organization()
    email, _ = make.person(organization)
    del make.users[-1]["api_keys"][0]["key"]
    planned = (make.organizations[:], make.users[:])
    report = make.load()
    assert [(address, name) for address, name, _ in report.keys] == [(email, "test")]
    make.organizations, make.users = planned
    assert make.load().keys == []


def test_new_bytes_are_a_new_version_and_the_old_one_stays(make: Maker):
    organization = make.organization()
    dataset = make.dataset(organization, content=b"first")
    make.load()
    make.dataset(organization, slug=dataset, content=b"second")
    make.load()
    versions = DatasetVersion.objects.filter(dataset__slug=dataset).order_by("number")
    assert [version.number for version in versions] == [1, 2]
    assert Dataset.objects.get(slug=dataset).current_version == versions[1]
    assert versions[0].object_key != versions[1].object_key


def test_new_terms_ask_again_and_a_translation_does_not(make: Maker):
    organization = make.organization()
    email, _ = make.person(organization)
    dataset = make.dataset(organization, terms={"en-US": "Be kind."}, agreed_by=[email])
    make.load()
    make.dataset(organization, slug=dataset, terms={"en-US": "Be kind.", "fr": "Soyez aimables."})
    make.load()
    terms = Terms.objects.filter(dataset__slug=dataset)
    assert [(one.number, sorted(one.texts)) for one in terms] == [(1, ["en-US", "fr"])]
    assert "Soyez aimables." in terms[0].texts["fr"]
    make.dataset(organization, slug=dataset, terms={"en-US": "Be very kind."})
    make.load()
    assert Terms.objects.filter(dataset__slug=dataset).count() == 2
    agreed = Agreement.objects.filter(dataset=Dataset.objects.get(slug=dataset).pk)
    assert [agreement.terms for agreement in agreed] == [terms[0].pk]


@pytest.mark.parametrize("kind", ["truncated", "not an archive", "escaping"])
def test_a_broken_archive_is_told_with_its_line_and_nothing_is_loaded(make: Maker, kind: str):
    organization = make.organization()
    good = make.dataset(organization)
    name = f"{unique('broken')}.tar.gz"
    path = archive(make.folder, name, b"x" * 100_000)
    if kind == "truncated":
        path.write_bytes(path.read_bytes()[:-40])
    elif kind == "not an archive":
        path.write_bytes(b"<html>an error page</html>")
    else:
        archive(make.folder, name, b"x", member="../outside.txt")
    make.dataset(organization, file=str(path))
    before = objects(f"{good}.tar.gz", name)
    with pytest.raises(CollectionError, match=rf"collection-\w+\.yaml:1: datasets\[1\].*{re.escape(name)}"):
        make.load()
    assert not Organization.objects.filter(slug=organization).exists()
    assert not Dataset.objects.filter(slug=good).exists()
    assert objects(f"{good}.tar.gz", name) == before


def test_names_the_site_does_not_know_are_told_together(make: Maker):
    make.dataset("no-such-organization", agreed_by=["nobody@example.org"])
    with pytest.raises(CollectionError) as raised:
        make.load()
    assert "no-such-organization" in str(raised.value)
    assert "nobody@example.org" in str(raised.value)


def test_a_removed_dataset_loses_its_files(make: Maker):
    organization = make.organization()
    dataset = make.dataset(organization)
    make.load()
    key = DatasetVersion.objects.get(dataset__slug=dataset).object_key
    assert (environment().data / "objects" / key).exists()
    make.datasets.append({"slug": dataset, "status": "removed", "removed_reason": "Asked for."})
    make.load()

    def is_gone() -> bool:
        # A site that runs beside the tests may have taken the job up, and be about to delete them.
        while do_next("quick", unique("holder")):
            continue
        return not (environment().data / "objects" / key).exists()

    until(is_gone)


def test_a_new_dataset_needs_a_file_and_a_name(make: Maker):
    make.organization()
    make.datasets.append({"slug": "nameless-and-empty", "organization": make.organizations[0]["slug"]})
    with pytest.raises(CollectionError) as raised:
        make.load()
    assert "lacks the key name" in str(raised.value)
    assert "lacks the key file" in str(raised.value)


def test_the_stored_bytes_are_the_file(make: Maker, tmp_path: Path):
    dataset = make.dataset(make.organization(), content=b"the very bytes" * 1000)
    path = Path(make.datasets[-1]["file"])
    copy = shutil.copy(path, tmp_path / "copy.tar.gz")
    make.load()
    key = DatasetVersion.objects.get(dataset__slug=dataset).object_key
    assert (environment().data / "objects" / key).read_bytes() == copy.read_bytes()
    with tarfile.open(copy) as stored:
        assert stored.getnames() == ["data.txt"]
