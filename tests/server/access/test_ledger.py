"""The ledger and the trail only grow: the database itself refuses anything else."""

import pytest
from django.db import DatabaseError, transaction

from commonhold.server.access.actions import TermsChangedError, agree
from commonhold.server.access.models import Agreement, Terms
from commonhold.server.accounts.models import Person
from commonhold.server.audit.models import Entry
from commonhold.server.catalogue.models import Dataset
from commonhold.server.kit.viewer import Viewer
from tests.support.collection import Maker


@pytest.fixture
def agreement(make: Maker) -> Agreement:
    organization = make.organization()
    email, _ = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email])
    make.load()
    return Agreement.objects.get(dataset=Dataset.objects.get(slug=dataset).pk)


def test_an_agreement_cannot_be_changed_or_deleted(agreement: Agreement):
    for attempt in (
        lambda: Agreement.objects.filter(pk=agreement.pk).update(person=1),
        lambda: Agreement.objects.filter(pk=agreement.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()
    assert Agreement.objects.filter(pk=agreement.pk, person=agreement.person).exists()


def test_the_trail_cannot_be_changed_or_deleted(agreement: Agreement):
    entry = Entry.objects.latest("id")
    for attempt in (
        lambda: Entry.objects.filter(pk=entry.pk).update(action="nothing"),
        lambda: Entry.objects.filter(pk=entry.pk).delete(),
    ):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            attempt()


def test_what_was_agreed_to_is_named_by_the_hash_of_its_text(agreement: Agreement):
    import hashlib

    terms = Terms.objects.get(pk=agreement.terms)
    text = terms.texts[agreement.locale]
    assert agreement.text_hash == hashlib.sha256(text.encode()).hexdigest()
    assert "Standard terms" in text


def test_agreeing_twice_is_one_line(agreement: Agreement):
    dataset = Dataset.objects.get(pk=agreement.dataset)
    viewer = Viewer(person=agreement.person, organization=agreement.organization)
    again = agree(
        viewer, dataset, terms=agreement.terms, locale=agreement.locale, text_hash=agreement.text_hash
    )
    assert again.pk == agreement.pk


def test_another_text_than_the_one_in_force_is_not_agreed_to(make: Maker):
    organization = make.organization()
    email, _ = make.person(organization)
    slug = make.dataset(organization)
    make.load()
    dataset = Dataset.objects.get(slug=slug)
    terms = Terms.objects.get(dataset=dataset)
    viewer = Viewer(person=Person.objects.get(email=email).pk)
    with pytest.raises(TermsChangedError):
        agree(viewer, dataset, terms=terms.pk, locale="en-US", text_hash="0" * 64)
    with pytest.raises(TermsChangedError):
        agree(viewer, dataset, terms=terms.pk, locale="fr", text_hash=terms.hashes["en-US"])
    assert not Agreement.objects.filter(dataset=dataset.pk).exists()
