"""Taking one's data along, and leaving: afterwards no table knows name or address, and the trail still stands."""

import datetime as dt
import json

from tests.server.web.conftest import PASSWORD
from tests.support.site import unique


def _rows_with(*words: str) -> list[str]:
    """Return every place of the database in which one of the words stands."""
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            columns = [
                column.name for column in connection.introspection.get_table_description(cursor, table)
            ]
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=False):
                    text = (
                        bytes(value).decode("utf-8", "ignore")
                        if isinstance(value, (bytes, memoryview))
                        else str(value)
                    )
                    if any(word.lower() in text.lower() for word in words):
                        found.append(f"{table}.{column}: {text[:200]}")
    return found


def _busy_person(visitor, house, make, site):
    """Somebody who has used everything: address, new address, name, and their browser."""
    from commonhold.server.accounts.models import Person
    from commonhold.server.catalogue.models import Dataset
    from commonhold.server.submissions.models import Submission

    home, restricted = house(), house(visibility="restricted")
    name = unique("Zebulon")
    address, new = f"{unique('zebulon')}@example.org", f"{unique('elsewhere')}@example.org"
    make.person(home.organization, "publisher", email=address, name=name)
    make.person(None, roles=["operator"], password=None)
    owner, _ = make.person(restricted.organization, "owner", password=None)
    make.load()
    browser = visitor(user_agent=f"{name}'s browser")
    browser.post("/sign-in", login=address, password=PASSWORD)
    site.post("/api/v4/accounts/session/", json={"email": address, "password": PASSWORD})
    browser.post("/confirm", password=PASSWORD)
    browser.post(
        "/profile/keys",
        name=f"{name}'s laptop",
        organization=_personal(address),
        scopes=["read", "download"],
        lifetime="30",
    )
    browser.post("/profile/credentials", make="1")
    path = f"/datasets/{home.dataset}"
    browser.post(f"{path}/terms", read="yes", licence="yes", keep="yes")
    browser.post(f"{path}/download", form_at=path)
    browser.post(f"/datasets/{restricted.dataset}/request", message=f"I am {name}.")
    browser.post(
        "/profile/publishing", organization="new", proposed_name=f"House of {name}", message=f"{name} asks."
    )
    browser.post("/profile/email", email=new, action_add="1")
    visitor(owner).post(
        f"/organizations/{restricted.organization}/invitations",
        form_at=f"/organizations/{restricted.organization}/members",
        email=address,
        role="member",
    )
    Dataset.objects.filter(slug=home.dataset).update(contact_email=address, contact_name=name)
    person = Person.objects.get(email=address)
    Submission.objects.create(
        organization_id=person.memberships.get(organization__slug=home.organization).organization_id,
        author=person.pk,
        name="Left behind",
        created_by_full_name=name,
        created_by_email=address,
    )
    return address, new, name, browser


def _letters_that_wait(address: str) -> None:
    """Leave letters to somebody, and about them to others, with a mail server that is down."""
    from django.db import transaction
    from django.db.models import Q
    from django.test import RequestFactory

    from commonhold.server.access.letters import tell_publishers
    from commonhold.server.access.models import AccessRequest
    from commonhold.server.accounts.models import Person
    from commonhold.server.background.models import Job
    from commonhold.server.kit import clock
    from commonhold.server.mail.actions import SEND, send_later
    from commonhold.server.organizations.models import RightsRequest
    from commonhold.server.web.people_letters import tell_operators

    person = Person.objects.get(email=address)
    ours = Job.objects.filter(Q(arguments__to=address) | Q(arguments__about=person.pk), name=SEND)
    with transaction.atomic():
        send_later(address, "A letter", f"Dear {person.name}")
        tell_publishers(AccessRequest.objects.get(person=person), "http://127.0.0.1")
        request = RequestFactory().get("/", headers={"host": "127.0.0.1"})
        tell_operators(request, RightsRequest.objects.get(person=person))
        ours.update(run_at=clock.now() + dt.timedelta(hours=1))
    assert ours.count() >= 3


