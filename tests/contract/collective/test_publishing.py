"""Submissions over a real socket: fields and their limits, states, refusals (collective-api.md 1, 4, 8)."""

from pathlib import Path

import pytest

from tests.support.collection import Maker
from tests.support.publishing import COMPLETE, Publisher, agree, approve, file, publisher
from tests.support.site import Site


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A publisher for all tests here: what each makes is its own."""
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def test_a_draft_needs_a_name_and_shows_every_field(one: Publisher) -> None:
    made = one.call("POST", "/submissions", {"name": "  Greetings  ", "unheardOf": 1})
    assert made.status_code == 201
    shown = made.json()["submission"]
    assert shown["name"] == "Greetings"
    assert shown["status"] == "draft"
    assert shown["fileUploadId"] is None
    assert shown["sampleFileReferenceId"]
    assert shown["fileReferenceId"] != shown["sampleFileReferenceId"]
    assert shown["expiresAt"]
    assert {*COMPLETE, "exclusivityOptOut", "isPaid", "basePriceCents", "other"} <= shown.keys()
    refused = one.call("POST", "/submissions", {})
    assert refused.status_code == 400
    assert refused.json()["error"] == "Invalid request parameters."
    assert refused.json()["details"] == {"name": "Is missing."}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "x" * 256), ("name", None), ("name", 5), ("name", "a\0b"),
        ("shortDescription", "x" * 161), ("longDescription", "x" * 7501), ("locale", "x" * 21),
        ("task", "Knitting"), ("format", "x" * 51), ("licenseAbbreviation", "x" * 26), ("license", "x" * 1001),
        ("licenseUrl", "javascript:alert(1)"), ("licenseUrl", "https://"), ("licenseUrl", "http://a b"),
        ("restrictions", "x" * 7501), ("forbiddenUsage", "x" * 7501), ("other", "x" * 25_001),
        ("pointOfContactEmail", "nobody"), ("fundedByEmail", "a@b@c"), ("visibility", "hidden"),
        ("showContactInfo", "yes"), ("isPaid", 1), ("basePriceCents", 9_999), ("basePriceCents", 5_000_001),
        ("basePriceCents", 10_000.5), ("basePriceCents", True), ("currency", "eur"),
        ("exclusivityOptOut", "yes"), ("autoApproveAccessRequests", None),
    ],
)  # fmt: skip
def test_each_field_has_its_limits(one: Publisher, field: str, value: object) -> None:
    submission = one.draft()
    refused = one.call(
        "PATCH", f"/submissions/{submission}", {field: value, "isPaid": value if field == "isPaid" else True}
    )
    assert refused.status_code == 400, refused.text
    body = refused.json()
    assert field in body["details"]
    assert field in body["message"]
    assert one.state(submission)["name"] == COMPLETE["name"], "nothing of a refused change is kept"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * 255), ("shortDescription", "ü" * 160), ("shortDescription", None), ("longDescription", ""),
        ("task", ""), ("licenseUrl", None), ("licenseAbbreviation", "Our-Own-1.0"), ("other", "x" * 25_000),
        ("fundedByEmail", "a@example.org"), ("visibility", "private"), ("showComplianceAttributes", True),
        ("ethicalReviewProcess", "Reviewed."),
    ],
)  # fmt: skip
def test_values_at_the_limits_are_kept(one: Publisher, field: str, value: object) -> None:
    submission = one.draft()
    answer = one.call("PATCH", f"/submissions/{submission}", {field: value})
    assert answer.status_code == 200, answer.text
    assert one.state(submission)[field] == (value or None)


def test_unknown_keys_are_ignored(one: Publisher) -> None:
    submission = one.draft()
    sent = {
        "fileUploadId": "x",
        "agreeToSubmit": True,
        "status": "approved",
        "organizationId": 1,
        "format": "CSV",
    }
    answer = one.call("PATCH", f"/submissions/{submission}", sent)
    assert answer.status_code == 200
    assert (answer.json()["submission"]["status"], answer.json()["submission"]["format"]) == ("draft", "CSV")


def test_prices_come_in_pairs(one: Publisher) -> None:
    path = f"/submissions/{one.draft()}"
    assert "basePriceCents" in one.call("PATCH", path, {"isPaid": True}).json()["details"]
    assert "basePriceCents" in one.call("PATCH", path, {"basePriceCents": 20_000}).json()["details"]
    assert "currency" in one.call("PATCH", path, {"currency": "usd"}).json()["details"]
    priced = one.call("PATCH", path, {"isPaid": True, "basePriceCents": 20_000}).json()["submission"]
    assert (priced["basePriceCents"], priced["currency"]) == (20_000, "usd")
    free = one.call("PATCH", path, {"isPaid": False}).json()["submission"]
    assert (free["isPaid"], free["basePriceCents"], free["currency"]) == (False, None, None)


def test_automatic_approval_is_for_restricted_datasets(one: Publisher) -> None:
    path = f"/submissions/{one.draft()}"
    refused = one.call("PATCH", path, {"autoApproveAccessRequests": True})
    assert "autoApproveAccessRequests" in refused.json()["details"]
    both = {"autoApproveAccessRequests": True, "visibility": "restricted"}
    assert one.call("PATCH", path, both).status_code == 200
    assert one.call("PATCH", path, {"visibility": "private"}).status_code == 400


def test_opting_out_of_exclusivity_shows_when_it_was(one: Publisher) -> None:
    path = f"/submissions/{one.draft()}"
    out = one.call("PATCH", path, {"exclusivityOptOut": True}).json()["submission"]["exclusivityOptOut"]
    assert out
    assert out.endswith("Z")
    again = one.call("PATCH", path, {"exclusivityOptOut": True}).json()["submission"]["exclusivityOptOut"]
    assert again == out
    assert (
        one.call("PATCH", path, {"exclusivityOptOut": None}).json()["submission"]["exclusivityOptOut"] is None
    )


def test_submitting_names_everything_that_is_missing(one: Publisher) -> None:
    made = one.call("POST", "/submissions", {"name": "Bare"}).json()["submission"]["id"]
    refused = one.call("POST", f"/submissions/{made}", {})
    assert refused.status_code == 400
    missing = {
        "longDescription", "locale", "task", "format", "licenseAbbreviation", "restrictions", "forbiddenUsage",
        "pointOfContactFullName", "pointOfContactEmail", "visibility", "agreeToSubmit", "fileUploadId",
    }  # fmt: skip
    assert refused.json()["details"].keys() == missing
    assert all(name in refused.json()["message"] for name in missing)
    assert one.state(made)["status"] == "draft"


def test_a_licence_of_ones_own_needs_its_full_name(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft(licenseAbbreviation="Our-Own-1.0")
    one.send(submission, file(tmp_path))
    assert one.submit(submission).json()["details"].keys() == {"license"}
    one.call(
        "PATCH",
        f"/submissions/{submission}",
        {"license": "Our Own Licence", "licenseUrl": "https://example.org/l"},
    )
    assert one.submit(submission).status_code == 200


def test_a_predefined_licence_has_its_own_name(one: Publisher) -> None:
    submission = one.draft()
    sent = {"licenseAbbreviation": "MIT", "license": "Another name", "licenseUrl": "https://example.org/x"}
    shown = one.call("PATCH", f"/submissions/{submission}", sent).json()["submission"]
    assert (shown["licenseAbbreviation"], shown["license"], shown["licenseUrl"]) == ("MIT", None, None)


def test_the_way_to_a_dataset(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft(shortDescription="Short.", showContactInfo=True)
    upload = one.send(submission, file(tmp_path))
    submitted = one.submit(submission)
    assert submitted.status_code == 200
    shown = submitted.json()["submission"]
    assert shown["status"] == "submitted"
    assert shown["agreeToSubmit"]
    assert shown["submittedAt"]
    assert shown["fileUploadId"] == upload
    assert one.submit(submission).status_code == 409, "submitted twice"
    assert one.verified(upload)["verification"] == "verified"
    dataset = approve(submission)
    approved = one.state(submission)
    assert (approved["status"], approved["approvedDatasetId"]) == ("approved", dataset)
    details = one.call("GET", f"/datasets/{dataset}").json()
    assert details["name"] == COMPLETE["name"]
    assert details["slug"] == approved["slug"]
    assert details["filename"] == f"{approved['slug']}-v1.tar.gz"
    assert details["submissionId"] == submission
    assert details["license"] == "CC-BY-4.0"
    agree(dataset, one.email)
    session = one.call("POST", f"/datasets/{dataset}/download").json()
    assert session["checksum"] == details["checksum"]


def test_withdrawing_and_submitting_again(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft()
    one.send(submission, file(tmp_path))
    assert one.call("POST", f"/submissions/{submission}/retract").status_code == 409
    one.submit(submission)
    assert (
        one.call("POST", f"/submissions/{submission}/retract").json()["submission"]["status"] == "retracted"
    )
    assert one.call("PATCH", f"/submissions/{submission}", {"format": "CSV"}).status_code == 200
    assert one.submit(submission).json()["submission"]["status"] == "submitted"


def test_deleting_what_was_not_published(one: Publisher, site: Site, make: Maker, tmp_path: Path) -> None:
    submission = one.draft()
    upload = one.send(submission, file(tmp_path))
    stranger = publisher(site, make)
    for method in ("GET", "PATCH", "POST", "DELETE"):
        foreign = stranger.call(method, f"/submissions/{submission}", {} if method != "GET" else None)
        assert foreign.status_code == 403, method
    assert stranger.call("GET", f"/uploads/{upload}").status_code == 403
    deleted = one.call("DELETE", f"/submissions/{submission}")
    assert (deleted.status_code, deleted.content) == (204, b"")
    for method in ("GET", "PATCH", "POST", "DELETE"):
        gone = one.call(method, f"/submissions/{submission}", {} if method != "GET" else None)
        assert gone.status_code == 410, method
    assert one.call("GET", f"/uploads/{upload}").status_code == 410
    assert stranger.call("DELETE", f"/submissions/{submission}").status_code == 403
    assert one.call("DELETE", "/submissions/unheard-of").status_code == 404


def test_a_published_submission_is_not_deleted(one: Publisher, tmp_path: Path) -> None:
    submission = one.publish(file(tmp_path))
    assert one.call("DELETE", f"/submissions/{submission}").status_code == 403


def test_what_shows_at_once_and_what_is_settled(one: Publisher, tmp_path: Path) -> None:
    submission = one.publish(file(tmp_path))
    dataset = one.state(submission)["approvedDatasetId"]
    live = {
        "longDescription": "Mended.",
        "pointOfContactFullName": "Grace Example",
        "licenseAbbreviation": "CC-BY-4.0",
    }
    assert one.call("PATCH", f"/submissions/{submission}", live).status_code == 200
    assert one.call("GET", f"/datasets/{dataset}").json()["longDescription"] == "Mended."
    for settled in (
        {"licenseAbbreviation": "CC0-1.0"}, {"restrictions": "Others."}, {"isPaid": True, "basePriceCents": 10_000},
        {"exclusivityOptOut": True},
    ):  # fmt: skip
        refused = one.call("PATCH", f"/submissions/{submission}", settled)
        assert refused.status_code == 409, settled
        assert next(iter(settled)) in refused.json()["message"]
    assert one.call("PATCH", f"/submissions/{submission}", {"visibility": "restricted"}).status_code == 200
    assert one.call("GET", f"/datasets/{dataset}").json()["visibility"] == "restricted"
    assert one.call("PATCH", f"/submissions/{submission}", {"visibility": "public"}).status_code == 409


def test_licence_and_terms_change_through_a_new_submission(one: Publisher, tmp_path: Path) -> None:
    first = one.publish(file(tmp_path), intendedUsage="Speaking.")
    dataset = one.state(first)["approvedDatasetId"]
    agree(dataset, one.email)
    assert one.call("POST", f"/datasets/{dataset}/download").status_code == 200
    made = one.call("POST", "/submissions", {"datasetId": dataset})
    assert made.status_code == 201, made.text
    second = made.json()["submission"]
    assert (second["name"], second["intendedUsage"]) == (COMPLETE["name"], "Speaking.")
    changed = {"licenseAbbreviation": "CC0-1.0", "restrictions": "Only on Sundays."}
    one.call("PATCH", f"/submissions/{second['id']}", changed)
    assert one.submit(second["id"]).status_code == 200, "the dataset's own file serves"
    assert one.call("GET", f"/datasets/{dataset}").json()["license"] == "CC-BY-4.0", (
        "not before it is approved"
    )
    assert approve(second["id"]) == dataset
    assert one.call("GET", f"/datasets/{dataset}").json()["license"] == "CC0-1.0"
    asked_again = one.call("POST", f"/datasets/{dataset}/download")
    assert (asked_again.status_code, asked_again.json()["reason"]) == (403, "terms")


def test_the_list_is_ones_own(site: Site, make: Maker) -> None:
    one = publisher(site, make)
    made = [one.draft(), one.draft()]
    listed = one.call("GET", "/submissions?limit=1").json()
    assert listed["total"] == 2
    assert [entry["id"] for entry in listed["items"]] == [made[1]]
    assert publisher(site, make).call("GET", "/submissions").json() == {"items": [], "total": 0}
    assert one.call("GET", "/submissions?limit=101").status_code == 400


def test_who_may_publish(site: Site, make: Maker) -> None:
    closed = make.organization(can_publish=False)
    _, key = make.person(closed, "owner")
    make.load()
    refused = site.post("/api/submissions", key=key, json={"name": "x"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "cannot_publish")
    account = site.get("/api/account", key=key).json()
    assert "publish" not in account["key"]["scopes"], "a key made before the organization may publish"
    make.organization(slug=closed, can_publish=True)
    make.load()
    refused = site.post("/api/submissions", key=key, json={"name": "x"})
    assert (refused.status_code, refused.json()["reason"]) == (403, "scope")

    organization = make.organization()
    _, member = make.person(organization, "member")
    _, reader = make.person(organization, "owner", api_key={"scopes": ["read", "download"]})
    make.load()
    assert site.post("/api/submissions", key=member, json={"name": "x"}).json()["reason"] == "role"
    assert site.post("/api/submissions", key=reader, json={"name": "x"}).json()["reason"] == "scope"
    assert site.post("/api/submissions", json={"name": "x"}).status_code == 401


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_bodies_that_are_none(one: Publisher, method: str) -> None:
    path = "/api/submissions" if method == "POST" else f"/api/submissions/{one.draft()}"
    for content, kind, status in (
        (b"[1]", "application/json", 400), (b"{", "application/json", 400), (b"name=x", "text/plain", 415),
    ):  # fmt: skip
        headers = {"Content-Type": kind}
        assert (
            one.site.request(method, path, key=one.key, content=content, headers=headers).status_code
            == status
        )
