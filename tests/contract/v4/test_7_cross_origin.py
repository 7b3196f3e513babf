"""Sections 7, 8, 9 and 11 of the v4 conventions: other origins, limits, versions, and what clients rely on."""

import re

import pytest

from tests.contract.v4.conftest import World
from tests.support.site import start_site

ORIGIN = {"Origin": "https://example.org"}
STAR = "Access-Control-Allow-Origin"


def test_rules_7_01_and_7_02_a_star_where_there_is_an_origin(steady: World) -> None:
    for path in ("datasets/", "site/", "openapi.json", "datasets/search/"):
        assert steady.get(path, headers=ORIGIN).headers[STAR] == "*"
        assert STAR not in steady.get(path).headers


def test_rule_7_03_no_credentials_and_nothing_exposed(steady: World) -> None:
    headers = steady.get("datasets/", headers=ORIGIN).headers
    assert not {"access-control-allow-credentials", "access-control-expose-headers"} & set(headers)


def test_rule_7_04_not_for_sessions_nor_versions_there_are_not(steady: World) -> None:
    for method in ("POST", "DELETE", "OPTIONS"):
        for path in ("accounts/session/", "accounts/session"):
            answer = steady.call(method, path, headers={**ORIGIN, "Access-Control-Request-Method": "POST"})
            assert STAR not in answer.headers
    assert STAR not in steady.site.get("/api/v9/site/", headers=ORIGIN).headers
    assert STAR in steady.site.get("/api/datasets", headers=ORIGIN).headers
    assert STAR in steady.get("accounts/profile/", headers=ORIGIN).headers


def test_rule_7_05_on_errors_as_well(steady: World) -> None:
    answers = [
        steady.get("datasets", headers=ORIGIN, follow_redirects=False), steady.get("accounts/profile/", headers=ORIGIN),
        steady.get("nope/", headers=ORIGIN), steady.call("DELETE", "tasks/", headers=ORIGIN, key=steady.owner_key),
        steady.get("datasets/?page=0", headers=ORIGIN), steady.get("datasets/search/?sort=x", headers=ORIGIN),
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [301, 401, 404, 405, 404, 400]
    assert {answer.headers[STAR] for answer in answers} == {"*"}


@pytest.mark.parametrize("path", ["datasets/", "nope/", "accounts/profile/"])
def test_rule_7_06_preflight(steady: World, path: str) -> None:
    headers = {**ORIGIN, "Access-Control-Request-Method": "PATCH", "Accept": "text/html"}
    answer = steady.call("OPTIONS", path, headers=headers)
    assert (answer.status_code, answer.content) == (200, b"")
    assert words(answer.headers["Access-Control-Allow-Methods"]) == {
        "delete",
        "get",
        "options",
        "patch",
        "post",
        "put",
    }
    assert words(answer.headers["Access-Control-Allow-Headers"]) == {
        "accept", "accept-encoding", "authorization", "content-type", "dnt", "origin", "user-agent", "x-csrftoken",
        "x-requested-with",
    }  # fmt: skip
    assert answer.headers["Access-Control-Max-Age"] == "86400"


def words(header: str) -> set[str]:
    return {word.strip().lower() for word in header.split(",")}


def test_rule_7_07_options_that_is_no_preflight(steady: World) -> None:
    answer = steady.call("OPTIONS", "datasets/", headers=ORIGIN)
    assert answer.json()["renders"] == ["application/json"]
    assert "Access-Control-Allow-Methods" in answer.headers


def test_rule_7_08_vary(steady: World) -> None:
    for headers in ({}, ORIGIN):
        assert {"origin", "accept-language"} <= words(
            steady.get("datasets/", headers=headers).headers["Vary"]
        )


def test_rule_7_09_each_answer_has_an_id(steady: World) -> None:
    assert re.fullmatch("[0-9a-f]{32}", steady.get("site/").headers["X-Request-ID"])


def test_rule_8_01_throttled(world: World) -> None:
    with start_site(COMMONHOLD_REQUEST_LIMIT="20/hour") as site:
        answers = [site.get("/api/v4/datasets/") for _ in range(21)]
        refused = answers[-1]
        assert [answer.status_code for answer in answers[:20]] == [200] * 20
        assert refused.status_code == 429
        seconds = int(refused.headers["Retry-After"])
        assert seconds >= 1
        assert re.fullmatch(
            r"Request was throttled\. Expected available in \d+ seconds?\.", refused.json()["detail"]
        )
        assert set(refused.json()) == {"detail"}
        french = site.get("/api/v4/datasets/?lang=fr").json()["detail"]
        assert french.startswith("La requête a été ralentie. Disponible dans environ ")
        # Rule 2.9: 401 before 429, 429 before 405 and 400, 404 before all of them.
        assert site.get("/api/v4/datasets/", headers={"Authorization": "Bearer x"}).status_code == 401
        assert site.request("POST", "/api/v4/accounts/session/", content=b"{").status_code == 429
        assert site.request("BREW", "/api/v4/accounts/session/").status_code == 429
        assert site.get("/api/v4/nope/").status_code == 404
        # Somebody known has a limit of their own.
        assert site.get("/api/v4/datasets/", key=world.owner_key).status_code == 200


def test_rule_8_01_one_second_is_singular() -> None:
    from django.utils import translation

    from commonhold.server.api.v4.errors import throttled

    assert throttled(1) == "Request was throttled. Expected available in 1 second."
    assert throttled(60) == "Request was throttled. Expected available in 60 seconds."
    assert throttled(None) == "Request was throttled."
    with translation.override("ar"):
        assert len({throttled(number).replace(str(number), "") for number in (1, 2, 3, 11)}) == 4


def test_rules_9_01_9_05_and_9_06_other_versions_and_paths_are_json_404(steady: World) -> None:
    for path in (
        "/api/v9/site/",
        "/api/v9/x",
        "/api/v3/site/",
        "/api/v5/datasets/",
        "/api/v9",
        "/api/v4",
        "/api/v4/nope/",
    ):
        answer = steady.site.get(path)
        assert (answer.status_code, answer.json()) == (404, {"detail": "Not found."})
        assert answer.headers["Content-Type"] == "application/json"


def test_rule_9_03a_v4_is_flat_with_lang_and_takes_strings(world: World) -> None:
    assert world.get(f"datasets/{world.dataset}/?lang=fr").json()["name"] == "Jeux"
    assert world.edit({"name": "Text"}).status_code == 200


def test_rule_9_04_no_constant_of_later_versions(steady: World) -> None:
    assert steady.get("datasets/", auth="Session abc").status_code == 200


def test_rule_11_01_accept_language_star_and_a_life_of_300_seconds(steady: World) -> None:
    import time

    now = int(time.time())
    auth = steady.jwt(iat=now, exp=now + 300)
    for _ in range(3):
        answer = steady.get("accounts/profile/", auth=auth, headers={"Accept-Language": "*"})
        assert answer.status_code == 200


def test_rule_11_03_field_errors_are_arrays_and_codes_strings(steady: World) -> None:
    assert steady.edit({"name": ""}).json() == {"name": ["This field may not be blank."]}
    assert isinstance(steady.get("datasets/", auth="JWT x").json()["code"], str)


def test_rule_11_04_clients_that_omit_slashes_follow(steady: World) -> None:
    assert steady.get(f"datasets/{steady.dataset}", follow_redirects=True).status_code == 200


def test_hosts_that_are_not_ours_are_400(steady: World) -> None:
    answer = steady.get("datasets/", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()) == (
        400, {"non_field_errors": ["This site does not answer to that host name."]},
    )  # fmt: skip
