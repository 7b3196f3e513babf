"""Every line of the Data Collective API document (seed 000), and the check that holds it.

The table names the document's lines by number; the first test sees to it that no line with words on it is missing, the
rest run each check against a running site.
"""

import contextlib
import datetime as dt
import hashlib
import re
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.collection import PASSWORD, Maker
from tests.support.site import Site

LAST_LINE = 216
# The lines of the document that carry nothing but white space lie between the ranges of the table.
BLANK_LINES = {
    2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 23, 25, 28, 30, 33, 35, 37, 39, 61, 63, 65, 67, 70, 72, 75, 77, 80, 82, 84, 86,
    100, 102, 104, 106, 108, 110, 112, 114, 117, 119, 124, 126, 128, 130, 132, 134, 136, 138, 141, 143, 145, 147,
    149, 151, 156, 158, 167, 169, 171, 173, 175, 177, 179, 181, 183, 185, 187, 191, 193, 202, 204, 210, 212,
}  # fmt: skip
CONTENT = b"the bytes that a researcher is after\n" * 4000


@dataclass
class World:
    """What the checks speak about."""

    site: Site
    make: Maker
    organization: str
    dataset: str
    private: str
    key: str
    stranger: str
    stranger_address: str

    def details(self, key: str | None = None, dataset: str | None = None) -> httpx.Response:
        return self.site.get(f"/api/datasets/{dataset or self.dataset}", key=key or self.key)

    def session(self, key: str | None = None, dataset: str | None = None) -> httpx.Response:
        return self.site.post(f"/api/datasets/{dataset or self.dataset}/download", key=key or self.key)


@pytest.fixture
def world(site: Site, make: Maker) -> World:
    organization = make.organization()
    email, key = make.person(organization)
    stranger_address, stranger = make.person(None)
    dataset = make.dataset(
        organization,
        name={"en-US": "Voices"},
        short_description="Spoken words",
        long_description="Many spoken words.",
        agreed_by=[email],
        content=CONTENT,
        created="2025-08-26T12:00:00Z",
    )
    private = make.dataset(organization, visibility="private")
    make.load()
    return World(site, make, organization, dataset, private, key, stranger, stranger_address)


@contextlib.contextmanager
def signed_in(world: World) -> Iterator[httpx.Client]:
    """Sign the stranger in on the web, as a browser would."""
    with httpx.Client(base_url=world.site.url, follow_redirects=True, timeout=60) as person:
        answered = send_form(person, "/sign-in", login=world.stranger_address, password=PASSWORD)
        assert answered.status_code == 200
        yield person


