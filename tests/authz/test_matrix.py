"""Who may do what: every route of the Data Collective API for every kind of caller and every state of what it names.

The tables below say what is answered; a route that is in none of them fails the last test.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from commonhold.server.catalogue.models import Dataset
from tests.support.collection import Maker, archive
from tests.support.publishing import Publisher, file, publisher
from tests.support.site import Site, unique

ANONYMOUS, STRANGER, MEMBER, PUBLISHER, OWNER = "anonymous", "stranger", "member", "publisher", "owner"
REVIEWER, OPERATOR, UNSCOPED = "reviewer", "operator", "key without scope"
CALLERS = (ANONYMOUS, STRANGER, MEMBER, PUBLISHER, OWNER, REVIEWER, OPERATOR, UNSCOPED)
INSIDERS = (MEMBER, PUBLISHER, OWNER)
EDITORS = (PUBLISHER, OWNER)

PUBLIC, RESTRICTED, PRIVATE, REMOVED, WITHHELD, DRAFT = (
    "public", "restricted", "private", "removed", "withheld", "draft",
)  # fmt: skip
STATES = (PUBLIC, RESTRICTED, PRIVATE, REMOVED, WITHHELD, DRAFT)


@dataclass
class World:
    """One organization with a dataset in every state, and a key of every kind; all callers agreed to all terms."""

    site: Site
    keys: dict[str, str | None] = field(default_factory=dict)
    datasets: dict[str, str] = field(default_factory=dict)
    publisher: Publisher | None = None
    file: Path = Path()


@pytest.fixture(scope="module")
def world(site: Site, tmp_path_factory: pytest.TempPathFactory) -> World:
    make = Maker(tmp_path_factory.mktemp("collection"))
    found = World(site, {ANONYMOUS: None})
    own = make.organization(daily_download_limit=100_000)
    # The site's people work for an organization that may publish too: their keys have every scope.
    elsewhere = make.organization(daily_download_limit=100_000)
    emails = {}
    for name, organization, role, more in (
        (STRANGER, elsewhere, "owner", {}), (MEMBER, own, "member", {}), (PUBLISHER, own, "publisher", {}),
        (OWNER, own, "owner", {}), (REVIEWER, elsewhere, "owner", {"roles": ["reviewer"]}),
        (OPERATOR, elsewhere, "owner", {"roles": ["operator"]}),
        (UNSCOPED, own, "owner", {"api_key": {"scopes": []}}),
    ):  # fmt: skip
        emails[name], found.keys[name] = make.person(organization, role, **more)
    for state in STATES[:-1]:
        visibility = state if state in {PUBLIC, RESTRICTED, PRIVATE} else PUBLIC
        status = state if state in {REMOVED, WITHHELD} else "published"
        sample = (
            {}
            if state == REMOVED
            else {"sample": str(archive(make.folder, f"{unique('few')}.tar.gz", b"few"))}
        )
        found.datasets[state] = make.dataset(
            own, visibility=visibility, status=status, agreed_by=list(emails.values()), **sample
        )
    found.datasets[DRAFT] = unique("never-published")
    make.load()
    found.publisher = Publisher(site, own, emails[OWNER], found.keys[OWNER] or "")
    found.file = file(tmp_path_factory.mktemp("files"))
    return found


def seen(caller: str, state: str) -> int:
    """Whether a caller may know of a dataset: the answer to reading its description."""
    if caller == ANONYMOUS:
        return 401
    if state == DRAFT:
        return 404
    if caller == UNSCOPED or (state == PRIVATE and caller not in INSIDERS):
        return 403
    return {REMOVED: 410, WITHHELD: 451}.get(state, 200)


def downloaded(caller: str, state: str) -> int:
    if state == RESTRICTED and caller not in {ANONYMOUS, *INSIDERS}:
        return 403
    return seen(caller, state)


def asked(caller: str, state: str) -> int:
    if seen(caller, state) != 200:
        return seen(caller, state)
    return 200 if state == RESTRICTED and caller not in INSIDERS else 409


def desk(caller: str, state: str) -> int:
    if seen(caller, state) != 200:
        return seen(caller, state)
    return 200 if caller in EDITORS else 403


DATASET_ROUTES: dict[tuple[str, str], Callable[[str, str], int]] = {
    ("GET", "/datasets/{datasetId}"): seen,
    ("GET", "/datasets/{datasetId}/versions"): seen,
    ("POST", "/datasets/{datasetId}/download"): downloaded,
    ("POST", "/datasets/{datasetId}/sample-download"): downloaded,
    ("GET", "/datasets/{datasetId}/pieces"): downloaded,
    ("GET", "/datasets/{datasetId}/members"): downloaded,
    ("POST", "/datasets/{datasetId}/access-requests"): asked,
    ("GET", "/datasets/{datasetId}/access-requests"): desk,
}


def described() -> set[tuple[str, str]]:
    from commonhold.server.api.collective.description import OPERATIONS

    return {(operation.method.upper(), operation.path) for operation in OPERATIONS}


@pytest.mark.parametrize(("method", "path"), DATASET_ROUTES)
def test_routes_of_datasets(world: World, method: str, path: str) -> None:
    assert (method, path) in described()
    wrong = {}
    for state in STATES:
        for caller in CALLERS:
            address = "/api" + path.format(datasetId=world.datasets[state])
            answer = world.site.request(method, address, key=world.keys[caller])
            expected = DATASET_ROUTES[method, path](caller, state)
            if answer.status_code != expected:
                wrong[caller, state] = (answer.status_code, expected, answer.text[:200])
    assert not wrong


def test_loading_schemas_and_lists(world: World) -> None:
    """What a stranger's list holds is public or restricted; nobody's list tells of what they may not see."""
    for caller in CALLERS:
        if caller in {ANONYMOUS, UNSCOPED}:
            continue
        slugs: set[str] = set()
        for page in range(1, 50):
            items = world.site.get(f"/api/datasets?limit=100&page={page}", key=world.keys[caller]).json()[
                "items"
            ]
            if not items:
                break
            slugs |= {item["slug"] for item in items}
        shown = {state for state in STATES if world.datasets[state] in slugs}
        assert shown == {PUBLIC, RESTRICTED, *([PRIVATE] if caller in INSIDERS else [])}, caller
    for state in STATES:
        answer = world.site.get(f"/registry/main/registry/{world.datasets[state]}/schema.yaml")
        assert answer.status_code in {404, 410, 451}, state
        assert state != PRIVATE or "private" not in answer.text


# What a caller who may do it is answered does not matter here, as long as it is no refusal of the person.
ALLOWED, REFUSED = "allowed", 403
SUBMISSION_ROUTES: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/submissions/{submissionId}"): (*EDITORS, REVIEWER, OPERATOR),
    ("PATCH", "/submissions/{submissionId}"): EDITORS,
    ("POST", "/submissions/{submissionId}"): EDITORS,
    ("POST", "/submissions/{submissionId}/retract"): EDITORS,
    ("DELETE", "/submissions/{submissionId}"): EDITORS,
    ("POST", "/uploads"): EDITORS,
    ("GET", "/uploads/{fileUploadId}"): EDITORS,
    ("POST", "/uploads/{fileUploadId}"): EDITORS,
    ("POST", "/uploads/{fileUploadId}/parts"): EDITORS,
    ("GET", "/uploads/{fileUploadId}/parts/{partNumber}"): EDITORS,
    ("POST", "/submissions/{submissionId}/sample"): EDITORS,
    ("GET", "/submissions/{submissionId}/sample/{fileUploadId}"): EDITORS,
    ("POST", "/submissions/{submissionId}/sample/{fileUploadId}"): EDITORS,
    ("POST", "/submissions/{submissionId}/sample/{fileUploadId}/parts"): EDITORS,
    ("GET", "/submissions/{submissionId}/sample/{fileUploadId}/parts/{partNumber}"): EDITORS,
}


@pytest.mark.parametrize(("method", "path"), SUBMISSION_ROUTES)
def test_routes_of_submissions(world: World, method: str, path: str) -> None:
    one = world.publisher
    assert one is not None
    wrong = {}
    for caller in CALLERS:
        submission = one.draft()
        upload = one.begin(submission, world.file, sample="/sample" in path)
        address = path.format(submissionId=submission, fileUploadId=upload["fileUploadId"], partNumber=1)
        bodies = {
            "/uploads": {"submissionId": submission, "filename": "x.tar.gz", "fileSize": 9, "mimeType": "application/gzip"},
            "/submissions/{submissionId}/sample": {"filename": "x.tar.gz", "fileSize": 9, "mimeType": "application/gzip"},
            "/parts": {"partNumbers": [1]},
        }  # fmt: skip
        completion = {"uploadId": upload["uploadId"], "parts": [{"partNumber": 1, "etag": "x"}]}
        body = bodies.get(path) or (bodies["/parts"] if path.endswith("/parts") else completion)
        sent = {} if method in {"GET", "DELETE"} else {"json": body}
        status = world.site.request(method, f"/api{address}", key=world.keys[caller], **sent).status_code
        expected = (
            401 if caller == ANONYMOUS else ALLOWED if caller in SUBMISSION_ROUTES[method, path] else REFUSED
        )
        if (expected == ALLOWED and status in {401, 403, 404, 410, 500}) or expected not in {ALLOWED, status}:
            wrong[caller] = (status, expected)
        one.call("DELETE", f"/submissions/{submission}")
    assert not wrong


def test_beginning_and_listing_submissions(world: World, site: Site) -> None:
    for caller in CALLERS:
        begun = site.post("/api/submissions", key=world.keys[caller], json={"name": "x"}).status_code
        listed = site.get("/api/submissions", key=world.keys[caller])
        # Strangers, reviewers and operators publish for an organization of their own.
        expected = {ANONYMOUS: (401, 401), MEMBER: (403, 403), UNSCOPED: (403, 403)}.get(caller, (201, 200))
        assert (begun, listed.status_code) == expected, caller
        if caller in {STRANGER, REVIEWER, OPERATOR}:
            assert all(item["name"] == "x" for item in listed.json()["items"])


def test_deciding_about_requests(world: World, site: Site) -> None:
    asked_for = site.post(
        f"/api/datasets/{world.datasets[RESTRICTED]}/access-requests", key=world.keys[STRANGER]
    )
    identifier = asked_for.json()["id"]
    assert asked_for.json()["requester"] is None
    for caller in CALLERS:
        if caller in EDITORS:
            continue
        status = site.post(
            f"/api/access-requests/{identifier}", key=world.keys[caller], json={"status": "approved"}
        ).status_code
        expected = {ANONYMOUS: 401, MEMBER: 403, UNSCOPED: 403}.get(caller, 404)
        assert status == expected, caller
    download = f"/api/datasets/{world.datasets[RESTRICTED]}/download"
    for status, answered in (("approved", 200), ("revoked", 403), ("approved", 200), ("revoked", 403)):
        decided = site.post(
            f"/api/access-requests/{identifier}", key=world.keys[OWNER], json={"status": status}
        )
        assert decided.json()["status"] == status
        assert site.post(download, key=world.keys[STRANGER]).status_code == answered


def test_reviewing_in_this_process(world: World, site: Site, make: Maker) -> None:
    """Reviews have no route in this API; their actions hold the same rules."""
    from commonhold.server.accounts.models import Person
    from commonhold.server.kit.viewer import SCOPES, Viewer
    from commonhold.server.submissions import rules
    from commonhold.server.submissions.actions import review

    one = publisher(site, make)
    inside, _ = make.person(one.organization, "member", roles=["reviewer"])
    outside, _ = make.person(None, roles=["reviewer"])
    make.load()
    submission = one.draft()
    one.send(submission, world.file)
    assert one.submit(submission).status_code == 200

    def viewer(email: str, *roles: str) -> Viewer:
        person = Person.objects.get(email=email)
        return Viewer(person=person.pk, site_roles=frozenset(roles), scopes=frozenset(SCOPES))

    for who, reason in (
        (viewer(one.email), rules.Reason.NOT_REVIEWER), (viewer(inside, "reviewer"), rules.Reason.OWN_SUBMISSION),
    ):  # fmt: skip
        for decide in (
            lambda who=who: review.start(who, submission), lambda who=who: review.approve(who, submission),
            lambda who=who: review.reject(who, submission, "no"),
            lambda who=who: review.request_edits(who, submission, "no"),
        ):  # fmt: skip
            with pytest.raises(rules.Refused) as refused:
                decide()
            assert refused.value.reason is reason
    assert review.start(viewer(outside, "reviewer"), submission).status == "in_review"
    assert one.call("PATCH", f"/submissions/{submission}", {"format": "CSV"}).status_code == 409
    assert review.request_edits(viewer(outside, "reviewer"), submission, "Mend it.").review_note == "Mend it."
    assert one.state(submission)["status"] == "edits_requested"
    # Where nobody else could, one of their own may.
    one.submit(submission)
    others = list(Person.objects.filter(is_reviewer=True).exclude(email=inside).values_list("pk", flat=True))
    try:
        Person.objects.filter(pk__in=others).update(is_reviewer=False)
        assert review.start(viewer(inside, "reviewer"), submission).status == "in_review"
    finally:
        # Other tests need them.
        Person.objects.filter(pk__in=others).update(is_reviewer=True)


def test_purchases_open_what_has_a_price(site: Site, make: Maker) -> None:
    from commonhold.server.access.actions import grant_purchase, revoke_purchase
    from commonhold.server.organizations.models import Organization

    seller, buyer = make.organization(), make.organization()
    email, key = make.person(buyer)
    insider, own = make.person(seller)
    slug = make.dataset(seller, price={"base_price_cents": 20_000}, agreed_by=[email, insider])
    make.load()
    download = f"/api/datasets/{slug}/download"
    assert site.get(f"/api/datasets/{slug}", key=key).json()["pricing"]["basePriceCents"] == 20_000
    assert site.post(download, key=key).status_code == 402
    assert site.post(download, key=own).status_code == 200
    dataset, organization = Dataset.objects.get(slug=slug), Organization.objects.get(slug=buyer)
    assert grant_purchase(None, organization, dataset).pk == grant_purchase(None, organization, dataset).pk
    assert site.post(download, key=key).status_code == 200
    assert revoke_purchase(None, organization, dataset)
    assert not revoke_purchase(None, organization, dataset)
    assert site.post(download, key=key).status_code == 402


ELSEWHERE = {
    ("GET", "/datasets"), ("GET", "/datasets/filters"), ("GET", "/submissions"), ("POST", "/submissions"),
    ("POST", "/access-requests/{requestId}"),
}  # fmt: skip
OPEN = {
    ("GET", "/health"), ("GET", "/datasets/{datasetId}/download/{downloadToken}"),
    # Whoever signs in has no key yet; what a code opens: tests/server/credentials/test_device_sign_in.py.
    ("POST", "/device/authorize"), ("POST", "/device/token"),
}  # fmt: skip
ANYBODY_WITH_A_KEY = {("GET", "/account"), ("DELETE", "/account/key")}


def test_no_route_is_left_out() -> None:
    known = {*DATASET_ROUTES, *SUBMISSION_ROUTES, *ELSEWHERE, *OPEN, *ANYBODY_WITH_A_KEY}
    assert described() <= known
