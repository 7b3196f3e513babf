"""Section 5 of the v4 conventions: pages that can be walked to the end, whatever their size."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from commonhold.server.catalogue import stretches
from commonhold.server.catalogue.actions import save_dataset
from commonhold.server.catalogue.models import Dataset
from commonhold.server.organizations.models import Organization
from tests.contract.v4.conftest import World
from tests.support.site import Site, start_site, unique

KEYS = ["page_size", "page_count", "count", "next", "previous", "results"]
WORD = "pagination"


@pytest.fixture(scope="module")
def hundred(steady: World) -> str:
    """A hundred datasets of one organization, found by one word; and its slug."""
    return fill(steady, 100)


@pytest.fixture(scope="module")
def thousand(steady: World) -> Iterator[str]:
    """A thousand datasets of one organization; they are gone afterwards, lists are shared by all tests."""
    slug = fill(steady, 1000)
    yield slug
    Dataset.objects.filter(organization__slug=slug).delete()


def fill(world: World, count: int) -> str:
    owner = Organization.objects.create(slug=unique("many"), name={"en-US": "Many"}, can_publish=True)
    for number in range(count):
        save_dataset(
            None, Dataset(organization=owner, slug=unique(WORD)), {"name": {"en-US": f"{WORD} {number}"}}
        )
    return owner.slug


def search(world: World, organization: str, **query: Any) -> httpx.Response:
    return world.get("datasets/search/", params={"organization": organization, **query})


def walk(site: Site, path: str, key: str | None = None) -> tuple[list[str], dict[str, Any]]:
    """Follow ``next`` to the end; return every id met and the first page."""
    met: list[str] = []
    first: dict[str, Any] = {}
    address: str | None = f"{site.url}/api/v4/{path}"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"} if key else {}, timeout=60) as client:
        while address:
            answer = client.get(address)
            assert answer.status_code == 200, (address, answer.text)
            body = answer.json()
            first = first or body
            met += [entry["id"] for entry in body["results"]]
            address = body["next"]
    return met, first


def test_rule_5_01_default_25_and_1_to_50(steady: World, hundred: str) -> None:
    assert len(search(steady, hundred).json()["results"]) == 25
    for size in (1, 7, 50):
        assert len(search(steady, hundred, page_size=size).json()["results"]) == size


def test_rule_5_02_keys_in_order(steady: World) -> None:
    assert list(steady.get("datasets/").json()) == KEYS
    assert list(steady.get("organizations/").json()) == KEYS
    assert list(steady.get(f"datasets/{steady.dataset}/versions/").json()) == KEYS
    assert list(steady.get("datasets/search/").json()) == [*KEYS, "facets", "corrected"]


@pytest.mark.parametrize(
    ("size", "effective"),
    [("1", 1), ("50", 50), ("51", 50), ("1000", 50), ("0", 25), ("-5", 25), ("abc", 25), ("", 25), ("10.5", 25), (" 10", 10),
     ("١٠", 10), ("9" * 5000, 25)],
)  # fmt: skip
def test_rule_5_03_page_size_is_never_an_error(
    steady: World, hundred: str, size: str, effective: int
) -> None:
    body = search(steady, hundred, page_size=size).json()
    assert (body["page_size"], len(body["results"])) == (effective, effective)
    assert dict(parse_qsl(urlsplit(body["next"]).query, keep_blank_values=True))["page_size"] == size


@pytest.mark.parametrize("page", ["0", "-1", "abc", "", "1.5", "5", "9" * 5000, "²"])
def test_rule_5_04_bad_page_is_404(steady: World, hundred: str, page: str) -> None:
    answer = search(steady, hundred, page=page)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Invalid page."})
    if page != "5":
        assert steady.get("datasets/", params={"page": page}).status_code == 404


def test_rule_5_04_last_page_and_repeats(steady: World, hundred: str) -> None:
    last = search(steady, hundred, page="last", page_size=7).json()
    assert last["next"] is None
    assert last == search(steady, hundred, page=15, page_size=7).json() | {"previous": last["previous"]}
    assert steady.get("datasets/?page=last").json()["next"] is None
    assert steady.get("datasets/search/?page=99&page=1").status_code == 200


def test_rule_5_05_empty_list(steady: World) -> None:
    body = search(steady, "no-such-organization").json()
    assert {key: body[key] for key in KEYS} == {
        "page_size": 25, "page_count": 1, "count": 0, "next": None, "previous": None, "results": [],
    }  # fmt: skip
    assert search(steady, "no-such-organization", page=2).status_code == 404


def test_rule_5_06_page_count_is_rounded_up(steady: World, hundred: str) -> None:
    body = search(steady, hundred, page_size=7).json()
    assert (body["count"], body["page_count"]) == (100, 15)


def test_rule_5_07_links_are_absolute_sorted_and_keep_the_rest(steady: World, hundred: str) -> None:
    address = f"datasets/search/?organization={hundred}&foo=bar&page=2&page_size=7&lang=fr&q={WORD}+{WORD}&foo=a%20b"
    body = steady.get(address).json()
    base = f"{steady.site.url}/api/v4/datasets/search/?foo=bar&foo=a+b&lang=fr&organization={hundred}"
    assert body["next"] == f"{base}&page=3&page_size=7&q={WORD}+{WORD}"
    assert body["previous"] == f"{base}&page_size=7&q={WORD}+{WORD}"
    assert search(steady, hundred, page=3).json()["previous"].endswith("&page=2")
    with start_site(COMMONHOLD_BASE_URL="https://data.example.org") as site:
        link = site.get("/api/v4/datasets/?page_size=1").json()["next"]
        assert link == "https://data.example.org/api/v4/datasets/?page=2&page_size=1"


def test_rule_5_08_count_is_after_filters(steady: World, hundred: str) -> None:
    everything = steady.get("datasets/").json()["count"]
    assert search(steady, hundred).json()["count"] == 100 < everything


@pytest.mark.parametrize("size", [1, 7, 25, 50])
def test_rule_5_07_walking_meets_a_thousand_once(
    steady: World, thousand: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    if size == 1:
        # Once with the list cut into many short stretches: pages then start from keys all over it.
        monkeypatch.setattr(stretches, "LENGTH", 40)
        stretches.rebuild()
    expected = set(Dataset.objects.filter(organization__slug=thousand).values_list("public_id", flat=True))
    met, first = walk(steady.site, f"datasets/?page_size={size}")
    assert len(met) == len(set(met)) == first["count"]
    assert expected <= set(met)
    for query in ("", f"&q={WORD}", "&sort=downloads"):
        if size == 1 and query:
            continue
        met, first = walk(
            steady.site, f"datasets/search/?facets=false&organization={thousand}&page_size={size}{query}"
        )
        assert (len(met), set(met)) == (1000, expected)
        assert first["count"] == 1000


def test_rule_5_07_walking_back_meets_the_same(steady: World, hundred: str) -> None:
    forward, _ = walk(steady.site, f"datasets/search/?organization={hundred}&page_size=7")
    address = f"{steady.site.url}/api/v4/datasets/search/?organization={hundred}&page_size=7&page=last"
    backward: list[str] = []
    while address:
        body = httpx.get(address, timeout=60).json()
        backward = [entry["id"] for entry in body["results"]] + backward
        address = body["previous"]
    assert backward == forward


@pytest.mark.parametrize("window", [30, 100, 500])
def test_rules_5_10_5_11_5_13_and_5_14_within_a_window(steady: World, thousand: str, window: int) -> None:
    with start_site(COMMONHOLD_RESULT_WINDOW=str(window)) as site:
        for size in (1, 7, 25, 50):
            for query in ("", f"&q={WORD}"):
                path = f"datasets/search/?organization={thousand}&page_size={size}{query}&facets=false"
                met, first = walk(site, path)
                # Rule 5.10: the count is the true one, the pages are those within the window.
                assert first["count"] == 1000
                assert first["page_count"] == -(-window // size)
                assert len(met) == len(set(met)) == window
                # Rule 5.11: behind the window there is nothing.
                beyond = site.get(f"/api/v4/{path}&page={first['page_count'] + 1}")
                assert (beyond.status_code, beyond.json()) == (404, {"detail": "Invalid page."})
                last = site.get(f"/api/v4/{path}&page=last").json()
                assert last["next"] is None
        # Rule 5.14: lists from the database have no window.
        met, first = walk(site, "datasets/?page_size=50")
        assert len(met) == first["count"] > 1000


def test_rules_5_09_and_5_12_the_window_is_25000_by_default() -> None:
    from django.http import QueryDict

    from commonhold.server.api.v4.paging import asked_page, place_of

    table = [("", 1, 1000, True), ("page=1000", 1000, 1000, False), ("page_size=50&page=500", 500, 500, False),
             ("page_size=7", 1, 3572, True), ("page_size=7&page=3572", 3572, 3572, False)]  # fmt: skip
    from django.conf import settings

    assert settings.ENVIRONMENT.result_window == 25_000
    for query, number, page_count, has_next in table:
        place = place_of(asked_page(QueryDict(query), "http://x/", 25_000), 30_000)
        assert (place.number, place.page_count, place.number < place.page_count) == (
            number,
            page_count,
            has_next,
        )
    assert place.limit == 3


def test_rule_5_15_autocomplete_has_no_paging_keys(steady: World, hundred: str) -> None:
    body = steady.get(f"datasets/autocomplete/?q={WORD[:5]}").json()
    assert list(body) == ["results"]
    assert len(body["results"]) == 10
    assert steady.get("datasets/autocomplete/").json() == {"results": []}


def test_rule_5_17_vocabularies_are_bare_arrays(steady: World) -> None:
    for path in ("licenses/", "tasks/", "languages/"):
        body = steady.get(path).json()
        assert isinstance(body, list)
        assert len(body) > 10


def test_members_walk_with_their_own_private_datasets(world: World) -> None:
    owner = Organization.objects.get(slug=world.organization)
    for number in range(23):
        visibility = "private" if number % 3 else "public"
        save_dataset(
            None,
            Dataset(organization=owner, slug=unique("mixed")),
            {"name": {"en-US": "x"}, "visibility": visibility},
        )
    everybody, _ = walk(world.site, "datasets/?page_size=7")
    own, first = walk(world.site, "datasets/?page_size=7", world.owner_key)
    assert len(own) == len(set(own)) == first["count"]
    assert len(own) - len(everybody) == 15
