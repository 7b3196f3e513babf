"""The texts of a submission in other languages than its own: what merging them with plain texts gives."""

from importlib import import_module
from typing import Any

from commonhold.server.submissions.translations import (
    TRANSLATED,
    Given,
    Written,
    frozen,
    read,
    read_default_locale,
    settle,
)
from tests.support.collection import Maker

EMPTY = dict.fromkeys((field.column for field in TRANSLATED), "")


def written(plain: dict[str, str], translations: dict[str, dict[str, str]] | None = None) -> Written:
    return Written("en-US", {**EMPTY, "name": "Games", **plain}, translations or {})


def changed(
    current: Written, plain: dict[str, str], given: Given | None = None, locale: str = "en-US"
) -> Written:
    settled, mistakes = settle(current, plain, given or {}, locale)
    assert not mistakes
    return settled


def test_translations_are_set_and_taken_away_one_by_one() -> None:
    current = written({}, {"name": {"fr": "Jeux", "de": "Spiele"}})
    settled = changed(current, {}, {"name": {"fr": None, "kn": "ಆಟಗಳು"}})
    assert settled.texts("name") == {"en-US": "Games", "de": "Spiele", "kn": "ಆಟಗಳು"}
    assert changed(settled, {}, {"name": {"en-US": "Plays"}}).plain["name"] == "Plays"


def test_a_field_of_which_no_translation_was_ever_told_says_nothing_about_them() -> None:
    assert changed(written({}), {"name": "Plays"}).translations == {}
    emptied = changed(written({}, {"name": {"fr": "Jeux"}}), {}, {"name": {"fr": None}})
    assert emptied.translations == {"name": {}}


def test_translations_of_another_text_of_the_terms_do_not_stay() -> None:
    current = written({"terms": "Kindly."}, {"terms": {"fr": "Gentiment."}})
    assert changed(current, {"terms": "Kindly."}).translations["terms"] == {"fr": "Gentiment."}
    assert changed(current, {"terms": "With care."}).translations["terms"] == {}
    both = changed(current, {"terms": "With care."}, {"terms": {"fr": "Avec soin."}})
    assert both.translations["terms"] == {"fr": "Avec soin."}
    live = written({"long_description": "Many."}, {"long_description": {"fr": "Beaucoup."}})
    assert changed(live, {"long_description": "Lots."}).translations["long_description"] == {
        "fr": "Beaucoup."
    }


def test_there_is_no_translation_without_a_text_in_the_default_locale() -> None:
    _, mistakes = settle(written({}), {}, {"short_description": {"fr": "Tous"}}, "en-US")
    assert mistakes.keys() == {"shortDescription"}
    _, mistakes = settle(written({}), {}, {"name": {"en-US": None}}, "en-US")
    assert mistakes.keys() == {"name"}
    described = written({"short_description": "All"}, {"short_description": {"fr": "Tous"}})
    assert changed(described, {"short_description": ""}).texts("short_description") == {}


def test_another_default_locale_swaps_the_plain_text() -> None:
    current = written({"long_description": ""}, {"name": {"fr": "Jeux"}})
    settled = changed(current, {}, locale="fr")
    assert (settled.plain["name"], settled.translations["name"]) == ("Jeux", {"en-US": "Games"})
    _, mistakes = settle(current, {}, {}, "de")
    assert mistakes.keys() == {"name"}


def test_what_was_sent_is_read_with_its_limits() -> None:
    sent: dict[str, Any] = {
        "name": {"FR": " Jeux ", "de": None},
        "shortDescription": {"fr": "x" * 161, "sw": 5},
        "terms": {"xx": "?"},
        "restrictions": "none",
        "heard": {"of": 1},
    }
    given, mistakes = read({"translations": sent})
    assert given["name"] == {"fr": "Jeux", "de": None}
    assert mistakes.keys() == {
        "translations.shortDescription.fr", "translations.shortDescription.sw", "translations.terms",
        "translations.restrictions",
    }  # fmt: skip
    assert read({"translations": []})[1].keys() == {"translations"}
    many = {f"l{number}": "x" for number in range(100)}
    assert read({"translations": {"name": many}})[1].keys() == {"translations.name"}


def test_the_language_of_plain_texts_is_settled_with_the_dataset() -> None:
    assert read_default_locale({"defaultLocale": "FR"}, "en-US", is_settled=False) == ("fr", {})
    for sent in ("xx", 5, ["fr"]):
        assert read_default_locale({"defaultLocale": sent}, "en-US", is_settled=False)[1]
    assert read_default_locale({"defaultLocale": "fr"}, "en-US", is_settled=True)[1]
    assert read_default_locale({"defaultLocale": "en-us"}, "en-US", is_settled=True) == ("en-US", {})


def test_translations_of_the_terms_are_settled_by_the_approval() -> None:
    current = written({"terms": "Kindly.", "short_description": "All"})
    settled = changed(current, {}, {"terms": {"fr": "Gentiment."}, "short_description": {"fr": "Tous"}})
    assert frozen(current, settled) == ["terms"]


def test_the_migration_gives_submissions_of_datasets_their_terms(make: Maker) -> None:
    from django.apps import apps

    from commonhold.server.submissions.models import Submission

    slug = make.dataset(make.organization(), terms={"en-US": "Kindly.", "fr": "Gentiment."})
    make.load()
    submission = Submission.objects.get(dataset__slug=slug)
    assert (submission.terms, submission.translations["terms"]) == ("Kindly.", {"fr": "Gentiment."})
    Submission.objects.filter(pk=submission.pk).update(terms="")
    migration = import_module("commonhold.server.submissions.migrations.0004_terms_of_datasets")
    for _again in range(2):
        migration.take_over(apps, None)
        submission.refresh_from_db()
        assert submission.terms == "Kindly."
