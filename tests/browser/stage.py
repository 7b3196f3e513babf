"""What stands on the stage for tests that look at every page: one of each kind of dataset and of person."""

from dataclasses import dataclass

from tests.support.collection import Maker
from tests.support.site import unique


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is there, by role, and what pages' addresses are made of."""

    people: dict[str, str]
    names: dict[str, str]


def set_stage(make: Maker) -> Stage:
    """Load it."""
    word = unique("stage").replace("-", "")
    organization = make.organization(name={"en-US": "Stage House", "ar": "دار المسرح"})
    reader, _ = make.person(None, name="Rida")
    publisher, _ = make.person(organization, role="owner", name="Pat")
    shared = {
        "short_description": {"en-US": "All of them", "ar": "كلها"},
        "long_description": "# Heading\n\nSome **words**, a [link](https://example.org) and\n\n- a list\n",
        "task": "NLP",
        "locale": "sw",
    }
    make.dataset(organization, slug=word, name={"en-US": f"The {word}", "ar": "العنوان"}, **shared)
    make.dataset(organization, slug=f"{word}-agreed", name="Agreed", agreed_by=[reader], **shared)
    make.dataset(
        organization, slug=f"{word}-restricted", name="Restricted", visibility="restricted", **shared
    )
    for status in ("removed", "withheld"):
        make.dataset(organization, slug=f"{word}-{status}", name=status.title(), status=status, **shared)
    make.load()
    names = {"word": word, "organization": organization}
    return Stage(
        {"reader": reader, "publisher": publisher},
        names | {kind: f"{word}-{kind}" for kind in ("agreed", "restricted", "removed", "withheld")},
    )
