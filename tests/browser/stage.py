"""What stands on the stage for tests that look at every page: one of each kind of dataset, person and thing pending."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.test import Client

from tests.browser import stage_people as people
from tests.support.collection import Maker, archive
from tests.support.publishing import Publisher
from tests.support.site import Site, unique


@dataclass(frozen=True, slots=True)
class Stage:
    """Who is there, by role, and what pages' addresses are made of."""

    people: dict[str, str]
    names: dict[str, str]


def set_stage(make: Maker, site: Site) -> Stage:
    """Load it."""
    word = unique("stage").replace("-", "")
    organization = make.organization(name={"en-US": "Stage House", "ar": "دار المسرح"})
    reader, _ = make.person(None, name="Rida")
    publisher, key = make.person(organization, role="owner", name="Pat")
    reviewer, _ = make.person(None, name="Rob", roles=["reviewer"])
    operator, _ = make.person(None, name="Olu", roles=["operator"])
    guarded, _ = make.person(None, name="Gil")
    unlocked, _ = make.person(None, name="Una", password=None)
    forgetful, _ = make.person(None, name="Fay")
    _datasets(make, organization, word, reader)
    make.load()
    kinds = {kind: f"{word}-{kind}" for kind in ("agreed", "restricted", "removed", "withheld")}
    names = {
        "word": word,
        "organization": organization,
        "dataset_row": str(_dataset(word).pk),
        **kinds,
        **_submissions(publisher, word),
        **_sent(Publisher(site, organization, publisher, key), make),
        **_of_reader(reader, word),
        **_waiting(reader, publisher, reviewer, word),
        **people.keys_to_an_account(forgetful),
        **people.second_factors(guarded),
        "person": str(people.person_of(reader).pk),
    }
    return Stage(
        {
            "reader": reader, "publisher": publisher, "reviewer": reviewer, "operator": operator,
            "admin": operator, "guarded": guarded, "unlocked": unlocked,
            # Has given the password, and is asked for the second step.
            people.HALFWAY: guarded,
        },
        names,
    )  # fmt: skip


def _datasets(make: Maker, organization: str, word: str, reader: str) -> None:
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


def _dataset(slug: str) -> Any:
    from commonhold.server.catalogue.models import Dataset

    return Dataset.objects.get(slug=slug)


def _submissions(publisher: str, slug: str) -> dict[str, str]:
    """Begin what stands on the desks: a draft, a change that waits for review, and what is published already."""
    from commonhold.server.kit.viewer import OWNER
    from commonhold.server.submissions.actions import drafts, talk
    from commonhold.server.submissions.actions.adoption import adopt
    from tests.support.publishing import COMPLETE

    dataset = _dataset(slug)
    viewer = people.viewer_of(publisher, {dataset.organization_id: OWNER})
    published = adopt(dataset).public_id
    translations = {"translations": {"name": {"ar": "مسودة"}}}
    draft = drafts.create(viewer, dataset.organization_id, {**COMPLETE, **translations}).public_id
    change = drafts.create(viewer, dataset.organization_id, COMPLETE, dataset=dataset.public_id).public_id
    drafts.submit(viewer, change, agreed=True)
    talk.comment(viewer, change, "A remark.")
    return {"draft": draft, "change": change, "published": published}


def _sent(publisher: Publisher, make: Maker) -> dict[str, str]:
    """Send a file for a submission, and have it read."""
    sent = publisher.draft()
    upload = publisher.send(sent, archive(make.folder, "sent.tar.gz"))
    publisher.verified(upload)
    assert publisher.submit(sent).status_code == 200
    return {"sent": sent, "upload": upload}


def _of_reader(reader: str, word: str) -> dict[str, str]:
    """Have the reader download, hold a key and a credential, and be asked by a program."""
    from commonhold.server.access.queries import receipts_of
    from commonhold.server.credentials import device_sign_in, jwt_credentials
    from commonhold.server.credentials.models import ApiKey, DeviceSignIn

    viewer = people.viewer_of(reader)
    client = Client(headers={"host": "localhost"})
    client.force_login(people.person_of(reader))
    granted = client.post(f"/datasets/{word}-agreed/download")["Location"]
    jwt_credentials.make(viewer)
    asking = {"program": "commonhold 0.1", "machine": "laptop", "address": "192.0.2.7"}
    code = device_sign_in.begin(**asking, scopes=["read", "download"]).user_code
    # The stage stands longer than a code lasts.
    asked = DeviceSignIn.objects.latest("pk")
    asked.expires_at += dt.timedelta(days=1)
    asked.save()
    return {
        "download": granted.rpartition("/")[2],
        "agreement": receipts_of(viewer)[0].public_id,
        "key": str(ApiKey.objects.get(person__email=reader).pk),
        "code": code,
    }


def _waiting(reader: str, publisher: str, reviewer: str, word: str) -> dict[str, str]:
    """Leave something that waits for an answer on every desk."""
    from commonhold.server.access.actions import request_access
    from commonhold.server.kit.viewer import OWNER
    from commonhold.server.organizations import members, rights
    from commonhold.server.reports import actions as reports

    dataset = _dataset(word)
    owner = people.viewer_of(publisher, {dataset.organization_id: OWNER})
    report, _ = reports.send(
        people.viewer_of(reader), dataset.pk, kind="copyright", message="It is not theirs.", email=reader,
        locale="en-US", address="192.0.2.7",
    )  # fmt: skip
    wish = {"organization": None, "proposed_name": "Rob's house", "message": "To publish what we recorded."}
    rights.ask(people.viewer_of(reviewer), **wish)
    request_access(
        people.viewer_of(reviewer), _dataset(f"{word}-restricted"), "To look.", site="http://localhost"
    )
    invitation = members.invite(owner, dataset.organization_id, reader, "member")
    return {"report": report.public_id, "invitation": invitation.public_id}
