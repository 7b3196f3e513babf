"""Visitors to the pages, in this process: real middleware, real rows, no browser."""

import html
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.collection import Maker
from tests.support.mail import letters_to

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def _every_operator_is_told(monkeypatch):
    """However many the tests before this one have made."""
    from commonhold.server.accounts import directory

    monkeypatch.setattr(directory, "MOST_OPERATORS", 10_000)


@dataclass
class Visitor:
    """Somebody with a browser of their own; forms are checked for their token as in a real one."""

    client: Any

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, form_at: str | None = None, **data: Any) -> Any:
        """Open the page with the form, then send it, with its token and its hidden fields."""
        page = self.get(form_at or path)
        fields = {**hidden_fields(page.text), **data}
        return self.client.post(path, {name: value for name, value in fields.items() if value is not None})


def hidden_fields(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's own forms (those of the frame name the same token)."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found if name != "next"}


@pytest.fixture
def visitor(database: None) -> Any:
    """Make visitors: ``visitor()`` for a stranger, ``visitor("a@example.org")`` for somebody signed in."""
    from django.core.cache import cache
    from django.test import Client

    from commonhold.server.accounts.models import Person

    # All tests sign in from one address: what the others used up is forgotten.
    cache.clear()

    def arrive(address: str | None = None, **headers: str) -> Visitor:
        client = Client(enforce_csrf_checks=True, headers={"host": "localhost", **headers})
        if address:
            client.force_login(Person.objects.get(email=address))
        return Visitor(client)

    return arrive


@pytest.fixture
def letters(database: None) -> Any:
    """Read the messages that were sent to an address, oldest first."""
    return letters_to


@dataclass
class House:
    """One organization with one dataset, somebody who publishes there and somebody who does not."""

    organization: str
    dataset: str
    publisher: str
    reader: str
    reader_key: str


@pytest.fixture
def house(make: Maker) -> Any:
    """Make a house of this test's own; fields are the dataset's."""

    def build(*, with_password: bool = False, **fields: Any) -> House:
        organization = make.organization()
        dataset = make.dataset(organization, **fields)
        # Hashing a password takes longer than most tests: only those who type one have one.
        password = {} if with_password else {"password": None}
        publisher, _ = make.person(organization, "publisher", name="Paula Publisher", password=None)
        reader, key = make.person(None, name="Rita Reader", **password)
        make.load()
        return House(organization, dataset, publisher, reader, key)

    return build
