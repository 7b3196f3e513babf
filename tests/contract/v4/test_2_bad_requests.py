"""Section 2 of the v4 conventions: what is wrong with a request, field by field, and which refusal comes first."""

import itertools
import json
from typing import Any

import pytest

from tests.contract.v4.conftest import World

JSON_VALUES: list[Any] = [
    None,
    True,
    5,
    1e400,
    1.5,
    "",
    "  ",
    "x",
    [],
    [1, None],
    {},
    {"a": {"b": []}},
    "\x00",
    "\ud800",
]
FIELDS = {
    "datasets/{dataset}/": ["name", "summary", "description", "contact", "visibility", "license", "terms"],
    "organizations/{organization}/": ["name", "description", "website"],
    "accounts/profile/": ["name", "locale"],
    "accounts/session/": ["email", "password"],
}


def is_lists(body: Any) -> bool:
    """Whether a body is an object whose values are lists of strings, or the same nested."""
    if isinstance(body, dict):
        return all(is_lists(value) for value in body.values())
    return isinstance(body, list) and all(isinstance(entry, str) or is_lists(entry) for entry in body)


def raw(world: World, body: bytes, kind: str | None = "application/json", **arguments: Any) -> Any:
    headers = {"Content-Type": kind} if kind else {}
    return world.call(
        "PATCH", f"datasets/{world.dataset}/", key=world.owner_key, content=body, headers=headers, **arguments
    )


def test_rule_2_01_fields_map_to_lists(steady: World) -> None:
    answer = steady.call("POST", "accounts/session/", json={})
    assert answer.status_code == 400
    assert answer.json() == {"email": ["This field is required."], "password": ["This field is required."]}
    assert raw(steady, b"[]").json() == {
        "non_field_errors": ["Invalid data. Expected a dictionary, but got list."]
    }


def test_rule_2_02_all_failing_fields_at_once(steady: World) -> None:
    answer = steady.edit({"name": "", "visibility": "zz", "contact": {"email": "nobody"}})
    assert answer.json() == {
        "name": ["This field may not be blank."],
        "visibility": ['"zz" is not a valid choice.'],
        "contact": {"email": ["Enter a valid email address."]},
    }


def test_rule_2_03_nested_objects_nest_their_errors(steady: World) -> None:
    assert steady.edit({"contact": 5}).json() == {
        "contact": {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}
    }
    wrong = steady.edit({"contact": {"email": "x", "show": "maybe"}}).json()
    assert wrong == {
        "contact": {"email": ["Enter a valid email address."], "show": ["Must be a valid boolean."]}
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {"email": ["This field is required."]}),
        ({"email": None}, {"email": ["This field may not be null."]}),
        ({"email": ""}, {"email": ["This field may not be blank."]}),
        ({"email": "  "}, {"email": ["This field may not be blank."]}),
        ({"email": "x" * 255}, {"email": ["Ensure this field has no more than 254 characters."]}),
        ({"email": True}, {"email": ["Not a valid string."]}),
        ({"email": []}, {"email": ["Not a valid string."]}),
        ({"email": {}}, {"email": ["Not a valid string."]}),
        ([], {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]}),
        ("x", {"non_field_errors": ["Invalid data. Expected a dictionary, but got str."]}),
        (5, {"non_field_errors": ["Invalid data. Expected a dictionary, but got int."]}),
        (None, {"non_field_errors": ["No data provided"]}),
    ],
)
def test_rule_2_04_table_of_bodies(steady: World, body: Any, expected: dict[str, Any]) -> None:
    if isinstance(body, dict):
        body = {"password": "x", **body}
    headers = {"Content-Type": "application/json"}
    answer = steady.call("POST", "accounts/session/", content=json.dumps(body), headers=headers)
    assert (answer.status_code, answer.json()) == (400, expected)


def test_rule_2_04_numbers_are_strings_and_unknown_keys_ignored(world: World) -> None:
    answer = world.call("PATCH", "accounts/profile/", auth=world.jwt(), json={"name": 5, "shoe_size": 44})
    assert answer.status_code == 200
    assert answer.json()["name"] == "5"
    assert "shoe_size" not in answer.json()


def test_rule_2_04_lists_of_scalars_are_keyed_by_index(steady: World) -> None:
    answer = steady.get("datasets/search/?visibility=public&visibility=zz")
    assert (answer.status_code, answer.json()) == (
        400,
        {"visibility": {"1": ['"zz" is not a valid choice.']}},
    )


@pytest.mark.parametrize(
    "content",
    [
        b'{"name": tru',
        b"NaN",
        b'{"name": Infinity}',
        b"\xef\xbb\xbf{}",
        b"\xff",
        b"[" * 100_000,
        b'{"n":' + b"9" * 9999 + b"}",
    ],
)
def test_rule_2_05_malformed_json_is_under_non_field_errors(steady: World, content: bytes) -> None:
    answer = raw(steady, content)
    assert answer.status_code == 400
    assert list(answer.json()) == ["non_field_errors"]
    assert answer.json()["non_field_errors"][0].startswith("JSON parse error - ")


def test_rule_2_05_malformed_multipart_too(steady: World) -> None:
    answer = raw(steady, b"--x", "multipart/form-data")
    assert answer.status_code == 400
    assert answer.json()["non_field_errors"][0].startswith("Multipart form parse error - ")


