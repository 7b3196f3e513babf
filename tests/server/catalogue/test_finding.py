"""Searching: what comes first, what is mended, what the facets say."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from commonhold.server.catalogue import queries
from commonhold.server.catalogue.actions import save_dataset
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.queries import Filters
from commonhold.server.catalogue.search import finding, spelling, tallies
from commonhold.server.kit.viewer import ANONYMOUS
from commonhold.server.organizations.models import Organization
from tests.support.site import unique


@pytest.fixture
def owner(database: None) -> Organization:
    return Organization.objects.create(slug=unique("org"), name={"en-US": "Org"}, can_publish=True)


def made(owner: Organization, name: str, about: str = "", **fields: object) -> Dataset:
    dataset = Dataset(organization=owner, slug=unique("set"))
    save_dataset(None, dataset, {"name": {"en-US": name}, "short_description": {"en-US": about}, **fields})
    return dataset


def found(filters: Filters, limit: int = 50, offset: int = 0) -> list[str]:
    count = finding.tally(ANONYMOUS, filters, with_facets=False).count
    return [
        row.public_id for row in finding.page(ANONYMOUS, filters, count=count, limit=limit, offset=offset)
    ]


def word() -> str:
    return "w" + unique("q").replace("-", "")


def test_close_names_come_first_then_names_then_descriptions(owner: Organization) -> None:
    term = word()
    exact = made(owner, term)
    longer = made(owner, f"{term} in many more words than one would like")
    body = made(owner, "Elsewhere", f"speaks of {term}")
    newest = made(owner, "Elsewhere again", f"{term} {term} {term}")
    assert found(Filters(query=term, sort="relevance")) == [
        dataset.public_id for dataset in (exact, longer, newest, body)
    ]


def test_pages_of_relevance_join_without_gap(owner: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finding, "CANDIDATES", 7)
    term = word()
    for number in range(23):
        made(owner, f"{term} " + "x " * (number % 5) if number % 2 else "Other", "" if number % 2 else term)
    filters = Filters(query=term, sort="relevance")
    whole = found(filters)
    assert len(whole) == len(set(whole)) == 23
    pages = [found(filters, limit=5, offset=offset) for offset in range(0, 25, 5)]
    assert list(itertools.chain(*pages)) == whole


@pytest.mark.parametrize("sort", ["newest", "size", "downloads", "relevance"])
def test_every_order_is_total(owner: Organization, sort: str) -> None:
    term = word()
    for _ in range(11):
        made(owner, term)
    filters = Filters(query=term, sort=sort)
    assert (
        len(
            {*found(filters, limit=4), *found(filters, limit=4, offset=4), *found(filters, limit=4, offset=8)}
        )
        == 11
    )


@pytest.mark.parametrize("down_the_list", [True, False])
def test_newest_is_the_same_by_either_way(
    owner: Organization, monkeypatch: pytest.MonkeyPatch, *, down_the_list: bool
) -> None:
    monkeypatch.setattr(finding, "_is_in_most", lambda *_: down_the_list)
    term = word()
    made_in_order = [made(owner, term, task="ASR" if number % 3 else "NLP").public_id for number in range(12)]
    made(owner, term, visibility="private", task="ASR")
    made(owner, "Other", task="ASR")
    wanted = [each for number, each in enumerate(made_in_order) if number % 3][::-1]
    filters = Filters(query=term, tasks=("ASR",), sort="newest")
    assert found(filters) == wanted
    assert found(filters, limit=3) + found(filters, limit=30, offset=3) == wanted


def test_broad_words_go_down_the_list(owner: Organization) -> None:
    assert finding._is_in_most(ANONYMOUS, 10**6, 25), "what every dataset carries"
    assert not finding._is_in_most(ANONYMOUS, 1, 25), "what one dataset carries"


def test_downloads_are_counted_where_they_are_granted(owner: Organization) -> None:
    from commonhold.server.access.models import DOWNLOAD, SAMPLE, AccessRecord
    from commonhold.server.kit import clock

    term = word()
    first, second, third = (made(owner, term) for _ in range(3))
    for dataset, kind, times in ((first, DOWNLOAD, 3), (third, DOWNLOAD, 1), (second, SAMPLE, 5)):
        for _ in range(times):
            AccessRecord.objects.create(
                kind=kind, person=1, organization=1, dataset=dataset.pk, size_bytes=1, expires_at=clock.now()
            )
    assert found(Filters(query=term, sort="downloads")) == [each.public_id for each in (first, third, second)]


def test_facets_count_what_was_found(owner: Organization) -> None:
    term = word()
    for number in range(5):
        made(
            owner,
            term,
            task="NLP" if number < 3 else "ASR",
            locale="sw",
            license_abbreviation="MIT",
            format="",
        )
    tally = finding.tally(ANONYMOUS, Filters(query=term), with_facets=True)
    assert tally.count == 5
    assert tally.facets["task"] == [("NLP", 3), ("ASR", 2)]
    assert tally.facets["organization"] == [(owner.slug, 5)]
    assert tally.facets["locale"] == [("sw", 5)]
    assert tally.facets["format"] == []
    narrowed = finding.tally(ANONYMOUS, Filters(query=term, tasks=("ASR",)), with_facets=True)
    assert (narrowed.count, narrowed.facets["task"]) == (2, [("ASR", 2)])


def test_a_tally_follows_the_catalogue(owner: Organization) -> None:
    term = word()
    made(owner, term)
    for expected in (1, 2, 3):
        assert finding.tally(ANONYMOUS, Filters(query=term), with_facets=True).count == expected
        made(owner, term)


def test_of_those_who_ask_at_once_one_counts(owner: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broad count takes seconds: a crowd that searches for the same must not take as many times that."""
    term, count = word(), tallies._count_facets
    made(owner, term)
    begun, go_on, counted = threading.Event(), threading.Event(), []

    def slowly(*arguments: Any) -> tallies.Tally:
        begun.set()
        assert go_on.wait(60)
        counted.append(count(*arguments))
        return counted[-1]

    def ask() -> tallies.Tally:
        try:
            return finding.tally(ANONYMOUS, Filters(query=term), with_facets=True)
        finally:
            connection.close()

    monkeypatch.setattr(tallies, "_count_facets", slowly)
    # Nothing else that happens on the site just now is a reason to count again.
    monkeypatch.setattr(tallies.stretches, "generation", lambda: -1)
    with ThreadPoolExecutor(3) as crowd:
        first = crowd.submit(ask)
        assert begun.wait(60)
        others = [crowd.submit(ask), crowd.submit(ask)]
        assert not wait(others, 0.5).done
        go_on.set()
        assert [one.result().count for one in (first, *others)] == [1, 1, 1]
    assert len(counted) == 1
    assert not tallies._counting


