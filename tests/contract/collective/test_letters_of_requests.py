"""Access requests made through the API are told by mail as those of the pages are."""

from tests.support.collection import Maker
from tests.support.mail import letters_to
from tests.support.site import Site


def test_who_decides_and_who_asked_are_told(site: Site, make: Maker) -> None:
    organization = make.organization()
    publisher, publishing = make.person(organization, "publisher")
    member, _ = make.person(organization, "member")
    reader, reading = make.person(make.organization(), "owner")
    dataset = make.dataset(organization, visibility="restricted", name="Voices")
    make.load()
    for _again in range(2):
        asked = site.post(
            f"/api/datasets/{dataset}/access-requests", key=reading, json={"message": "For my thesis."}
        )
        assert asked.status_code == 200, asked.text
    (letter,) = letters_to(publisher)
    assert "Voices" in letter["Subject"]
    assert "For my thesis." in letter.get_content()
    assert f"/organizations/{organization}/requests" in letter.get_content()
    assert letters_to(member) == []
    for _again in range(2):
        decided = site.post(
            f"/api/access-requests/{asked.json()['id']}", key=publishing, json={"status": "approved"}
        )
        assert decided.json()["status"] == "approved"
    (answer,) = letters_to(reader)
    assert "You may download" in answer["Subject"]
    assert "/datasets/" in answer.get_content()
