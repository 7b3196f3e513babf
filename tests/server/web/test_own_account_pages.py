"""Name and language, a new address, credentials for JWT, downloads."""

import re

from tests.server.web.conftest import PASSWORD
from tests.support.site import unique


def _signed_in(visitor, address: str):
    reader = visitor()
    reader.post("/sign-in", login=address, password=PASSWORD)
    reader.post("/confirm", password=PASSWORD)
    return reader


def test_name_and_language_are_changed(visitor, house):
    home = house()
    reader = visitor(home.reader)
    assert reader.post("/profile/account", name="x" * 256, locale="fr").status_code == 400
    assert reader.post("/profile/account", name="Kept", locale="tlh").status_code == 400
    reader.post("/profile/account", name="  Rita Renamed ", locale="fr")
    page = reader.get("/profile")
    assert "Rita Renamed" in page.text
    assert '<html lang="fr"' in page.text


def test_a_new_address_is_confirmed_before_it_counts(visitor, house, letters):
    from commonhold.server.accounts.models import Person

    home = house(with_password=True)
    reader, new = _signed_in(visitor, home.reader), f"{unique('new')}@example.org"
    person = Person.objects.get(email=home.reader)
    assert reader.post("/profile/email", email="nonsense", action_add="1").status_code == 200
    reader.post("/profile/email", email=new.upper(), action_add="1")
    assert new in reader.get("/profile/email").text
    person.refresh_from_db()
    assert person.email == home.reader
    link = re.findall(r"http://localhost(/confirm-address/\S+)", letters(new)[-1].get_content())[0]
    reader.post(link)
    person.refresh_from_db()
    assert person.email == new
    assert "was changed" in letters(home.reader)[-1].get_content(), "the old address is told"
    assert visitor().post("/sign-in", login=home.reader, password=PASSWORD).status_code == 200
    assert visitor().post("/sign-in", login=new, password=PASSWORD).status_code == 302


def test_an_address_of_another_account_cannot_be_taken_over(visitor, house, letters):
    from commonhold.server.accounts.models import Person

    home, other = house(with_password=True), house(with_password=True)
    reader = _signed_in(visitor, home.reader)
    answers = [
        reader.post("/profile/email", email=address, action_add="1")
        for address in (f"{unique('free')}@example.org", other.reader)
    ]
    assert {(one.status_code, one["Location"]) for one in answers} == {(302, "/profile/email")}, (
        "tells nobody"
    )
    links = [
        re.findall(r"http://localhost(/confirm-address/\S+)", letter.get_content())
        for letter in letters(other.reader)
    ]
    (link,) = (found[0] for found in links if found)
    owner = visitor(other.reader)
    assert owner.post(link).status_code == 302
    assert "already belongs to another account" in owner.get("/").text
    assert Person.objects.filter(email=home.reader).exists()
    assert Person.objects.filter(email=other.reader).exists()


def test_an_issuer_is_made_shown_once_and_revoked(visitor, house, site):
    import time

    import jwt

    home = house(with_password=True)
    reader = visitor()
    reader.post("/sign-in", login=home.reader, password=PASSWORD)
    asked = reader.post("/profile/credentials", make="1", revoke=None)
    assert asked["Location"].startswith("/confirm?next="), "who finds a browser open makes no credentials"
    page = reader.post(asked["Location"], password=PASSWORD)
    secret = re.findall(r'<pre id="secret"[^>]*>([0-9a-f]{64})</pre>', page.text)[0]
    issuer = re.findall(r"<code>(user:\d+:\d+)</code>", page.text)[0]
    assert page["Cache-Control"] == "no-store"
    assert secret not in reader.get("/profile/credentials").text

    def ask() -> int:
        now = int(time.time())
        token = jwt.encode({"iss": issuer, "iat": now, "exp": now + 300, "jti": unique("t")}, secret, "HS256")
        return site.get("/api/v4/accounts/profile/", headers={"Authorization": f"JWT {token}"}).status_code

    assert ask() == 200
    reader.post("/profile/credentials", revoke="1")
    assert ask() == 401


def test_downloads_are_listed_without_what_one_may_not_see(visitor, house):
    from commonhold.server.catalogue.models import Dataset

    home, hidden = house(name="Still Here"), house(name="Gone Private")
    reader = visitor(home.reader)
    for one in (home, hidden):
        path = f"/datasets/{one.dataset}"
        reader.post(f"{path}/terms", read="yes", licence="yes", keep="yes")
        reader.post(f"{path}/download", form_at=path)
    Dataset.objects.filter(slug=hidden.dataset).update(visibility="private")
    page = reader.get("/profile/downloads").text
    assert "Still Here" in page
    assert "Gone Private" not in page
    assert "a dataset no longer here" in page
    assert "Still Here" not in visitor(hidden.reader).get("/profile/downloads").text


def test_scopes_are_words_of_the_page(visitor, house):
    home = house()
    reader = visitor(home.publisher)
    assert re.search(r"<dd>\s*read, download", reader.get("/profile/keys").text)


def test_two_confirmations_of_one_address_end_with_one_account(visitor, house, letters):
    """Somebody signs up with the address that another is changing to: whoever confirms second is told, not failed."""
    from commonhold.server.accounts.models import Person

    home, new = house(with_password=True), f"{unique('wanted')}@example.org"
    reader = _signed_in(visitor, home.reader)
    reader.post("/profile/email", email=new, action_add="1")
    link = re.findall(r"http://localhost(/confirm-address/\S+)", letters(new)[-1].get_content())[0]
    Person.objects.create_user(new)
    assert reader.post(link).status_code == 302
    assert "already belongs to another account" in reader.get("/profile").text
    assert Person.objects.filter(email=home.reader).exists()
