"""Words are found in every script, by whole or by beginning, and by nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from commonhold.server.catalogue.queries import Filters
from commonhold.server.catalogue.search import words
from commonhold.server.catalogue.search.finding import listed
from commonhold.server.kit.viewer import ANONYMOUS
from tests.support.collection import Maker
from tests.support.site import unique


def found(query: str) -> list[str]:
    rows, total = listed(ANONYMOUS, Filters(query=query, sort="relevance"), limit=100, offset=0)
    assert total == len(rows)
    return [row.slug for row in rows]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Birdsong of {} meadows", "meadows {}"),
        ("Ünïcode {} Déjà vu", "unicode deja {}"),
        ("Straße {}", "STRASSE {}"),
        ("{} 日本語の音声データ", "音声 {}"),
        ("{} ชุดข้อมูลภาษาไทย", "ภาษา {}"),
        ("{} ಆಟಗಳು", "ಆಟಗಳು {}"),
        ("{} हिन्दी भाषा", "भाषा {}"),
        ("{} бо́льший Корпус", "корпус {}"),
        ("{} مجموعة بيانات", "بيانات {}"),
        ("{} common-voice v22.0", "v22 {}"),
    ],
)
def test_texts_are_found_in_every_script(make: Maker, text: str, query: str):
    mark = unique("mark").replace("-", "")
    dataset = make.dataset(make.organization(), long_description=text.format(mark))
    make.load()
    assert found(query.format(mark)) == [dataset]
    assert found(mark[:-2]) == [dataset]
    assert found(f"{mark} nowhere-to-be-found") == []


def test_all_languages_are_searched_and_the_title_counts_more(make: Maker):
    mark = unique("mark").replace("-", "")
    organization = make.organization()
    in_body = make.dataset(organization, long_description={"en-US": "x", "sw": f"sauti {mark}"})
    in_title = make.dataset(organization, name={"en-US": "x", "fr": f"Voix {mark}"})
    make.load()
    assert found(mark) == [in_title, in_body]


def test_private_datasets_are_not_found_by_others(make: Maker):
    mark = unique("mark").replace("-", "")
    organization = make.organization()
    make.dataset(organization, visibility="private", name=mark)
    make.dataset(organization, status="removed", name=mark)
    make.load()
    assert found(mark) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=80))
def test_any_query_is_answered(database: None, query: str):
    listed(ANONYMOUS, Filters(query=query, sort="relevance"), limit=1, offset=0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crème Brûlée", ["creme", "brulee"]),
        ("ABC-123", ["abc", "123"]),
        ("日本語", ["日本", "本語"]),
        ("語", ["語"]),
        ("go日本go", ["go", "日本", "go"]),
        ("", []),
        ("…—!", []),
    ],
)
def test_how_text_is_cut(text: str, expected: list[str]):
    assert words.cut(text) == expected
