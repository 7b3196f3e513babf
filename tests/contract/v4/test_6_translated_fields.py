"""Section 6 of the v4 conventions: translated fields, on the way out and on the way in."""

from typing import Any

import pytest

from tests.contract.v4.conftest import World

ALL = {"en-US": "Games", "fr": "Jeux", "kn": "ಆಟಗಳು"}


def name(world: World, query: str = "", **arguments: Any) -> Any:
    return world.get(f"datasets/{world.dataset}/{query}", **arguments).json()["name"]


def test_rule_6_01_every_translation_by_default(steady: World) -> None:
    body = steady.get(f"datasets/{steady.dataset}/").json()
    assert body["name"] == ALL
    assert body["description"] is None
    assert body["organization"]["name"] == {"en-US": "Society", "fr": "Société"}


def test_rule_6_02_one_string_with_lang(steady: World) -> None:
    assert name(steady, "?lang=fr") == "Jeux"
    body = steady.get(f"datasets/{steady.dataset}/?lang=fr").json()
    assert (body["summary"], body["description"]) == ("All of them", None)
    assert body["organization"]["name"] == "Société"
    for path in ("datasets/", "datasets/search/", "organizations/"):
        assert all(
            isinstance(entry["name"], str) for entry in steady.get(f"{path}?lang=fr").json()["results"]
        )


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_rule_6_03_writes_answer_with_everything(world: World, method: str) -> None:
    answer = world.edit({"name": "Jeux nouveaux"}, f"datasets/{world.dataset}/?lang=fr", method=method)
    assert answer.json()["name"] == ALL | {"fr": "Jeux nouveaux"}


def test_rule_6_04_accept_language_alone_never_flattens(steady: World) -> None:
    assert name(steady, headers={"Accept-Language": "fr"}) == ALL
    assert name(steady, "?lang=") == ALL


def test_rule_6_05_which_text_is_chosen(world: World) -> None:
    swahili = world.make.dataset(
        world.organization, default_locale="sw", name={"sw": "Michezo", "fr": "Jeux"}
    )
    world.make.load()
    assert world.get(f"datasets/{swahili}/?lang=de").json()["name"] == "Michezo"
    assert world.get(f"datasets/{swahili}/?lang=en-US").json()["name"] == "Michezo"
    assert world.get(f"datasets/{swahili}/?lang=fr").json()["name"] == "Jeux"
    assert name(world, "?lang=de") == "Games"
    # Stored locales are matched exactly: pt-BR does not serve pt-PT.
    world.edit({"name": {"pt-BR": "Jogos"}})
    assert name(world, "?lang=pt-PT") == "Games"


@pytest.mark.parametrize(
    ("query", "header", "expected"),
    [
        ("fr", None, "Jeux"), ("FR", None, "Jeux"), ("fr-CA", None, "Jeux"), ("kn", "fr", "ಆಟಗಳು"), ("en", "fr", "Games"),
        ("foo", "fr", "Jeux"), ("foo", "fr,en;q=0.8", "Jeux"), ("foo", "en;q=0.8,fr;q=0.9", "Jeux"), ("foo", "xx", "Games"),
        ("foo", "*", "Games"), ("foo", "fr-CA", "Jeux"), ("foo", "en;q=wtf,fr,ga-IE;q=oops", "Games"), ("pt", "fr", "Games"),
    ],
)  # fmt: skip
def test_rules_6_09_and_6_10_the_current_language(
    steady: World, query: str, header: str | None, expected: str
) -> None:
    headers = {"Accept-Language": header} if header else {}
    assert name(steady, f"?lang={query}", headers=headers) == expected


def test_rule_6_13_kn_sw_and_hi_are_accepted(world: World) -> None:
    texts = {"kn": "ಆಟ", "sw": "Michezo", "hi": "खेल", "zh-TW": "遊戲"}
    assert world.edit({"name": texts}).json()["name"] == ALL | texts
    assert {entry["code"] for entry in world.get("languages/").json()} >= {"kn", "sw", "hi", "en-US", "pt-BR"}


def test_rule_6_14_an_object_or_a_string(world: World) -> None:
    assert world.edit({"name": {"de": "Spiele", "fr": "Jeux !"}}).json()["name"] == ALL | {
        "de": "Spiele",
        "fr": "Jeux !",
    }
    assert world.edit({"name": "Play"}).json()["name"]["en-US"] == "Play"


def test_rule_6_15_a_string_is_for_the_current_language_only(world: World) -> None:
    body = world.edit({"name": "  Spiele  "}, f"datasets/{world.dataset}/?lang=de").json()
    assert body["name"] == ALL | {"de": "Spiele"}
    body = world.edit({"name": "Michezo"}, headers={"Accept-Language": "sw"}).json()
    assert body["name"] == ALL | {"de": "Spiele", "sw": "Michezo"}


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_rule_6_16_translations_not_given_stay(world: World, method: str) -> None:
    assert world.edit({"name": {"de": "Spiele"}}, method=method).json()["name"] == ALL | {"de": "Spiele"}
    assert world.edit({"name": {}}, method=method).json()["name"] == ALL | {"de": "Spiele"}


