"""Terms: read, agreed to once, kept as a receipt, asked again when they change."""

import hashlib
import json

from tests.server.web.conftest import hidden_fields
from tests.support.collection import Maker

BOXES = {"read": "yes", "licence": "yes", "keep": "yes"}


def _ledger(address: str) -> list:
    from commonhold.server.access.models import Agreement
    from commonhold.server.accounts.models import Person

    return list(Agreement.objects.filter(person=Person.objects.get(email=address).pk))


def test_strangers_read_and_are_asked_to_sign_in(visitor, house):
    home = house(terms="Use it *kindly*.")
    stranger = visitor()
    page = stranger.get(f"/datasets/{home.dataset}/terms")
    assert page.status_code == 200
    assert "<em>kindly</em>" in page.text
    assert "Standard terms of this collective" in page.text
    assert 'type="checkbox"' not in page.text
    answer = stranger.post(f"/datasets/{home.dataset}/terms", **BOXES)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in?next=/datasets/")


def test_boxes_begin_empty_and_each_is_needed(visitor, house):
    home = house()
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    page = reader.get(path).text
    assert page.count('type="checkbox"') == 3
    assert "checked" not in page
    for left_out in BOXES:
        answer = reader.post(path, **{**BOXES, left_out: None})
        assert answer.status_code == 400
        assert "Please tick every box" in answer.text
        assert answer.text.count(" checked") == 2, "what was ticked stays ticked"
    assert _ledger(home.reader) == []


def test_agreeing_twice_leaves_one_line_and_one_receipt(visitor, house):
    home = house(terms="Once only.")
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    fields = hidden_fields(reader.get(path).text)
    first = reader.client.post(path, {**fields, **BOXES})
    second = reader.client.post(path, {**fields, **BOXES})
    assert first.status_code == second.status_code == 302
    assert first["Location"] == second["Location"]
    (line,) = _ledger(home.reader)
    receipt = reader.get(first["Location"])
    assert line.text_hash in receipt.text
    assert "Once only." in receipt.text
    assert "You have agreed on" in receipt.text
    assert "no-store" in receipt["Cache-Control"]
    assert "You have agreed to these terms on" in reader.get(path).text
    document = json.loads(reader.get(first["Location"] + ".json").content)
    assert (
        document["terms"]["sha256"]
        == hashlib.sha256(document["terms"]["text"].encode()).hexdigest()
        == line.text_hash
    )
    assert document["person"] == home.reader
    assert document["dataset"]["slug"] == home.dataset


def test_a_receipt_is_its_owners_alone(visitor, house):
    home = house()
    answer = visitor(home.reader).post(f"/datasets/{home.dataset}/terms", **BOXES)
    for suffix in ("", ".json"):
        path = answer["Location"] + suffix
        assert visitor(home.publisher).get(path).status_code == 404
        stranger = visitor().get(path)
        assert (stranger.status_code, stranger["Location"].startswith("/sign-in")) == (302, True)


def test_changed_terms_are_shown_again_with_what_changed(visitor, make: Maker, house):
    home = house(terms="Version the first.\n\nKept line.")
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    stale = hidden_fields(reader.get(path).text)
    reader.client.post(path, {**stale, **BOXES})
    make.dataset(home.organization, slug=home.dataset, terms="Version the second.\n\nKept line.", file=None)
    make.datasets[-1].pop("file")
    make.load()
    page = reader.get(path).text
    assert "The terms have changed since" in page
    assert "<ins>Version the second.</ins>" in page
    assert "<del>Version the first.</del>" in page
    assert "Kept line.</ins>" not in page
    answer = reader.client.post(
        path, {**stale, **BOXES, "csrfmiddlewaretoken": hidden_fields(page)["csrfmiddlewaretoken"]}
    )
    assert answer.status_code == 409
    assert "nothing was recorded" in answer.text
    assert " checked" not in answer.text
    assert len(_ledger(home.reader)) == 1
    assert reader.post(path, **BOXES).status_code == 302
    assert len(_ledger(home.reader)) == 2


def test_forged_hidden_fields_record_nothing(visitor, house):
    home, other = house(), house()
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    foreign = hidden_fields(reader.get(f"/datasets/{other.dataset}/terms").text)
    for forged in (
        {"terms": foreign["terms"], "text_hash": foreign["text_hash"]},
        {"text_hash": "0" * 64},
        {"locale": "fr"},
        {"terms": "\u0663"},
        {"terms": "9" * 40},
        {"terms": "x\0y", "locale": "\0"},
    ):
        assert reader.post(path, **BOXES, **forged).status_code == 409, forged
    assert _ledger(home.reader) == []


def test_the_language_that_was_shown_is_what_is_recorded(visitor, house):
    home = house(terms={"en-US": "Kindly.", "fr": "Gentiment."})
    reader = visitor(home.reader)
    path = f"/datasets/{home.dataset}/terms"
    assert "Gentiment." in reader.get(f"{path}?language=fr").text
    fields = hidden_fields(reader.get(f"{path}?language=fr").text)
    reader.client.post(path, {**fields, **BOXES})
    (line,) = _ledger(home.reader)
    assert line.locale == "fr"


def test_standard_terms_have_a_page(visitor, database):
    assert "Do not re-host." in visitor().get("/terms").text