def _personal(address: str) -> str:
    from commonhold.server.organizations.models import Organization

    return str(Organization.objects.get(personal_of__email=address).pk)


def test_the_file_holds_everything(visitor, house, make, site):
    address, new, name, browser = _busy_person(visitor, house, make, site)
    answer = browser.post("/profile/export")
    assert answer["Content-Disposition"] == 'attachment; filename="commonhold-my-data.json"'
    data = json.loads(answer.content)
    assert data["person"]["email"] == address
    assert [one["email"] for one in data["addresses"]] == [address, new]
    assert {one["name"] for one in data["api_keys"]} == {"test", f"{name}'s laptop"}
    assert len(data["agreements"]) == len(data["downloads"]) == len(data["access_requests"]) == 1
    assert len(data["browser_sessions"]) == len(data["program_sessions"]) == len(data["jwt_issuers"]) == 1
    assert [one["is_this"] for one in data["browser_sessions"]] == [True]
    assert data["publishing_rights_requests"][0]["message"] == f"{name} asks."
    assert data["named_in_datasets"] == [data["agreements"][0]["dataset"]]
    assert data["named_in_submissions"][0]["as"] == "created_by"
    assert "access.agreed" in {one["action"] for one in data["what_you_did"]}
    assert "digest" not in answer.text, "no secret leaves"
    assert "encrypted" not in answer.text


def test_after_leaving_no_table_knows_name_or_address(visitor, house, make, site):
    from commonhold.server.access.models import AccessRecord, Agreement
    from commonhold.server.accounts.models import Person
    from commonhold.server.audit.models import Entry

    address, new, name, browser = _busy_person(visitor, house, make, site)
    _letters_that_wait(address)
    token = site.post("/api/v4/accounts/session/", json={"email": address, "password": PASSWORD}).json()[
        "token"
    ]
    other = visitor()
    other.post("/sign-in", login=address, password=PASSWORD)
    number = Person.objects.get(email=address).pk
    assert len(_rows_with(address, new, name)) > 10

    wrong = browser.post("/profile/leave", address="somebody@example.org")
    assert wrong.status_code == 400
    assert 'value="somebody@example.org"' in wrong.text
    assert Person.objects.filter(pk=number).exists()
    done = browser.post("/profile/leave", address=address.upper())
    assert "Your account is deleted" in done.text
    assert _rows_with(address, new, name, address.split("@")[0], new.split("@")[0]) == []

    for one in (browser, other):
        assert one.get("/profile").status_code == 302
    assert site.get("/api/v4/accounts/profile/", key=token).status_code == 401
    assert Entry.objects.filter(actor=number, action="access.agreed").count() == 1
    assert Entry.objects.filter(actor=number, action="accounts.left").count() == 1
    assert (
        Agreement.objects.filter(person=number).count()
        == AccessRecord.objects.filter(person=number).count()
        == 1
    )
    assert visitor().post("/sign-in", login=address, password=PASSWORD).status_code == 200


def test_the_only_owner_hands_over_first(visitor, make):
    from commonhold.server.accounts.models import Person

    slug = make.organization(name="Orphanage")
    owner, _ = make.person(slug, "owner", password=None)
    heir, _ = make.person(slug, "member", password=None)
    make.load()
    leaving = visitor(owner)
    assert "Orphanage" in leaving.get("/profile/leave").text
    assert leaving.post("/profile/leave", address=owner).status_code == 409
    assert Person.objects.filter(email=owner).exists()
    form = f"/organizations/{slug}/members"
    leaving.post(
        f"{form}/change",
        form_at=form,
        person=str(Person.objects.get(email=heir).pk),
        role="owner",
        remove=None,
    )
    assert leaving.post("/profile/leave", address=owner).status_code == 200
    assert not Person.objects.filter(email=owner).exists()


def test_leaving_and_the_file_ask_who_it_is(visitor, house):
    home = house(with_password=True)
    reader = visitor()
    reader.post("/sign-in", login=home.reader, password=PASSWORD)
    for path in ("/profile/leave", "/profile/export"):
        assert reader.get(path)["Location"].startswith("/confirm?next=")
