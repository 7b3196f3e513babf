"""Signing up, in and out; passwords; what nobody learns about others' accounts."""

import re

import pytest

from tests.server.web.conftest import PASSWORD
from tests.support.site import unique


def _link(message, path: str) -> str:
    return re.findall(rf"http://localhost({path}[^\s]+)", message.get_content())[0]


def _sign_up(visitor, address: str, name: str = "Nina New"):
    return visitor.post("/sign-up", name=name, email=address, password1=PASSWORD, password2=PASSWORD)


def test_a_newcomer_confirms_and_has_an_organization_of_their_own(visitor, letters):
    from commonhold.server.accounts.models import Person

    address = f"{unique('new')}@example.org"
    newcomer = visitor(accept_language="sw")
    answer = _sign_up(newcomer, address.upper())
    assert (answer.status_code, answer["Location"]) == (302, "/confirm-address")
    assert newcomer.get("/profile").status_code == 302, "not before the address is confirmed"
    person = Person.objects.get(email=address)
    assert (person.name, person.locale) == ("Nina New", "sw")
    assert person.personal_organization.memberships.get().person == person

    (message,) = letters(address)
    link = _link(message, "/confirm-address/")
    assert newcomer.get(link).status_code == 200
    assert newcomer.get("/profile").status_code == 302, "opening the link is not enough: scanners do that too"
    assert newcomer.post(link)["Location"] == "/"
    assert newcomer.get("/profile").status_code == 200


def test_an_unconfirmed_address_cannot_sign_in(visitor, letters):
    address = f"{unique('new')}@example.org"
    _sign_up(visitor(), address)
    answer = visitor().post("/sign-in", login=address, password=PASSWORD)
    assert answer["Location"] == "/confirm-address"


def test_a_taken_address_looks_the_same_and_its_owner_is_told(visitor, house, letters):
    from commonhold.server.accounts.models import Person

    home = house(with_password=True)
    fresh = _sign_up(visitor(), f"{unique('new')}@example.org")
    taken = _sign_up(visitor(), home.reader)
    assert (fresh.status_code, fresh["Location"]) == (taken.status_code, taken["Location"])
    assert Person.objects.filter(email=home.reader).count() == 1
    (message,) = letters(home.reader)
    assert "already have an account" in message["Subject"]


@pytest.mark.parametrize(
    "password", ["short", "password123", "1234567890", "P@ssw0rd2024!", "aaaabbbbaaaa", "Commonhold-1"]
)
def test_weak_passwords_are_refused_and_the_rest_is_kept(visitor, database, password):
    from commonhold.server.accounts.models import Person

    address = f"{unique('weak')}@example.org"
    answer = visitor().post("/sign-up", name="Keep Me", email=address, password1=password, password2=password)
    assert answer.status_code == 200
    assert 'class="mistake"' in answer.text
    assert 'value="Keep Me"' in answer.text
    assert f'value="{password}"' not in answer.text
    assert not Person.objects.filter(email=address).exists()


def test_signing_in_and_out(visitor, house):
    home = house(with_password=True)
    reader = visitor()
    answer = reader.post("/sign-in", login=home.reader.upper(), password=PASSWORD)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "Rita Reader" in reader.get("/profile").text
    assert reader.post("/sign-out")["Location"] == "/"
    assert reader.get("/profile").status_code == 302


def test_wrong_passwords_and_unknown_addresses_sound_alike(visitor, house):
    home = house(with_password=True)
    answers = [
        visitor().post("/sign-in", login=login, password="not this one")
        for login in (home.reader, f"{unique('nobody')}@example.org")
    ]
    said = [
        re.findall(r'<div class="message error"[^>]*>(.*?)</div>', answer.text, re.DOTALL)
        for answer in answers
    ]
    assert said[0] == said[1] != []


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:///evil.example",
    ],
)
def test_no_form_leads_to_another_site(visitor, house, evil):
    home = house(with_password=True)
    reader = visitor()
    answer = reader.post("/sign-in", form_at="/sign-in", login=home.reader, password=PASSWORD, next=evil)
    assert answer.status_code == 302
    assert "evil" not in answer["Location"]
    assert not answer["Location"].startswith("javascript")
    answer = reader.post("/language", form_at="/", language="fr", next=evil)
    assert answer["Location"] == "/"