def send_form(person: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Open a page, fill in its form and send it with its hidden fields."""
    page = person.get(path).text
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    hidden.pop("next", None)
    # Where a form offers a choice, the first one.
    chosen = dict(re.findall(r'<select name="([^"]+)".*?<option value="([^"]+)"', page, re.DOTALL))
    return person.post(path, data={**hidden, **chosen, **fields})


def reference_page_and_document(world: World) -> None:
    assert "/api/datasets/{datasetId}/download" in world.site.get("/api-reference").text
    document = world.site.get("/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert {"/datasets/{datasetId}", "/datasets/{datasetId}/download"} <= set(document["paths"])
    assert document["servers"] == [{"url": world.site.api}]


def base_address_is_api(world: World) -> None:
    assert world.details().status_code == 200
    assert world.site.get(f"/datasets/{world.dataset}.json", key=world.key).status_code == 404


def key_in_authorization_header(world: World) -> None:
    assert world.details().status_code == 200
    for headers in (
        {},
        {"Authorization": world.key},
        {"Authorization": "Bearer chk_wrong"},
        {"X-Api-Key": world.key},
    ):
        refused = world.site.get(f"/api/datasets/{world.dataset}", headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (401, "Authentication required.")


def keys_are_made_in_profile(world: World) -> None:
    page = world.site.get("/profile/keys", follow_redirects=False)
    # A page for people: a stranger is sent to sign in, not refused with JSON.
    assert page.status_code == 302
    assert page.headers["Location"].startswith("/sign-in")
    with signed_in(world) as person:
        made = send_form(person, "/profile/keys", name="from the page", scopes="read")
    assert made.status_code == 200
    key = re.search(r"chk_[0-9A-Za-z]{49}", made.text)
    assert key
    assert world.details(key=key[0]).status_code == 200


def details_by_id(world: World) -> None:
    by_slug = world.details().json()
    by_id = world.details(dataset=by_slug["id"])
    assert by_id.status_code == 200
    assert by_id.json() == by_slug


def details_show_every_key(world: World) -> None:
    body = world.details().json()
    expected = {
        "slug": world.dataset,
        "name": "Voices",
        "shortDescription": "Spoken words",
        "longDescription": "Many spoken words.",
        "locale": "en",
        "createdAt": "2025-08-26T12:00:00Z",
        "organization": {"name": world.organization.title(), "slug": world.organization},
        "license": "CC0-1.0",
        "task": "NLP",
        "format": "TSV",
        "datasetUrl": f"{world.site.url}/datasets/{body['id']}",
    }
    assert {name: body[name] for name in expected} == expected
    assert re.fullmatch("[0-9]+", body["sizeBytes"])


def unknown_dataset_is_404(world: World) -> None:
    refused = world.details(dataset="no-such-dataset")
    assert (refused.status_code, refused.json()["error"]) == (404, "Dataset not found")


def private_dataset_is_403_to_others(world: World) -> None:
    assert world.details(dataset=world.private).status_code == 200
    refused = world.details(key=world.stranger, dataset=world.private)
    assert refused.status_code == 403
    assert refused.json()["error"] == "Access denied. Private dataset requires organization membership"


def session_after_agreement(world: World) -> None:
    assert world.session(key=world.stranger).status_code == 403
    with signed_in(world) as person:
        page = person.get(f"/datasets/{world.dataset}/terms")
        boxes = re.findall(r'<input type="checkbox" id="box-[^"]+" name="([^"]+)"', page.text)
        assert len(boxes) > 1
        assert "checked" not in page.text
        send_form(person, f"/datasets/{world.dataset}/terms", **dict.fromkeys(boxes, "yes"))
    assert world.session(key=world.stranger).status_code == 200


def session_needs_authentication(world: World) -> None:
    refused = world.site.post(f"/api/datasets/{world.dataset}/download")
    assert (refused.status_code, refused.json()["error"]) == (401, "Authentication required.")


def session_shows_every_key(world: World) -> None:
    body = world.session().json()
    details = world.details().json()
    for name in ("accessRecordId", "downloadToken", "downloadUrl", "expiresAt"):
        assert body[name]
        assert isinstance(body[name], str)
    assert body["downloadToken"].startswith("tok_")
    assert body["sizeBytes"] == details["sizeBytes"]
    assert body["contentType"] == "application/gzip"
    assert body["filename"] == f"{world.dataset}.tar.gz"
    archive = httpx.get(body["downloadUrl"], timeout=60)
    assert archive.headers["Content-Type"] == "application/gzip"
    assert body["checksum"] == f"sha256:{hashlib.sha256(archive.content).hexdigest()}"
    assert body["filename"] in archive.headers["Content-Disposition"]


def session_without_terms_is_403(world: World) -> None:
    refused = world.session(key=world.stranger)
    assert refused.status_code == 403
    assert refused.json()["error"] == "You must agree to the terms of use before downloading this dataset"


def session_of_unknown_dataset_is_404(world: World) -> None:
    refused = world.session(dataset="no-such-dataset")
    assert (refused.status_code, refused.json()["error"]) == (404, "Dataset not found")


def token_route_is_410(world: World) -> None:
    path = f"/api/datasets/{world.dataset}/download/{world.session().json()['downloadToken']}"
    for key in (None, world.key, "chk_wrong"):
        gone = world.site.get(path, key=key)
        assert gone.status_code == 410
        assert gone.json() == {
            "error": "This endpoint has been removed. Use POST /download to get a presigned URL instead."
        }


def limits_are_per_organization(world: World) -> None:
    organization = world.make.organization(request_limit="2/hour")
    _, first = world.make.person(organization)
    _, second = world.make.person(organization)
    world.make.load()
    assert world.details(key=first).status_code == 200
    assert world.details(key=second).status_code == 200
    assert world.details(key=first).status_code == 429
    assert world.details(key=second).status_code == 429
    assert world.details().status_code == 200


def request_limit_has_three_headers(world: World) -> None:
    organization = world.make.organization(request_limit="3/hour")
    _, key = world.make.person(organization)
    world.make.load()
    remaining = [world.details(key=key).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert remaining == ["2", "1", "0"]
    refused = world.details(key=key)
    assert refused.status_code == 429
    assert refused.headers["X-RateLimit-Limit"] == "3"
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert 1 <= int(refused.headers["Retry-After"]) <= 7200
    body = refused.json()
    assert (body["error"], body["type"]) == ("Rate limit exceeded. Please try again later.", "request_limit")


def bandwidth_limit_has_three_headers(world: World) -> None:
    email, key = world.make.person(world.make.organization(daily_bandwidth_limit=10))
    dataset = world.make.dataset(world.organization, agreed_by=[email])
    world.make.load()
    assert world.session(key=key, dataset=dataset).status_code == 200
    refused = world.session(key=key, dataset=dataset)
    assert refused.status_code == 429
    assert refused.json()["type"] == "bandwidth_limit"
    assert refused.json()["limit"]["remaining"] == 0
    assert refused.headers["X-RateLimit-Limit"] == "10"
    assert {"X-RateLimit-Remaining", "Retry-After"} <= {
        name.title().replace("Ratelimit", "RateLimit") for name in refused.headers
    }


def thirty_downloads_a_day(world: World) -> None:
    statuses = [world.session().status_code for _ in range(31)]
    assert statuses == [200] * 30 + [429]
    refused = world.session()
    tomorrow = dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1)
    body = refused.json()
    assert body["error"] == "Rate limit exceeded"
    assert body["limit"] == {"period": "daily", "remaining": 0, "resetsAt": f"{tomorrow}T00:00:00Z"}
    assert 0 < int(refused.headers["Retry-After"]) <= 86400


def urls_go_straight_to_storage_for_twelve_hours(world: World) -> None:
    before = dt.datetime.now(dt.UTC)
    body = world.session().json()
    expires, twelve_hours = dt.datetime.fromisoformat(body["expiresAt"]), dt.timedelta(hours=12)
    # Told in whole seconds.
    second = dt.timedelta(seconds=1)
    assert before + twelve_hours - second <= expires <= dt.datetime.now(dt.UTC) + twelve_hours + second
    assert body["downloadUrl"].startswith(world.site.storage_url)
    # No credentials and no redirect on the way.
    assert httpx.get(body["downloadUrl"], follow_redirects=False, timeout=60).status_code == 200


def downloads_resume_with_ranges(world: World) -> None:
    first = world.session().json()
    whole = httpx.get(first["downloadUrl"], timeout=60).content
    head = httpx.get(first["downloadUrl"], headers={"Range": "bytes=0-99"}, timeout=60)
    again = world.session().json()
    rest = httpx.get(again["downloadUrl"], headers={"Range": "bytes=100-"}, timeout=60)
    assert (head.status_code, rest.status_code) == (206, 206)
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert head.content + rest.content == whole
    assert first["checksum"] == again["checksum"]


def only_granted_requests_count(world: World) -> None:
    organization = world.make.organization(daily_download_limit=2)
    email, key = world.make.person(organization)
    dataset = world.make.dataset(world.organization, agreed_by=[email])
    world.make.load()
    used = lambda: world.site.get("/api/account", key=key).json()["limits"]["downloads"]["used"]  # noqa: E731
    assert world.session(key=key).status_code == 403
    assert world.session(key=key, dataset="no-such-dataset").status_code == 404
    assert used() == 0
    assert world.session(key=key, dataset=dataset).status_code == 200
    assert used() == 1


def no_agreement_through_the_api(world: World) -> None:
    document = world.site.get("/api/openapi.json").json()
    assert not [path for path in document["paths"] if "agree" in path or "terms" in path]
    for body in ({"agree": True}, {"agreeToTerms": True}, {"termsAccepted": True}):
        refused = world.site.post(f"/api/datasets/{world.dataset}/download", key=world.stranger, json=body)
        assert refused.status_code == 403
    agree_url = urlsplit(refused.json()["agreeUrl"])
    assert agree_url.path.endswith("/terms")
    # A key agrees to nothing on that page either: it asks for a signed-in person and the page's own form.
    boxes = {"read": "yes", "follow": "yes", "delete": "yes"}
    assert world.site.post(agree_url.path, key=world.stranger, data=boxes).status_code == 403
    assert world.session(key=world.stranger).status_code == 403


def bad_parameters_are_400_with_details(world: World) -> None:
    refused = world.site.get("/api/datasets?page=two", key=world.key)
    assert refused.status_code == 400
    body = refused.json()
    assert body["error"] == "Invalid request parameters."
    assert body["details"] == {"page": "Must be a valid integer."}


def bad_authentication_is_401(world: World) -> None:
    key_in_authorization_header(world)
    refused = world.site.get("/api/datasets", headers={"Authorization": "Bearer"})
    assert (refused.status_code, refused.json()["error"]) == (401, "Authentication required.")


def large_downloads_need_no_site_thread(world: World) -> None:
    parts = urlsplit(world.session().json()["downloadUrl"])
    slow = []
    for _ in range(40):
        reader = socket.create_connection((parts.hostname, parts.port))
        reader.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        slow.append(reader)
    try:
        assert world.details().status_code == 200
    finally:
        for reader in slow:
            reader.close()


# First line, last line, what the document says there (in short), and the check.
TABLE: list[tuple[int, int, str, Callable[[World], None]]] = [
    (1, 3, "a REST reference for programmatic access", reference_page_and_document),
    (5, 9, "everything lies below /api", base_address_is_api),
    (11, 15, "a key in the Authorization header", key_in_authorization_header),
    (17, 17, "keys are made and managed in the profile", keys_are_made_in_profile),
    (19, 24, "GET details of one dataset", details_by_id),
    (26, 29, "details need a Bearer token", key_in_authorization_header),
    (31, 38, "the dataset's id in the path", details_by_id),
    (40, 58, "the details' keys, texts and types", details_show_every_key),
    (59, 62, "404 for an unknown dataset", unknown_dataset_is_404),
    (64, 66, "403 for a private dataset of others", private_dataset_is_403_to_others),
    (68, 71, "POST a session, after agreeing on the web", session_after_agreement),
    (73, 76, "sessions need a Bearer token", session_needs_authentication),
    (78, 85, "the dataset's id in the path", session_after_agreement),
    (87, 97, "the session's keys, texts and types", session_shows_every_key),
    (98, 101, "403 without agreement", session_without_terms_is_403),
    (103, 105, "404 for an unknown dataset", session_of_unknown_dataset_is_404),
    (107, 109, "401 without credentials", session_needs_authentication),
    (111, 113, "429 once the limit is reached", thirty_downloads_a_day),
    (115, 118, "the token route is gone", token_route_is_410),
    (120, 137, "which needs no credentials to say so", token_route_is_410),
    (139, 142, "410 with its text", token_route_is_410),
    (144, 146, "limits per organization, on requests and bandwidth", limits_are_per_organization),
    (146, 146, "limits per organization, on requests and bandwidth", bandwidth_limit_has_three_headers),
    (148, 154, "429 with three headers", request_limit_has_three_headers),
    (155, 166, "30 downloads a day, until midnight UTC, with the limit object", thirty_downloads_a_day),
    (
        168,
        172,
        "presigned URLs straight to storage, for 12 hours",
        urls_go_straight_to_storage_for_twelve_hours,
    ),
    (170, 172, "which spares the site the bytes", large_downloads_need_no_site_thread),
    (174, 176, "ranges, and a new URL to go on with", downloads_resume_with_ranges),
    (178, 180, "30 a day, each POST counts", only_granted_requests_count),
    (182, 184, "terms are agreed to on the web only", no_agreement_through_the_api),
    (186, 199, "400 with details by field", bad_parameters_are_400_with_details),
    (200, 207, "401 with its text", bad_authentication_is_401),
    (208, 216, "429 with its text and type", request_limit_has_three_headers),
]


def test_no_line_of_the_document_is_missing():
    named = {line for first, last, _, _ in TABLE for line in range(first, last + 1)}
    assert set(range(1, LAST_LINE + 1)) - named <= BLANK_LINES


@pytest.mark.parametrize(
    "check", [pytest.param(check, id=f"{first}-{last} {says}") for first, last, says, check in TABLE]
)
def test_the_document_holds(check: Callable[[World], None], world: World):
    check(world)