def test_rule_6_16_two_writers_keep_both(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    locales = ["de", "es", "it", "nl", "pl", "sv-SE", "tr", "uk"]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda locale: world.edit({"name": {locale: locale}}), locales))
    assert {answer.status_code for answer in answers} == {200}
    assert name(world) == ALL | {locale: locale for locale in locales}


def test_rule_6_17_keys_in_any_case(world: World) -> None:
    assert world.edit({"name": {"EN-us": "Play", "PT-br": "Jogos"}}).json()["name"] == ALL | {
        "en-US": "Play", "pt-BR": "Jogos",
    }  # fmt: skip


@pytest.mark.parametrize("code", ["xx", "en", "pt", "", "en_US", "x" * 500])
def test_rule_6_18_unknown_keys(steady: World, code: str) -> None:
    answer = steady.edit({"name": {code: "Play"}})
    assert (answer.status_code, answer.json()) == (
        400,
        {"name": [f"The language code '{code[:20]}' is invalid."]},
    )


def test_rule_6_19_null_takes_a_translation_away(world: World) -> None:
    assert world.edit({"name": {"fr": None, "de": None}}).json()["name"] == {"en-US": "Games", "kn": "ಆಟಗಳು"}
    assert world.edit({"name": {"en-US": None}}).json() == {
        "name": ['A value in the default locale of "en-US" is required.']
    }
    world.edit({"description": {"en-US": "Long", "fr": "Longue"}})
    assert world.edit({"description": {"en-US": None}}).json() == {
        "description": ['A value in the default locale of "en-US" is required if other translations are set.']
    }
    assert world.edit({"description": {"en-US": None, "fr": None}}).json()["description"] is None
    assert world.edit({"description": {"fr": "Seule"}}).status_code == 400


def test_rule_6_20_top_level_null(world: World) -> None:
    assert world.edit({"name": None}).json() == {"name": ["This field may not be null."]}
    assert world.edit({"summary": None}).json()["summary"] is None


def test_rule_6_21_blank_and_too_long_without_the_locale(steady: World) -> None:
    for value in ("", "  ", {"fr": ""}, {"en-US": "Fine", "fr": " "}):
        assert steady.edit({"name": value}).json() == {"name": ["This field may not be blank."]}
    assert steady.edit({"name": {"fr": "x" * 256}}).json() == {
        "name": ["Ensure this field has no more than 255 characters."]
    }


@pytest.mark.parametrize("value", [5, 1.5, True, [], ["x"], {"fr": 5}, {"fr": ["x"]}, {"fr": {"a": "b"}}])
def test_rule_6_23_anything_else_is_400(steady: World, value: Any) -> None:
    answer = steady.edit({"name": value})
    assert (answer.status_code, answer.json()) == (400, {"name": ["Not a valid string."]})


def test_organizations_and_notices_follow_the_same_rules(world: World) -> None:
    path = f"organizations/{world.organization}/"
    assert world.edit({"name": {"de": "Verein"}}, path).json()["name"] == {
        "de": "Verein", "en-US": "Society", "fr": "Société",
    }  # fmt: skip
    assert world.edit({"name": {"en-US": None}}, path).json() == {
        "name": ['A value in the default locale of "en-US" is required.']
    }
    assert world.edit({}, path, method="PUT").json() == {"name": ["This field is required."]}
    assert world.edit({"website": "nowhere"}, path).json() == {"website": ["Enter a valid URL."]}


def test_decision_13_what_goes_through_a_submission(world: World) -> None:
    locked = {"license": "MIT", "is_paid": True, "base_price_cents": 5, "task": "ASR", "restrictions": "none"}
    answer = world.edit(locked)
    assert answer.status_code == 400
    assert answer.json() == {field: ["This field changes through a submission only."] for field in locked}
    # What was answered can be sent back.
    body = world.get(f"datasets/{world.dataset}/").json()
    assert world.edit(body, method="PUT").status_code == 200
    assert world.edit({"visibility": "restricted"}).json()["visibility"] == "restricted"
    assert world.edit({"visibility": "public"}).json() == {
        "visibility": ["This field changes through a submission only."]
    }
    _, publisher = world.make.person(world.organization, role="publisher")
    _, member = world.make.person(world.organization)
    world.make.load()
    for key, status in ((publisher, 200), (member, 403)):
        assert (
            world.call("PATCH", f"datasets/{world.dataset}/", key=key, json={"name": "Ours"}).status_code
            == status
        )
    contact = {"name": "Ada", "email": "ada@example.org", "show": False}
    assert world.edit({"contact": contact}).json()["contact"] == contact
    assert world.get(f"datasets/{world.dataset}/").json()["contact"] is None
    assert world.edit({"contact": {"show": True}}).json()["contact"]["show"] is True
    assert world.get(f"datasets/{world.dataset}/").json()["contact"]["email"] == "ada@example.org"
    assert world.edit({"contact": None}).json()["contact"] is None
