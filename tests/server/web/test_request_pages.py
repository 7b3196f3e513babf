"""Access to restricted datasets: asked for, decided, told by mail, decided otherwise."""

import re

import pytest


def _state(address: str, slug: str) -> str | None:
    from commonhold.server.access.models import AccessRequest

    found = AccessRequest.objects.filter(person__email=address, dataset__slug=slug).first()
    return found.status if found else None


def _address(visitor, home) -> str:
    desk = visitor(home.publisher).get(f"/organizations/{home.organization}/requests").text
    return re.findall(r'action="(/organizations/[^"]+/requests/[^"]+)"', desk)[0]


def test_asking_waiting_approval_and_mail_both_ways(visitor, house, letters):
    home = house(visibility="restricted", name="Voices")
    reader, path = visitor(home.reader), f"/datasets/{home.dataset}/request"
    assert reader.post(path, message="For my <b>thesis</b>.").status_code == 302
    assert _state(home.reader, home.dataset) == "pending"
    assert 'data-state="pending"' in reader.get(path).text
    assert "Your request is waiting" in reader.get(f"/datasets/{home.dataset}").text
    (asked,) = letters(home.publisher)
    assert "Voices" in asked["Subject"]
    assert "For my <b>thesis</b>." in asked.get_content()
    assert f"/organizations/{home.organization}/requests" in asked.get_content()

    desk = visitor(home.publisher).get(f"/organizations/{home.organization}/requests")
    assert "For my &lt;b&gt;thesis" in desk.text
    assert "Rita Reader" in desk.text
    publisher, here = visitor(home.publisher), f"/organizations/{home.organization}/requests"
    publisher.post(_address(visitor, home), form_at=here, decision="approved")
    assert _state(home.reader, home.dataset) == "approved"
    (answer,) = letters(home.reader)
    assert "You may download" in answer["Subject"]
    assert 'data-reason="terms"' in reader.get(f"/datasets/{home.dataset}").text

    publisher.post(_address(visitor, home), form_at=here, decision="revoked")
    assert _state(home.reader, home.dataset) == "revoked"
    assert 'data-reason="approval"' in reader.get(f"/datasets/{home.dataset}").text


def test_asking_twice_is_one_request_and_one_letter(visitor, house, letters):
    from commonhold.server.access.models import AccessRequest

    home = house(visibility="restricted")
    reader, path = visitor(home.reader), f"/datasets/{home.dataset}/request"
    page = reader.get(path)
    assert page.status_code == 200
    token = reader.client.cookies["csrftoken"].value
    for text in ("one", "two"):
        reader.client.post(path, {"message": text, "csrfmiddlewaretoken": token})
    assert [row.message for row in AccessRequest.objects.filter(dataset__slug=home.dataset)] == ["one"]
    assert len(letters(home.publisher)) == 1


def test_automatic_approval(visitor, house, letters):
    home = house(visibility="restricted", auto_approve_access_requests=True)
    visitor(home.reader).post(f"/datasets/{home.dataset}/request", message="")
    assert _state(home.reader, home.dataset) == "approved"
    assert letters(home.publisher) == []


def test_a_message_too_long_is_kept_and_explained(visitor, house):
    home = house(visibility="restricted")
    answer = visitor(home.reader).post(f"/datasets/{home.dataset}/request", message="w" * 2001)
    assert answer.status_code == 400
    assert "w" * 2001 in answer.text
    assert "2000" in answer.text
    assert _state(home.reader, home.dataset) is None


def test_public_datasets_need_no_asking(visitor, house):
    home = house()
    assert visitor(home.reader).get(f"/datasets/{home.dataset}/request").status_code == 302


def test_only_publishers_of_that_organization_decide(visitor, house, make):
    home, other = house(visibility="restricted"), house(visibility="restricted")
    member, _ = make.person(home.organization, "member")
    make.load()
    visitor(home.reader).post(f"/datasets/{home.dataset}/request", message="please")
    path, desk = _address(visitor, home), f"/organizations/{home.organization}/requests"
    assert visitor(member).get(desk).status_code == 403
    assert visitor(home.reader).get(desk).status_code == 404
    assert visitor(other.publisher).get(desk).status_code == 404
    assert visitor().get(desk).status_code == 302
    for thief in (home.reader, other.publisher, member):
        answer = visitor(thief).post(path, form_at="/profile", decision="approved")
        assert answer.status_code in {403, 404}
    # Through a desk of one's own, another's request is not to be had either.
    foreign = path.replace(home.organization, other.organization)
    assert visitor(other.publisher).post(foreign, form_at="/profile", decision="approved").status_code == 404
    assert _state(home.reader, home.dataset) == "pending"


@pytest.mark.parametrize("decision", ["revoked", "pending", "nonsense", ""])
def test_decisions_that_make_no_sense_change_nothing(visitor, house, decision):
    home = house(visibility="restricted")
    visitor(home.reader).post(f"/datasets/{home.dataset}/request", message="please")
    publisher = visitor(home.publisher)
    publisher.post(
        _address(visitor, home), form_at=f"/organizations/{home.organization}/requests", decision=decision
    )
    assert _state(home.reader, home.dataset) == "pending"


def test_letters_are_in_the_language_of_who_gets_them(visitor, house, letters):
    from commonhold.server.accounts.models import Person

    home = house(visibility="restricted", name={"en-US": "Voices", "fr": "Voix"})
    Person.objects.filter(email=home.publisher).update(locale="fr")
    visitor(home.reader).post(f"/datasets/{home.dataset}/request", message="Please.")
    (asked,) = letters(home.publisher)
    assert "Voix" in asked["Subject"]
    assert "Voix" in asked.get_content()
    assert "asks for access" not in asked.get_content()
