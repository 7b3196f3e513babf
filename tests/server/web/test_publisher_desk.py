"""The publisher's desk: drafts, mistakes, agreement, files, translations, what others may not do, and nothing lost."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest

from tests.server.web.conftest import hidden_fields
from tests.support.collection import archive
from tests.support.site import unique

NAME = "Greetings of the desk"
FIELDS = {
    "name": NAME,
    "longDescription": "What people say when they meet.",
    "locale": "en",
    "task": "NLP",
    "format": "TSV",
    "licenseAbbreviation": "CC-BY-4.0",
    "restrictions": "None beyond the licence.",
    "forbiddenUsage": "Harm.",
    "pointOfContactFullName": "Ada Example",
    "pointOfContactEmail": "ada@example.org",
    "visibility": "public",
}


@dataclass
class Desk:
    """An organization with a publisher at the desk and the people around it."""

    organization: str
    publisher: str
    owner: str
    member: str
    stranger: str
    reviewer: str


@pytest.fixture
def desk(make: Any) -> Desk:
    slug, elsewhere = make.organization(), make.organization()
    people = {
        role: make.person(slug, role, password=None)[0] for role in ("publisher", "owner", "member")
    }
    people["stranger"] = make.person(elsewhere, "owner", password=None)[0]
    people["reviewer"] = make.person(elsewhere, "member", password=None, roles=["reviewer"])[0]
    make.load()
    return Desk(slug, **people)


def begin(visitor: Any, address: str, name: str = NAME) -> tuple[Any, str]:
    """Begin a submission at the desk; return the visitor and the submission's id."""
    someone = visitor(address)
    page = someone.get("/publish/new").text
    (organization,) = re.findall(r'<select name="organization".*?<option value="(\d+)"', page, re.DOTALL)[:1]
    made = someone.post("/publish/new", name=name, organization=organization, text_locale="en-US")
    assert made.status_code == 302, made.text
    return someone, made["Location"].split("/")[2]


def fill(someone: Any, identifier: str, **fields: Any) -> Any:
    """Save the form with these fields beside the complete ones."""
    return someone.post(f"/publish/{identifier}/edit", **{**FIELDS, "do": "save", **fields})


def send(someone: Any, identifier: str, folder: Any, *, kind: str = "archive", **more: Any) -> str:
    """Send a small archive through the page's own addresses, as its script does; return the upload's id."""
    from commonhold.server.config.environment import environment
    from commonhold.server.storage.embedded.parts import MD5_SIZE  # noqa: F401

    del environment
    raise NotImplementedError


def row(identifier: str) -> Any:
    from commonhold.server.submissions.models import Submission

    return Submission.objects.get(public_id=identifier)
