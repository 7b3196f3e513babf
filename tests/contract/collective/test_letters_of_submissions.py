"""What publishers, reviewers and readers are told by mail on a dataset's way in and out, each in their own language."""

from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.support.collection import Maker
from tests.support.mail import letters_to
from tests.support.publishing import agree, approve, file, publisher, until
from tests.support.site import Site, unique


def read_in(address: str, locale: str) -> None:
    """Have somebody read another language."""
    from commonhold.server.accounts.models import Person

    Person.objects.filter(email=address).update(locale=locale)


def subject(letter: EmailMessage) -> str:
    """Return the subject; a long one is folded, and begins with what it is folded by."""
    return str(letter["Subject"]).strip()


def newest(address: str, count: int) -> EmailMessage:
    """Return the newest letter to an address, once there are ``count``: jobs of the site may write it."""

    def found() -> list[EmailMessage]:
        letters = letters_to(address)
        return letters if len(letters) >= count else []

    letters: list[EmailMessage] = until(found)
    assert len(letters) == count
    return letters[-1]


def test_a_publisher_is_told_of_every_step(site: Site, make: Maker, tmp_path: Path) -> None:
    from commonhold.server.submissions.actions import review

    one = publisher(site, make)
    submission = one.draft(name="Voices & <songs> 100%")
    one.verified(one.send(submission, file(tmp_path, "broken.tar.gz"), checksum="0" * 64))
    refused = newest(one.email, 1)
    assert subject(refused) == "A file of “Voices & <songs> 100%” cannot be published"
    assert "The file broken.tar.gz, which you sent for “Voices & <songs> 100%”" in refused.get_content()
    assert "\n\n- " in refused.get_content()
    assert "Send another file for the same submission" in refused.get_content()

    one.verified(one.send(submission, file(tmp_path)))
    assert one.submit(submission).status_code == 200
    review.request_edits(None, submission, "Say who <consented>.\nAll of them.")
    asked = newest(one.email, 2)
    assert subject(asked) == "“Voices & <songs> 100%” needs changes"
    text = asked.get_content()
    assert "The reviewer writes:\n\nSay who <consented>.\nAll of them.\n\n" in text
    assert text.rstrip().endswith("\n\nYou get this message because you publish on this site.")
    assert "\n\n\n" not in text.rstrip()

    assert one.submit(submission).status_code == 200
    approve(submission)
    approved = newest(one.email, 3)
    assert subject(approved) == "“Voices & <songs> 100%” is published"
    assert "The reviewer writes" not in approved.get_content()

    one.verified(one.send(submission, file(tmp_path, "second.tar.gz", b"more\n")))
    assert "Version 2 of “Voices & <songs> 100%” was verified" in newest(one.email, 4).get_content()


@pytest.fixture
def reviewer(make: Maker) -> str:
    """Somebody who reviews, of another organization."""
    address, _ = make.person(make.organization(), "member", roles=["reviewer"])
    make.load()
    return address


def test_letters_come_in_the_language_of_who_gets_them(
    site: Site, make: Maker, reviewer: str, tmp_path: Path
) -> None:
    from commonhold.server.accounts.models import Person
    from commonhold.server.kit.viewer import REVIEWER, SCOPES, Viewer
    from commonhold.server.submissions.actions import review, talk

    one = publisher(site, make)
    # Of a name of its own: reviewers are told of what other tests have submitted, too.
    name = unique("Voices")
    submission = one.draft(name=name, translations={"name": {"fr": "Voix"}})
    read_in(one.email, "fr")
    one.verified(one.send(submission, file(tmp_path)))
    assert one.submit(submission).status_code == 200
    [waits] = [letter for letter in letters_to(reviewer) if name in subject(letter)]
    assert subject(waits) == f"For review: “{name}”"
    assert "because you are a reviewer" in waits.get_content()

    person = Person.objects.get(email=reviewer).pk
    viewer = Viewer(person, site_roles=frozenset({REVIEWER}), scopes=frozenset(SCOPES))
    talk.comment(viewer, submission, "Who is it?")
    review.reject(viewer, submission, "Nobody consented.")
    # The site's worker and this process may each have sent one: either may have been the first.
    letters = letters_to(one.email)
    assert len(letters) == 2
    [remark] = [letter for letter in letters if "Who is it?" in letter.get_content()]
    [rejected] = [letter for letter in letters if "Nobody consented." in letter.get_content()]
    for letter in (remark, rejected):
        assert "Voix" in subject(letter)
        assert "Voices" not in subject(letter) + letter.get_content()
    assert "parce que vous publiez sur ce site" in rejected.get_content()


def test_who_downloaded_a_removed_dataset_is_told_in_their_language(
    site: Site, make: Maker, tmp_path: Path
) -> None:
    from commonhold.server.catalogue import moderation
    from commonhold.server.catalogue.models import Dataset

    organization = make.organization()
    slug = make.dataset(organization, name={"en-US": "Voices", "fr": "Voix"})
    readers = {locale: make.person(make.organization(), "owner") for locale in ("fr", "en-US")}
    make.load()
    dataset: Any = Dataset.objects.get(slug=slug)
    for locale, (address, key) in readers.items():
        read_in(address, locale)
        agree(dataset.public_id, address)
        assert site.post(f"/api/datasets/{dataset.public_id}/download", key=key).status_code == 200
    moderation.moderate(None, dataset.pk, "removed", "Its speakers asked for it.")
    french, english = (newest(address, 1) for address, _ in readers.values())
    assert subject(french) == "« Voix » a été retiré"
    assert "Le motif indiqué\N{NO-BREAK SPACE}:\n\nIts speakers asked for it.\n\n" in french.get_content()
    assert subject(english) == "“Voices” was removed"
    assert f"The dataset “Voices” ({slug}), which you downloaded, was removed" in english.get_content()
    assert "\n\nYou get this message because you downloaded the dataset.\n" in english.get_content()