def test_a_broad_tally_is_kept_for_a_minute(owner: Organization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MANY", 0)
    term, moment = word(), 1000.0
    monkeypatch.setattr(tallies, "time", SimpleNamespace(monotonic=lambda: moment))
    made(owner, term)
    assert finding.tally(ANONYMOUS, Filters(query=term), with_facets=False).count == 1
    made(owner, term)
    assert finding.tally(ANONYMOUS, Filters(query=term), with_facets=False).count == 1
    moment += tallies.KEPT_SECONDS
    assert finding.tally(ANONYMOUS, Filters(query=term), with_facets=False).count == 2


@pytest.mark.parametrize(
    ("one", "other", "steps"),
    [("voice", "voice", 0), ("voice", "voices", 1), ("voice", "vioce", 1), ("voice", "vice", 1), ("voice", "voize", 1),
     ("voices", "viocse", 2), ("voice", "noise", 2), ("voice", "elephant", 3), ("ab", "ba", 1), ("", "ab", 2)],
)  # fmt: skip
def test_distance_counts_single_mistakes(one: str, other: str, steps: int) -> None:
    assert spelling.distance(one, other, 2) == steps
    assert spelling.distance(other, one, 2) == steps


def test_misspelled_words_are_mended(owner: Organization) -> None:
    term = word()
    made(owner, f"{term} recordings")
    swapped = term[:2] + term[3] + term[2] + term[4:]
    if swapped == term:
        swapped = term[:3] + "x" + term[4:]  # a beginning of the word would be found as it is
    assert spelling.mended(ANONYMOUS, f"{swapped} recordings") == f"{term} recordings"
    assert spelling.mended(ANONYMOUS, term) is None
    assert spelling.mended(ANONYMOUS, "wholly unknown zzzzzzzz") is None
    assert spelling.mended(ANONYMOUS, "!!") is None


def test_suggestions_are_names_that_begin_so(owner: Organization) -> None:
    term = word()
    for number in range(12):
        made(owner, " ".join([term, *(f"more{extra}" for extra in range(number))]))
    made(owner, "Other", term)
    names = [suggestion.name["en-US"] for suggestion in finding.suggestions(ANONYMOUS, term[:-2])]
    assert [name.split() for name in names] == [
        [term, *(f"more{extra}" for extra in range(number))] for number in range(10)
    ]
    assert finding.suggestions(ANONYMOUS, "") == []
    assert queries.Filters().query == ""


def test_every_order_has_its_other_end(owner: Organization) -> None:
    term = word()
    for number in range(5):
        made(owner, f"{term} {'x ' * number}")
    for sort in ("relevance", "newest", "size"):
        forth = Filters(query=term, sort=sort)
        back = replace(forth, descending=False)
        whole = [row.public_id for row in finding.listed(ANONYMOUS, forth, limit=9, offset=0)[0]]
        assert len(whole) == 5
        pages = [finding.listed(ANONYMOUS, back, limit=2, offset=offset) for offset in (0, 2, 4, 6)]
        assert [count for _, count in pages] == [5, 5, 5, 5]
        assert [row.public_id for rows, _ in pages for row in rows] == whole[::-1]


def test_relevance_without_words_is_the_newest_first(owner: Organization) -> None:
    names = [made(owner, word()).public_id for _ in range(3)]
    filters = Filters(organizations=[owner.slug], sort="relevance")
    rows, count = finding.listed(ANONYMOUS, filters, limit=9, offset=0)
    assert ([row.public_id for row in rows], count) == (names[::-1], 3)


def test_the_whole_list_is_not_counted_anew(database: None) -> None:
    """However the empty filters were collected: its length is kept."""
    with CaptureQueriesContext(connection) as asked:
        finding.listed(ANONYMOUS, Filters(tasks=[], locales=[], organizations=[]), limit=5, offset=0)
    assert not any("count(*)" in query["sql"].lower() for query in asked.captured_queries)
