"""The list of datasets: who sees what, narrowing, addresses, languages, hostile words."""

import re
from urllib.parse import quote

import pytest

from tests.support.collection import Maker
from tests.support.site import unique


def _names(text: str) -> list[str]:
    return re.findall(r'<h3><a href="/datasets/[^"]+"><bdi[^>]*>([^<]*)</bdi>', text)


def _search(visitor, word: str, more: str = "") -> list[str]:
    return _names(visitor.get(f"/datasets?q={word}{more}").text)


def test_home_lists_datasets_and_links_them(visitor, house):
    home = house()
    page = visitor().get("/")
    assert page.status_code == 200
    assert home.dataset.title() in _names(page.text)
    assert 'href="/api-reference"' in page.text
    assert 'href="/sign-up"' in page.text


def test_private_datasets_show_to_members_only(visitor, house):
    word = unique("hidden").replace("-", "")
    home = house(visibility="private", name=word)
    assert _search(visitor(), word) == []
    assert _search(visitor(home.reader), word) == []
    assert _search(visitor(home.publisher), word) == [word]


def test_filters_narrow_and_show_as_removable_chips(visitor, make: Maker):
    word = unique("narrow").replace("-", "")
    organization = make.organization()
    make.dataset(organization, name=f"{word} one", task="ASR", locale="sw", license="CC0-1.0", format="MP3")
    make.dataset(organization, name=f"{word} two", task="MT", locale="fr", license="CC-BY-4.0", format="TSV")
    make.load()
    stranger = visitor()
    assert len(_search(stranger, word)) == 2
    for narrowing in ("&task=ASR", "&locale=sw", "&license=CC0-1.0", "&format=MP3", "&task=ASR&locale=sw"):
        assert _search(stranger, word, narrowing) == [f"{word} one"], narrowing
    assert _search(stranger, word, "&task=ASR&locale=fr") == []
    page = stranger.get(f"/datasets?q={word}&task=ASR").text
    assert f'href="/datasets?q={word}"' in page
    assert 'href="/datasets?task=ASR"' in page


def test_several_values_of_one_filter_mean_any_of_them(visitor, make: Maker):
    word = unique("several").replace("-", "")
    organization = make.organization()
    for task in ("ASR", "MT", "TTS"):
        make.dataset(organization, name=f"{word} {task}", task=task)
    make.load()
    assert sorted(_search(visitor(), word, "&task=ASR&task=MT")) == [f"{word} ASR", f"{word} MT"]


def test_orders(visitor, make: Maker):
    word = unique("order").replace("-", "")
    organization = make.organization()
    make.dataset(organization, name=f"{word} old", created="2024-01-01T00:00:00Z", content=b"x" * 5)
    make.dataset(
        organization, name=f"{word} new", created="2025-01-01T00:00:00Z", content=bytes(range(256)) * 9
    )
    make.load()
    stranger = visitor()
    assert _search(stranger, word, "&sort=newest") == [f"{word} new", f"{word} old"]
    assert _search(stranger, word, "&sort=oldest") == [f"{word} old", f"{word} new"]
    assert _search(stranger, word, "&sort=smallest") == [f"{word} old", f"{word} new"]
    assert _search(stranger, word, "&sort=largest") == [f"{word} new", f"{word} old"]


def test_pages_have_plain_addresses(visitor, make: Maker):
    word = unique("paged").replace("-", "")
    organization = make.organization()
    for number in range(23):
        make.dataset(organization, name=f"{word} {number}")
    make.load()
    stranger = visitor()
    first = stranger.get(f"/datasets?q={word}")
    assert "23 datasets" in first.text
    assert len(_names(first.text)) == 20
    assert f'href="/datasets?q={word}&amp;page=2"' in first.text
    second = stranger.get(f"/datasets?q={word}&page=2")
    assert len(_names(second.text)) == 3
    assert set(_names(first.text)).isdisjoint(_names(second.text))
    beyond = stranger.get(f"/datasets?q={word}&page=9")
    assert (beyond.status_code, beyond["Location"]) == (302, f"/datasets?q={word}&page=2")


def test_empty_fields_of_the_form_lead_to_a_readable_address(visitor, database):
    answer = visitor().get("/datasets?q=maps&task=&locale=sw&license=&format=&sort=relevance")
    assert (answer.status_code, answer["Location"]) == (302, "/datasets?q=maps&locale=sw")


def test_nothing_found_says_what_to_do(visitor, database):
    page = visitor().get(f"/datasets?q={unique('nothing')}")
    assert page.status_code == 200
    assert "Nothing matches" in page.text


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=a%00b&task=%00",
        "task=%ED%A0%80",
        "q=" + "x" * 5000,
        "page=0",
        "page=-1",
        "page=99999999999999999999",
        "page=%D9%A3",
        "sort=%27%20or%201",
        "q=%22%27%29%20OR%201%3D1--",
        "q=*",
        "q=NEAR(a%20b)",
        "&".join(f"task={number}" for number in range(500)),
    ],
)
def test_hostile_addresses_are_harmless(visitor, database, query):
    assert visitor().get(f"/datasets?{query}").status_code in {200, 302, 400}


def test_words_come_back_escaped(visitor, make: Maker):
    word = unique("script").replace("-", "")
    evil = f'{word} <script>alert(1)</script>"><img src=x onerror=alert(1)>'
    slug = make.organization(name=evil)
    make.dataset(slug, name=evil, short_description=evil)
    make.load()
    page = visitor().get(f"/datasets?q={word}&format={quote(evil)}").text
    assert "<script>alert" not in page
    page = visitor().get(f"/datasets?q={quote(evil)}").text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_fallback_language_is_labelled(visitor, make: Maker):
    word = unique("tongue").replace("-", "")
    organization = make.organization()
    make.dataset(organization, name={"en-US": f"{word} both", "fr": f"{word} les deux"})
    make.dataset(organization, name={"en-US": f"{word} only"})
    make.load()
    page = visitor().get(f"/datasets?q={word}", accept_language="fr").text
    assert set(_names(page)) == {f"{word} les deux", f"{word} only"}
    cards = {card.split("</bdi>")[0].split(">")[-1]: card for card in page.split('<li class="card">')[1:]}
    assert 'class="fallback"' not in cards[f"{word} les deux"]
    assert 'class="fallback"' in cards[f"{word} only"]


def test_organization_page_lists_its_own_datasets(visitor, house):
    one, other = house(), house()
    page = visitor().get(f"/organizations/{one.organization}")
    assert page.status_code == 200
    assert _names(page.text) == [one.dataset.title()]
    assert other.dataset not in page.text


def test_personal_organizations_have_no_page(visitor, house):
    from commonhold.server.organizations.models import Organization

    home = house()
    slug = Organization.objects.get(personal_of__email=home.reader).slug
    assert visitor().get(f"/organizations/{slug}").status_code == 404
    assert visitor(home.reader).get(f"/organizations/{slug}").status_code == 404
