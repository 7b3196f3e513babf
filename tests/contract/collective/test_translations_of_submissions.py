"""A submission's texts in several languages, from the draft to the dataset and back into a draft (decisions 13, 21)."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.collection import Maker
from tests.support.publishing import Publisher, approve, file, publisher
from tests.support.site import Site

FRENCH = {
    "name": {"fr": "Salutations"},
    "shortDescription": {"fr": "Bonjours."},
    "terms": {"fr": "Gentiment."},
}


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A publisher for all tests here: what each makes is its own."""
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def dataset_of(one: Publisher, submission: str) -> Any:
    """Return the submission's dataset as the v4 API shows it."""
    dataset = one.state(submission)["approvedDatasetId"]
    return one.site.request("GET", f"/api/v4/datasets/{dataset}/", key=one.key).json()


def terms_of(dataset: str) -> list[Any]:
    from commonhold.server.access.models import Terms

    return list(Terms.objects.filter(dataset__public_id=dataset).order_by("number"))


def test_a_draft_carries_translations_beside_its_plain_texts(one: Publisher) -> None:
    submission = one.draft(terms="Kindly.", translations=FRENCH)
    shown = one.state(submission)
    assert (shown["name"], shown["terms"], shown["defaultLocale"]) == (
        "Greetings from tests",
        "Kindly.",
        "en-US",
    )
    assert shown["translations"] == FRENCH
    assert one.call(
        "PATCH", f"/submissions/{submission}", {"translations": {"name": {"fr": None}}}
    ).is_success
    assert one.state(submission)["translations"].keys() == FRENCH.keys() - {"name"}
    refused = one.call(
        "PATCH", f"/submissions/{submission}", {"translations": {"shortDescription": {"fr": "x" * 161}}}
    )
    assert refused.json()["details"].keys() == {"translations.shortDescription.fr"}
    made = one.call("POST", "/submissions", {"name": "Salutations", "defaultLocale": "fr"})
    assert made.json()["submission"]["defaultLocale"] == "fr"


def test_publication_carries_them_into_the_dataset_and_a_revision_takes_them_back(
    one: Publisher, tmp_path: Path
) -> None:
    submission = one.publish(file(tmp_path), terms="Kindly.", translations=FRENCH)
    dataset = dataset_of(one, submission)
    assert dataset["name"] == {"en-US": "Greetings from tests", "fr": "Salutations"}
    assert dataset["summary"] == {"en-US": "Greetings.", "fr": "Bonjours."}
    (first,) = terms_of(dataset["id"])
    assert "Kindly." in first.texts["en-US"]

    # What is edited on the dataset stays when something else of the submission changes.
    edited = one.site.request(
        "PATCH", f"/api/v4/datasets/{dataset['id']}/", key=one.key, json={"name": {"de": "Grüße"}}
    )
    assert edited.status_code == 200, edited.text
    path = f"/submissions/{submission}"
    assert one.call(
        "PATCH", path, {"translations": {"shortDescription": {"fr": None, "sw": "Habari."}}}
    ).is_success
    dataset = dataset_of(one, submission)
    assert dataset["name"] == {"en-US": "Greetings from tests", "fr": "Salutations", "de": "Grüße"}
    assert dataset["summary"] == {"en-US": "Greetings.", "sw": "Habari."}
    refused = one.call("PATCH", path, {"translations": {"terms": {"de": "Nett."}}})
    assert (refused.status_code, "terms" in refused.json()["message"]) == (409, True)

    begun = one.call("POST", "/submissions", {"name": "Greetings", "datasetId": dataset["id"]})
    revision = begun.json()["submission"]
    assert revision["translations"]["name"] == {"fr": "Salutations", "de": "Grüße"}
    assert (revision["terms"], revision["translations"]["terms"]) == ("Kindly.", {"fr": "Gentiment."})
    one.call("PATCH", f"/submissions/{revision['id']}", {"translations": {"terms": {"de": "Nett."}}})
    assert one.submit(revision["id"]).status_code == 200
    approve(revision["id"])
    (mended,) = terms_of(dataset["id"])
    assert mended.hashes["en-US"] == first.hashes["en-US"], "an added translation asks nobody again"

    begun = one.call("POST", "/submissions", {"datasetId": dataset["id"], "terms": "With care."})
    revision = begun.json()["submission"]
    assert "terms" not in revision["translations"], "nobody agrees to the translation of another text"
    assert one.submit(revision["id"]).status_code == 200
    approve(revision["id"])
    assert len(terms_of(dataset["id"])) == 2
