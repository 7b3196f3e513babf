"""Submissions under the v4 conventions, each rule at the resource that shows it; the same rules as the other API's."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.v4.conftest import World
from tests.contract.v4.test_2_bad_requests import JSON_VALUES, is_lists
from tests.support.publishing import Publisher, file

FIELDS = [
    "default_locale", "name", "summary", "description", "restrictions", "forbidden_usage", "additional_conditions",
    "terms", "locale", "task", "format", "license", "license_name", "license_url", "intended_usage",
    "ethical_review_process", "other", "contact", "funder", "legal_contact", "creator", "show_compliance_attributes",
    "visibility", "exclusivity_opt_out", "is_paid", "base_price_cents", "currency", "auto_approve_access_requests",
]  # fmt: skip
COMPLETE: dict[str, Any] = {
    "name": {"en-US": "Greetings", "fr": "Salutations"},
    "summary": "Hello",
    "description": {"en-US": "Greetings, as tests say them.", "kn": "ನಮಸ್ಕಾರ"},
    "restrictions": {"en-US": "None.", "fr": "Aucune."}, "forbidden_usage": {"en-US": "Harm.", "fr": "Nuire."}, "terms": {"en-US": "Kindly.", "fr": "Gentiment."},
    "locale": "mul", "task": "NLP", "format": "TSV", "license": "CC-BY-4.0", "visibility": "public",
    "contact": {"name": "Ada Example", "email": "ada@example.org"},
}  # fmt: skip


def made(world: World, **fields: Any) -> str:
    """Begin a submission and return its path."""
    answer = world.call("POST", "submissions/", key=world.owner_key, json={"name": "Greetings", **fields})
    assert answer.status_code == 201, answer.text
    return f"submissions/{answer.json()['id']}/"


def reviewer(world: World) -> str:
    """Return the key of a reviewer of another organization."""
    elsewhere = world.make.organization()
    _, key = world.make.person(elsewhere, "owner", roles=["reviewer"])
    world.make.load()
    return key


def sender(world: World) -> Publisher:
    return Publisher(world.site, world.organization, world.owner, world.owner_key)


def test_rule_1_02_a_submission_is_created_and_says_where(steady: World) -> None:
    answer = steady.call("POST", "submissions/", key=steady.owner_key, json=COMPLETE)
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert answer.headers["location"].endswith(f"/api/v4/submissions/{body['id']}/")
    assert (body["status"], body["default_locale"], body["pending"]) == ("draft", "en-US", [])
    assert body["organization"]["slug"] == steady.organization
    assert body["contact"] == {"name": "Ada Example", "email": "ada@example.org", "show": False}
    assert body["summary"] == {"en-US": "Hello"}


def test_rule_1_03_what_goes_on_in_the_background_is_202_and_says_where_to_look(
    world: World, tmp_path: Path
) -> None:
    from commonhold.server.submissions.models import Upload

    path, publisher = made(world, **COMPLETE), sender(world)
    upload = publisher.send(path.split("/")[1], file(tmp_path))
    publisher.verified(upload)
    # As if somebody were still reading it.
    Upload.objects.filter(public_id=upload).update(verification="verifying")
    agreed = {"agree_to_submit": True}
    answer = world.call("POST", f"{path}submit/", key=world.owner_key, json=agreed)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (202, "submitted")
    place = answer.headers["location"]
    assert place.endswith(f"/api/v4/{path}")
    assert body["pending"] == [
        {"work": "verification", "file": "archive", "state": "verifying", "url": place}
    ]
    refused = world.call("POST", f"{path}approve/", key=reviewer(world), json={})
    assert (refused.status_code, list(refused.json())) == (400, ["non_field_errors"])
    Upload.objects.filter(public_id=upload).update(verification="verified")
    shown = world.get(path, key=world.owner_key).json()
    assert (shown["pending"], shown["archive"]["verification"]) == ([], "verified")
    assert shown["archive"]["url"].endswith(f"/api/uploads/{upload}")
    assert shown["archive"]["checksum"].startswith("sha256:")
    world.call("POST", f"{path}retract/", key=world.owner_key)
    assert world.call("POST", f"{path}submit/", key=world.owner_key, json=agreed).status_code == 200


def test_rule_1_07_and_1_08_who_may_see_and_change_one(world: World) -> None:
    path = made(world)
    _, member_key = world.make.person(world.organization, "member")
    _, unscoped = world.make.person(world.organization, "owner", api_key={"scopes": ["read"]})
    rival = world.make.organization()
    _, rival_key = world.make.person(rival, "owner")
    world.make.load()
    assert world.get(path).status_code == 401
    assert world.get(path, key=rival_key).json() == {"detail": "Not found."}
    for key in (member_key, unscoped):
        assert world.get(path, key=key).status_code == 403
    assert world.get(path, key=world.owner_key).status_code == 200
    reviewing = reviewer(world)
    assert world.get(path, key=reviewing).status_code == 200
    assert world.edit({"name": "Mine"}, path).status_code == 200
    assert world.call("PATCH", path, key=reviewing, json={"name": "Theirs"}).status_code == 403
    assert world.call("POST", f"{path}start-review/", key=world.owner_key, json={}).status_code == 403
    assert world.call("POST", f"{path}reject/", key=reviewing, json={"note": "No."}).status_code == 400
    for name in ("none", "a%00b", "x" * 300):
        assert world.get(f"submissions/{name}/", key=world.owner_key).status_code == 404


def test_rule_1_12_a_deleted_one_is_410(world: World) -> None:
    path = made(world)
    answer = world.call("DELETE", path, key=world.owner_key)
    assert (answer.status_code, answer.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        arguments = {"json": {}} if method == "PATCH" else {}
        assert world.call(method, path, key=world.owner_key, **arguments).status_code == 410
    assert world.get("submissions/?status=draft", key=world.owner_key).json()["count"] == 0


def test_rule_1_16_without_a_slash_it_is_301(steady: World) -> None:
    for path in ("submissions", "submissions/x", "submissions/x/submit"):
        assert steady.call("POST", path, json={}).status_code == 301


def test_rule_2_01_fields_map_to_lists(world: World) -> None:
    answer = world.call("POST", "submissions/", key=world.owner_key, json={})
    assert (answer.status_code, answer.json()) == (400, {"name": ["This field is required."]})
    path = made(world)
    wrong = {"name": "", "task": "Knitting", "contact": {"email": "nobody"}, "base_price_cents": "x"}
    assert world.edit(wrong, path).json() == {
        "name": ["This field may not be blank."],
        "task": ['"Knitting" is not a valid choice.'],
        "contact": {"email": ["Enter a valid email address."]},
        "base_price_cents": ["A valid integer is required."],
    }
    priced = world.edit({"is_paid": True}, path)
    assert (priced.status_code, list(priced.json())) == (400, ["base_price_cents"])
    missing = world.call("POST", f"{path}submit/", key=world.owner_key, json={"agree_to_submit": False})
    required = "This field is required."
    body = missing.json()
    assert body["description"] == [required]
    assert body["contact"] == {"name": [required], "email": [required]}
    assert body.keys() >= {"agree_to_submit", "archive", "license", "restrictions", "visibility"}


ODD: list[Any] = [
    None,
    True,
    5,
    "",
    "x",
    [],
    [1, None],
    {},
    {"en-US": ["x"]},
    {"email": []},
    "\x00",
    "\ud800",
]


def test_rule_2_13_no_type_is_a_failure_of_ours(world: World) -> None:
    from commonhold.server.config.wsgi import application

    path = made(world)
    # Hundreds of requests: without a socket between.
    client = httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost/api/v4/")
    headers = {"Authorization": f"Bearer {world.owner_key}", "Content-Type": "application/json"}

    def status(method: str, address: str, body: Any) -> int:
        # By hand: httpx would not write a lone surrogate.
        answer = client.request(method, address, content=json.dumps(body).encode(), headers=headers)
        assert answer.status_code != 400 or is_lists(answer.json()), answer.text
        return answer.status_code

    wrong = [
        (field, value)
        for field in FIELDS
        for value in ODD
        if status("PATCH", path, {field: value}) not in {200, 400}
    ]
    for address in ("submissions/", f"{path}submit/", f"{path}retract/", f"{path}reject/"):
        bodies = [
            *JSON_VALUES,
            *({name: value} for name in ("organization", "dataset", "note") for value in ODD),
        ]
        allowed = {403} if "reject" in address else {200, 201, 400}
        wrong += [(address, body) for body in bodies if status("POST", address, body) not in allowed]
    for number in ("9" * 5000, "1e400"):
        body = f'{{"base_price_cents": {number}}}'.encode()
        assert client.request("PATCH", path, content=body, headers=headers).status_code == 400
    client.close()
    assert not wrong


def test_rule_2_09_permission_comes_before_what_was_sent(world: World) -> None:
    path = made(world)
    bad = {"content": b"{", "headers": {"Content-Type": "application/json"}}
    assert world.call("PATCH", path, **bad).status_code == 401
    assert world.call("POST", "submissions/", key=world.stranger_key, **bad).status_code in {400, 403}
    _, unscoped = world.make.person(world.organization, "owner", api_key={"scopes": ["read", "download"]})
    world.make.load()
    for method, address in (
        ("PATCH", path),
        ("POST", "submissions/"),
        ("POST", f"{path}submit/"),
        ("TRACE", path),
    ):
        assert world.call(method, address, key=unscoped, **bad).status_code == 403
    assert world.call("PATCH", "submissions/", key=world.owner_key, **bad).status_code == 405
    assert world.call("POST", f"{path}reject/", key=world.owner_key, json={}).status_code == 403


@pytest.mark.parametrize("size", [1, 2, 50])
def test_rule_5_07_the_walk_yields_each_once(world: World, size: int) -> None:
    expected = [made(world, name=f"Number {number}").split("/")[1] for number in range(5)][::-1]
    seen: list[str] = []
    address: str | None = f"submissions/?page_size={size}&status=draft"
    while address:
        body = world.get(address, key=world.owner_key).json()
        assert list(body) == ["page_size", "page_count", "count", "next", "previous", "results"]
        assert (body["count"], body["page_size"]) == (5, size)
        seen += [entry["id"] for entry in body["results"]]
        address = body["next"] and body["next"].partition("/api/v4/")[2]
    assert seen == expected
    assert world.get("submissions/?page=9", key=world.owner_key).json() == {"detail": "Invalid page."}
    assert world.get("submissions/?status=zz", key=world.owner_key).status_code == 400
    stranger = world.get("submissions/", key=world.stranger_key)
    assert stranger.status_code == 403 or stranger.json()["count"] == 0


def test_rule_6_texts_go_in_and_out_in_several_languages(world: World) -> None:
    path = made(world, **COMPLETE)
    shown = world.get(path, key=world.owner_key).json()
    assert shown["name"] == COMPLETE["name"]
    assert shown["additional_conditions"] is None
    flat = world.get(f"{path}?lang=kn", key=world.owner_key).json()
    assert (flat["name"], flat["description"]) == ("Greetings", "ನಮಸ್ಕಾರ")
    # 6.15 and 6.3: one text is in the current language, and a write answers with everything.
    edited = world.edit({"name": "Saludos"}, f"{path}?lang=es").json()
    assert edited["name"] == {"en-US": "Greetings", "fr": "Salutations", "es": "Saludos"}
    # 6.16 to 6.19: what is not named stays, null takes away, but not the last text in the default locale.
    for method in ("PATCH", "PUT"):
        edited = world.edit({"name": {"ES": None, "en-us": "Greetings"}}, path, method).json()
        assert edited["name"] == {"en-US": "Greetings", "fr": "Salutations"}
    for field in ("name", "summary"):
        refused = world.edit({field: {"en-US": None, "fr": "Oui"}}, path)
        assert refused.status_code == 400
        assert 'in the default locale of "en-US" is required' in refused.json()[field][0]
    unknown = world.edit({"name": {"xx": "?"}}, path)
    assert unknown.json() == {"name": ["The language code 'xx' is invalid."]}
    assert world.edit({"summary": None}, path).json()["summary"] is None
    assert world.edit({"name": None}, path).status_code == 400
    # A new text of the terms does not keep the translation of another.
    assert world.edit({"terms": {"en-US": "Kindly."}}, path).json()["terms"] == COMPLETE["terms"]
    assert world.edit({"terms": {"en-US": "With care."}}, path).json()["terms"] == {"en-US": "With care."}


def test_rule_6_15_one_text_of_a_new_submission_is_its_default(world: World) -> None:
    answer = world.call("POST", "submissions/?lang=fr", key=world.owner_key, json={"name": "Salutations"})
    assert (answer.json()["default_locale"], answer.json()["name"]) == ("fr", {"fr": "Salutations"})
    path = f"submissions/{answer.json()['id']}/"
    assert world.edit({"default_locale": "de"}, path).json().keys() == {"name"}
    moved = world.edit({"default_locale": "de", "name": {"de": "Grüße"}}, path).json()
    assert (moved["default_locale"], moved["name"]) == ("de", {"de": "Grüße", "fr": "Salutations"})


def test_from_a_draft_to_a_dataset_and_to_its_revision(world: World, tmp_path: Path) -> None:
    from commonhold.server.catalogue.models import VersionMembers
    from commonhold.server.submissions.models import Upload

    publisher, reviewing = sender(world), reviewer(world)
    path = made(world, **COMPLETE)
    identity = path.split("/")[1]
    publisher.verified(publisher.send(identity, file(tmp_path)))

    def step(name: str, key: str, body: Any = None) -> Any:
        answer = world.call("POST", f"{path}{name}/", key=key, json=body or {})
        assert answer.status_code == 200, (name, answer.text)
        return answer.json()

    agreed = {"agree_to_submit": True}
    assert step("submit", world.owner_key, agreed)["status"] == "submitted"
    assert step("retract", world.owner_key)["status"] == "retracted"
    step("submit", world.owner_key, agreed)
    assert world.get("submissions/?queue=review", key=world.owner_key).status_code == 403
    queue = world.get(f"submissions/?queue=review&organization={world.organization}", key=reviewing).json()
    assert [entry["id"] for entry in queue["results"]] == [identity]
    assert step("start-review", reviewing)["status"] == "in_review"
    noted = world.call("POST", f"{path}request-edits/", key=reviewing, json={"note": " "})
    assert noted.json() == {"note": ["This field may not be blank."]}
    returned = step("request-edits", reviewing, {"note": "Say more."})
    assert (returned["status"], returned["review_note"]) == ("edits_requested", "Say more.")
    step("submit", world.owner_key, agreed)
    approved = step("approve", reviewing)
    assert approved["status"] == "approved"
    dataset = world.get(f"datasets/{approved['dataset']['id']}/").json()
    assert dataset["name"] == COMPLETE["name"]
    assert "Gentiment." in dataset["terms"]["fr"]

    upload = Upload.objects.get(public_id=approved["archive"]["id"])
    assert upload.members is None, "the version has them"
    assert VersionMembers.objects.filter(version=upload.version).exists()

    settled = world.edit({"terms": "Otherwise.", "name": {"de": "Grüße"}}, path)
    assert (settled.status_code, list(settled.json())) == (400, ["terms"])
    assert world.edit({"name": {"de": "Grüße"}}, path).status_code == 200
    assert world.get(f"datasets/{dataset['id']}/").json()["name"]["de"] == "Grüße"
    assert world.call("DELETE", path, key=world.owner_key).status_code == 403
    body = {"dataset": dataset["id"], "summary": {"fr": "Bonjour"}}
    revision = world.call("POST", "submissions/", key=world.owner_key, json=body)
    assert revision.status_code == 201, revision.text
    assert revision.json()["name"] == {**COMPLETE["name"], "de": "Grüße"}
    foreign = world.call("POST", "submissions/", key=reviewing, json=body)
    assert (foreign.status_code, list(foreign.json())) == (400, ["dataset"])


def test_whoever_publishes_for_several_says_for_which(world: World) -> None:
    second = world.make.organization()
    email, _ = world.make.person(
        world.organization, "owner", memberships={world.organization: "owner", second: "publisher"}
    )
    world.make.load()
    token = world.sign_in(email)
    answer = world.call("POST", "submissions/", key=token, json={"name": "Greetings"})
    assert answer.json() == {"organization": ["This field is required."]}
    answer = world.call("POST", "submissions/", key=token, json={"name": "Greetings", "organization": "none"})
    assert list(answer.json()) == ["organization"]
    answer = world.call("POST", "submissions/", key=token, json={"name": "Greetings", "organization": second})
    assert answer.json()["organization"]["slug"] == second
    body = world.get(f"submissions/?organization={second}", key=token).json()
    assert body["count"] == 1
    lone = world.sign_in(world.stranger)
    assert world.call("POST", "submissions/", key=lone, json={"name": "Mine"}).status_code == 403


def test_rule_8_1_requests_are_counted(steady: World) -> None:
    answer = steady.get("submissions/", key=steady.owner_key)
    assert int(answer.headers["X-RateLimit-Remaining"]) < int(answer.headers["X-RateLimit-Limit"])