def test_rule_2_06_other_types_are_415(world: World) -> None:
    answer = raw(world, b"name", "text/plain")
    assert (answer.status_code, answer.json()) == (
        415,
        {"detail": 'Unsupported media type "text/plain" in request.'},
    )
    assert raw(world, b"{}", None).status_code == 415
    for charset in ("utf-8", "latin-1", "base64", "nonsense"):
        assert raw(world, b'{"name": "Jeux"}', f"application/json; charset={charset}").status_code == 200
    form = world.call("PATCH", f"datasets/{world.dataset}/", key=world.owner_key, data={"name": "Form"})
    assert form.json()["name"]["en-US"] == "Form"
    parts = world.call(
        "PATCH", f"datasets/{world.dataset}/", key=world.owner_key, files={"name": (None, "Parts")}
    )
    assert parts.json()["name"]["en-US"] == "Parts"
    # No body and no type: an empty object.
    assert world.call("PATCH", f"datasets/{world.dataset}/", key=world.owner_key).status_code == 200


def test_rule_2_06_too_large_a_body_is_413(steady: World) -> None:
    answer = raw(steady, b'"' + b"x" * (2 * 1024 * 1024) + b'"')
    assert (answer.status_code, answer.json()) == (413, {"detail": "The request body is too large."})


def test_rule_2_07_unknown_methods_are_405(steady: World) -> None:
    for method in ("DELETE", "TRACE", "BREW"):
        answer = steady.call(method, "datasets/", key=steady.owner_key)
        assert (answer.status_code, answer.json()) == (405, {"detail": f'Method "{method}" not allowed.'})
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_rule_2_08_accept(steady: World) -> None:
    answer = steady.get("tasks/", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.json()) == (
        406,
        {"detail": "Could not satisfy the request Accept header."},
    )
    for accept in ("application/xml;q=1, */*;q=0.1", "application/json", "*/*", "application/*"):
        assert steady.get("tasks/", headers={"Accept": accept}).status_code == 200
    assert steady.get("tasks/?format=json").status_code == 200
    assert (steady.get("tasks/?format=xml").status_code, steady.get("tasks/?format=xml").json()) == (
        404, {"detail": "Not found."},
    )  # fmt: skip
    pretty = steady.get("site/", headers={"Accept": "application/json; indent=4"}).text
    assert pretty.startswith('{\n    "read_only"')


def test_rule_2_09_order_of_precedence(steady: World) -> None:
    dataset = f"datasets/{steady.dataset}/"
    bad_key = {"auth": "Bearer broken"}
    html = {"headers": {"Accept": "text/html"}}
    statuses = {
        "404 > 406": steady.get("nope/", **html),
        "404 > 401": steady.get("nope/", **bad_key),
        "406 > 401": steady.get(
            "datasets/", headers={"Accept": "text/html", "Authorization": "Bearer broken"}
        ),
        "406 > 405": steady.call("DELETE", "tasks/", key=steady.owner_key, **html),
        "401 > 405": steady.call("DELETE", "tasks/", **bad_key),
        "401 > 400": steady.call(
            "PATCH", dataset, content=b"{", headers={"Content-Type": "application/json"}
        ),
        "403 > 405": steady.call("PUT", "accounts/profile/", key=steady.owner_key),
        "403 > 415": steady.call("PATCH", "accounts/profile/", key=steady.owner_key, content=b"x"),
    }
    expected = {name: int(name.split(" ")[0]) for name in statuses}
    assert {name: answer.status_code for name, answer in statuses.items()} == expected


def test_rule_2_10_options_describes(steady: World) -> None:
    answer = steady.call("OPTIONS", "datasets/")
    assert answer.status_code == 200
    body = answer.json()
    assert {"name", "description", "renders", "parses"} <= set(body)
    assert body["renders"] == ["application/json"]
    assert body["parses"] == ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]


def test_rule_2_11_head_is_get_without_body(steady: World) -> None:
    for path in ("datasets/", f"datasets/{steady.dataset}/", "site/", "languages/"):
        answer = steady.call("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b"")
        assert answer.headers["Content-Length"] == steady.get(path).headers["Content-Length"]


@pytest.mark.parametrize("path", FIELDS)
def test_rule_2_13_any_json_in_any_field_is_never_a_500(world: World, path: str) -> None:
    address = path.format(dataset=world.dataset, organization=world.organization)
    method = "POST" if "session" in path else "PATCH"
    for field, value in itertools.product(FIELDS[path], JSON_VALUES):
        content = json.dumps({field: value}).encode()
        answer = world.call(
            method,
            address,
            content=content,
            headers={"Content-Type": "application/json", "Authorization": world.jwt()},
        )
        assert answer.status_code in {200, 400, 401, 429}, (field, value, answer.text)
        if answer.status_code == 400:
            assert is_lists(answer.json()), answer.text
    for name, value in itertools.product(
        ["q", "sort", "task", "facets", "lang", "page_size"], ["%00", "%FF", "%ED%A0%80", "x" * 3000]
    ):
        assert world.get(f"datasets/search/?{name}={value}").status_code in {200, 400}
