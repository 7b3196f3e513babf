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
    reviewer, _ = make.person(None, name="Rob", roles=["reviewer"])
    operator, _ = make.person(None, name="Olu", roles=["operator"])
    make.load()
    names = {
        "word": word,
        "organization": organization,
        "person": _row_of(reader),
        **_submissions(publisher, word),
    }
    return Stage(
        {"reader": reader, "publisher": publisher, "reviewer": reviewer, "operator": operator},
        names | {kind: f"{word}-{kind}" for kind in ("agreed", "restricted", "removed", "withheld")},
    )


def _row_of(address: str) -> str:
    from commonhold.server.accounts.models import Person

    return str(Person.objects.get(email=address).pk)


def _submissions(publisher: str, slug: str) -> dict[str, str]:
    """Begin what stands on the desks: a draft, a change that waits for review, and what is published already."""
    from commonhold.server.accounts.models import Person
    from commonhold.server.catalogue.models import Dataset
    from commonhold.server.kit.viewer import OWNER, SCOPES, Viewer
    from commonhold.server.submissions.actions import drafts, talk
    from commonhold.server.submissions.actions.adoption import adopt
    from tests.support.publishing import COMPLETE

    dataset = Dataset.objects.get(slug=slug)
    person, organization = Person.objects.get(email=publisher), dataset.organization_id
    viewer = Viewer(person.pk, organization, {organization: OWNER}, scopes=frozenset(SCOPES))
    published = adopt(dataset).public_id
    translations = {"translations": {"name": {"ar": "مسودة"}}}
    draft = drafts.create(viewer, organization, {**COMPLETE, **translations}).public_id
    change = drafts.create(viewer, organization, COMPLETE, dataset=dataset.public_id).public_id
    drafts.submit(viewer, change, agreed=True)
    talk.comment(viewer, change, "A remark.")
    return {"draft": draft, "change": change, "published": published}
