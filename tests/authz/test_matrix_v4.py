"""Who may do what with submissions under ``/api/v4/``: every route for every kind of caller.

A route that the table does not have fails the last test.
"""

from pathlib import Path

import pytest

from tests.authz.test_matrix import (
    ANONYMOUS,
    CALLERS,
    EDITORS,
    MEMBER,
    OPERATOR,
    OWNER,
    PUBLISHER,
    REVIEWER,
    STRANGER,
    UNSCOPED,
)
from tests.support.collection import Maker
from tests.support.publishing import Publisher
from tests.support.site import Site

REVIEWERS = (REVIEWER, OPERATOR)
ROUTES: dict[tuple[str, str], tuple[str, ...]] = {
    ("GET", "/submissions/"): (*EDITORS, STRANGER, MEMBER, *REVIEWERS),
    ("POST", "/submissions/"): (*EDITORS, STRANGER, *REVIEWERS),
    ("GET", "/submissions/{submission}/"): (*EDITORS, *REVIEWERS),
    ("PATCH", "/submissions/{submission}/"): EDITORS,
    ("PUT", "/submissions/{submission}/"): EDITORS,
    ("DELETE", "/submissions/{submission}/"): EDITORS,
    ("POST", "/submissions/{submission}/submit/"): EDITORS,
    ("POST", "/submissions/{submission}/retract/"): EDITORS,
    ("POST", "/submissions/{submission}/start-review/"): REVIEWERS,
    ("POST", "/submissions/{submission}/approve/"): REVIEWERS,
    ("POST", "/submissions/{submission}/reject/"): REVIEWERS,
    ("POST", "/submissions/{submission}/request-edits/"): REVIEWERS,
}


@pytest.fixture(scope="module")
def keys(site: Site, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    """A key of every kind; strangers, reviewers and operators publish for an organization of their own."""
    make = Maker(tmp_path_factory.mktemp("collection"))
    own, elsewhere = make.organization(), make.organization()
    found: dict[str, str | None] = {ANONYMOUS: None, "slug": own}
    for name, organization, role, more in (
        (STRANGER, elsewhere, "owner", {}), (MEMBER, own, "member", {}), (PUBLISHER, own, "publisher", {}),
        (OWNER, own, "owner", {}), (REVIEWER, elsewhere, "owner", {"roles": ["reviewer"]}),
        (OPERATOR, elsewhere, "owner", {"roles": ["operator"]}),
        (UNSCOPED, own, "owner", {"api_key": {"scopes": ["read", "download"]}}),
    ):  # fmt: skip
        _, found[name] = make.person(organization, role, **more)
    make.load()
    return found


def refusal(caller: str, path: str) -> int:
    """Return the answer to a caller who may not: what they may not see is not there for them."""
    if caller == ANONYMOUS:
        return 401
    return 404 if caller == STRANGER and "{" in path else 403


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_routes_of_submissions(site: Site, keys: dict[str, str | None], method: str, path: str) -> None:
    one = Publisher(site, keys["slug"] or "", "", keys[OWNER] or "")
    wrong = {}
    for caller in CALLERS:
        address = path.format(submission=one.draft())
        body = (
            {}
            if method in {"GET", "DELETE"}
            else {"json": {"name": "x", "note": "x", "agree_to_submit": True}}
        )
        status = site.request(method, f"/api/v4{address}", key=keys[caller], **body).status_code
        if caller in ROUTES[method, path]:
            # What somebody who may is answered depends on the state, but is no refusal of the person.
            fine = status in {200, 201, 204, 400}
        else:
            fine = status == refusal(caller, path)
        if not fine:
            wrong[caller] = status
    assert not wrong


def test_the_queue_is_the_reviewers(site: Site, keys: dict[str, str | None]) -> None:
    for caller in CALLERS:
        status = site.request("GET", "/api/v4/submissions/?queue=review", key=keys[caller]).status_code
        assert status == (200 if caller in REVIEWERS else 401 if caller == ANONYMOUS else 403), caller


def test_nobody_reviews_for_their_own_organization(site: Site, make: Maker, tmp_path: Path) -> None:
    own, elsewhere = make.organization(), make.organization()
    _, key = make.person(own, "owner", roles=["reviewer"])
    make.person(elsewhere, roles=["reviewer"])
    make.load()
    one = Publisher(site, own, "", key)
    address = f"/api/v4/submissions/{one.draft()}/"
    for step in ("start-review", "approve"):
        assert site.request("POST", f"{address}{step}/", key=key, json={}).status_code == 403


def test_every_route_is_in_the_table() -> None:
    from commonhold.server.api.v4.operations import OPERATIONS

    described = {(operation.method.upper(), operation.path) for operation in OPERATIONS}
    assert {route for route in described if route[1].startswith("/submissions/")} == set(ROUTES)
