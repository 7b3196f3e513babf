"""Section 1 of the v4 conventions: status codes, and the form of every answer."""

import json
import re

import pytest
from django.db import connection

from tests.contract.v4.conftest import PASSWORD, World


def test_rule_1_01_success_is_200(steady: World) -> None:
    assert steady.get("datasets/").status_code == 200


def test_rule_1_02_created_is_201(steady: World) -> None:
    answer = steady.call("POST", "accounts/session/", json={"email": steady.owner, "password": PASSWORD})
    assert answer.status_code == 201
    assert set(answer.json()) == {"token", "expires"}


def test_rule_1_04_nothing_to_say_is_204(steady: World) -> None:
    answer = steady.call("DELETE", "accounts/session/", key=steady.sign_in())
    assert (answer.status_code, answer.content) == (204, b"")


def test_rule_1_05_bad_parameters_are_400(steady: World) -> None:
    answer = steady.get("datasets/search/?sort=zz")
    assert (answer.status_code, answer.json()) == (400, {"sort": ['"zz" is not a valid choice.']})


def test_rule_1_06_authentication_needed_is_401(steady: World) -> None:
    assert steady.get("accounts/profile/").status_code == 401


def test_rule_1_07_not_permitted_is_403(steady: World) -> None:
    answer = steady.call(
        "PATCH", f"datasets/{steady.dataset}/", key=steady.stranger_key, json={"name": "Mine"}
    )
    assert answer.status_code == 403


@pytest.mark.parametrize("name", ["no-such-dataset", "a%00b", "x" * 300, "..", "%F0%9F%8E%B2"])
def test_rule_1_08_what_is_not_there_is_404(steady: World, name: str) -> None:
    for path in (f"datasets/{name}/", f"organizations/{name}/"):
        answer = steady.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_rule_1_08_what_may_not_be_seen_is_404(world: World) -> None:
    private = world.make.dataset(world.organization, visibility="private")
    world.make.load()
    assert world.get(f"datasets/{private}/", key=world.owner_key).status_code == 200
    for key in (None, world.stranger_key):
        answer = world.get(f"datasets/{private}/", key=key)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})


def test_rule_1_09_withheld_is_451_to_those_who_could_have_seen_it(world: World) -> None:
    withheld = world.make.dataset(world.organization, status="withheld")
    hidden = world.make.dataset(world.organization, status="withheld", visibility="private")
    world.make.load()
    assert world.get(f"datasets/{withheld}/").status_code == 451
    assert world.get(f"datasets/{hidden}/").status_code == 404
    assert world.get(f"datasets/{hidden}/", key=world.owner_key).status_code == 451


def test_rule_1_12_removed_is_410(world: World) -> None:
    removed = world.make.dataset(world.organization)
    world.make.load()
    assert world.call("DELETE", f"datasets/{removed}/", key=world.stranger_key).status_code == 403
    assert world.call("DELETE", f"datasets/{removed}/").status_code == 401
    assert world.call("DELETE", f"datasets/{removed}/", key=world.owner_key).status_code == 204
    answer = world.get(f"datasets/{removed}/")
    assert (answer.status_code, answer.json()) == (410, {"detail": "This dataset was removed."})


def test_rule_1_13_451_says_why_and_links(world: World) -> None:
    from tests.support.site import start_site

    withheld = world.make.dataset(world.organization, status="withheld")
    world.make.load()
    with start_site(COMMONHOLD_LEGAL_URL="https://example.org/legal") as site:
        answer = site.get(f"/api/v4/datasets/{withheld}/")
    assert answer.json() == {"detail": "Unavailable for legal reasons."}
    assert answer.headers["Link"] == '<https://example.org/legal>; rel="blocked-by"'


def test_rules_1_10_and_1_14_an_unknown_failure_is_500_as_json(steady: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_terms RENAME TO access_terms_away")
    try:
        answer = steady.get(f"datasets/{steady.dataset}/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE access_terms_away RENAME TO access_terms")
    assert (answer.status_code, answer.json()) == (500, {"detail": "Internal Server Error"})
    assert answer.headers["Content-Type"] == "application/json"
    assert steady.get(f"datasets/{steady.dataset}/").status_code == 200


@pytest.mark.parametrize("path", ["nope/", "datasets/a/b/c/", "", "site/x", "nope", "datasets//"])
def test_rule_1_15_unmatched_paths_are_json_404(steady: World, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = steady.call(method, path, key="broken")
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
        assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"])
def test_rule_1_16_without_slash_every_method_is_redirected(steady: World, method: str) -> None:
    answer = steady.call(method, f"datasets/{steady.dataset}?lang=fr&x=%2F", follow_redirects=False)
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"/api/v4/datasets/{steady.dataset}/?lang=fr&x=%2F"


def test_rule_1_17_json_requests_are_read(world: World) -> None:
    content = json.dumps({"name": {"fr": "Ludique"}})
    answer = world.call(
        "PATCH", f"datasets/{world.dataset}/", key=world.owner_key, content=content,
        headers={"Content-type": "application/json"},
    )  # fmt: skip
    assert answer.json()["name"]["fr"] == "Ludique"


def test_rule_1_18_json_is_compact_and_raw(steady: World) -> None:
    answer = steady.get(f"datasets/{steady.dataset}/")
    assert answer.headers["Content-Type"] == "application/json"
    assert "ಆಟಗಳು" in answer.text
    assert '": ' not in answer.text.partition('"terms"')[0]


def test_rule_1_19_dates_have_seconds_and_z(steady: World) -> None:
    body = steady.get(f"datasets/{steady.dataset}/").json()
    assert body["created"] == "2025-08-26T12:00:00Z"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["updated"])