def test_signing_in_leads_back(visitor, house):
    home = house(with_password=True)
    answer = visitor().post(
        "/sign-in", login=home.reader, password=PASSWORD, next=f"/datasets/{home.dataset}"
    )
    assert answer["Location"] == f"/datasets/{home.dataset}"


def test_a_forgotten_password_is_reset_by_mail_once(visitor, house, letters):
    home = house(with_password=True)
    reader = visitor()
    assert reader.post("/password/reset", email=home.reader)["Location"] == "/password/reset/sent"
    (message,) = letters(home.reader)
    link = _link(message, "/password/reset/")
    form = reader.get(link)["Location"]
    new = "quite another horse"
    assert reader.post(form, password1=new, password2=new)["Location"] == "/password/reset/done"
    assert visitor().post("/sign-in", login=home.reader, password=PASSWORD).status_code == 200
    assert visitor().post("/sign-in", login=home.reader, password=new).status_code == 302
    assert "used up" in visitor().get(link).text


def test_reset_tells_nobody_which_addresses_exist(visitor, house, letters):
    home = house(with_password=True)
    nobody = f"{unique('nobody')}@example.org"
    answers = [visitor().post("/password/reset", email=address) for address in (home.reader, nobody)]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/password/reset/sent")}
    assert "/sign-up" in letters(nobody)[0].get_content()


def test_changing_the_password_keeps_this_session_and_ends_the_others(visitor, house):
    home = house(with_password=True)
    here, elsewhere = visitor(home.reader), visitor(home.reader)
    assert elsewhere.get("/profile").status_code == 200
    wrong = here.post(
        "/password", oldpassword="no", password1="a whole new horse", password2="a whole new horse"
    )
    assert wrong.status_code == 200
    done = here.post(
        "/password", oldpassword=PASSWORD, password1="a whole new horse", password2="a whole new horse"
    )
    assert done["Location"] == "/profile"
    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302


def test_a_closed_account_is_signed_out_at_once(visitor, house):
    from commonhold.server.accounts.models import Person

    home = house(with_password=True)
    reader = visitor(home.reader)
    assert reader.get("/profile").status_code == 200
    Person.objects.filter(email=home.reader).update(is_active=False)
    assert reader.get("/profile").status_code == 302


def test_guessing_is_stopped(visitor, house):
    home = house(with_password=True)
    guesser = visitor()
    for _ in range(5):
        guesser.post("/sign-in", login=home.reader, password="a guess")
    answer = guesser.post("/sign-in", login=home.reader, password=PASSWORD)
    assert answer.status_code in {200, 429}
    assert guesser.get("/profile").status_code == 302


def test_attempts_are_counted_for_all_processes_together(visitor, house, site):
    from tests.server.web.conftest import hidden_fields

    home = house(with_password=True)
    host = site.url.removeprefix("http://")  # guesses are counted by account and by the site's name
    for _ in range(5):
        visitor(host=host).post("/sign-in", login=home.reader, password="a guess")
    page = site.get("/sign-in")
    token = hidden_fields(page.text)["csrfmiddlewaretoken"]
    form = {"login": home.reader, "password": PASSWORD, "csrfmiddlewaretoken": token}
    answer = site.post("/sign-in", data=form, headers={"Cookie": f"csrftoken={page.cookies['csrftoken']}"})
    assert answer.status_code in {200, 429}, "another process knows of the guesses"
    assert "Too many failed login attempts" in answer.text or answer.status_code == 429
    assert "sessionid" not in answer.cookies
