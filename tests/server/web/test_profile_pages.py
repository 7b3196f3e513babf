"""The overview, acting for an organization, and the reader's language."""

import pytest

from tests.support.clock import hold
from tests.support.collection import Maker


@pytest.fixture
def held(monkeypatch):
    return hold(monkeypatch)


def test_the_quota_of_the_day_is_a_bar(visitor, house, held):
    from commonhold.server.access.models import DailyUse
    from commonhold.server.organizations.models import Organization

    home = house()
    own = Organization.objects.get(personal_of__email=home.reader)
    DailyUse.objects.create(organization=own.pk, day=held.date(), downloads=7)
    page = visitor(home.reader).get("/profile").text
    assert '<progress max="30" value="7"' in page
    assert "7 of 30" in page


def test_acting_for_an_organization(visitor, make: Maker, house, held):
    from commonhold.server.access.models import DailyUse
    from commonhold.server.organizations.models import Organization

    home, other = house(), house()
    organization = Organization.objects.get(slug=home.organization)
    foreign = Organization.objects.get(slug=other.organization)
    publisher = visitor(home.publisher)
    publisher.post("/profile/acting-for", form_at="/profile", organization=str(organization.pk))
    path = f"/datasets/{home.dataset}"
    publisher.post(f"{path}/terms", read="yes", licence="yes", keep="yes")
    publisher.post(f"{path}/download", form_at=path)
    assert DailyUse.objects.get(organization=organization.pk).downloads == 1
    publisher.post("/profile/acting-for", form_at="/profile", organization=str(foreign.pk))
    page = publisher.get("/profile").text
    assert "1 of 30" in page, "an organization one is not in is no choice"


def test_acting_ends_with_the_membership(visitor, house):
    from commonhold.server.organizations.models import Membership, Organization

    home = house(visibility="private")
    organization = Organization.objects.get(slug=home.organization)
    publisher = visitor(home.publisher)
    publisher.post("/profile/acting-for", form_at="/profile", organization=str(organization.pk))
    assert publisher.get(f"/datasets/{home.dataset}").status_code == 200
    Membership.objects.filter(organization=organization, person__email=home.publisher).delete()
    assert publisher.get(f"/datasets/{home.dataset}").status_code == 404
    assert publisher.get("/profile").status_code == 200


def test_agreements_and_requests_are_listed(visitor, house):
    home, restricted = house(name="Agreed Upon"), house(visibility="restricted", name="Asked For")
    reader = visitor(home.reader)
    receipt = reader.post(f"/datasets/{home.dataset}/terms", read="yes", licence="yes", keep="yes")[
        "Location"
    ]
    reader.post(f"/datasets/{restricted.dataset}/request", message="")
    page = reader.get("/profile").text
    assert f'href="{receipt}"' in page
    assert "Agreed Upon" in page
    assert "Asked For" in page


def test_the_language_is_profile_then_cookie_then_browser(visitor, house):
    home = house(name={"en-US": "Greetings", "fr": "Salutations", "de": "Grüße"})
    path = f"/datasets/{home.dataset}"
    stranger = visitor(accept_language="fr")
    assert "Salutations" in stranger.get(path).text
    answer = stranger.post("/language", form_at=path, language="de", next=path)
    assert answer["Location"] == path
    cookie = answer.cookies["language"]
    assert (cookie.value, cookie["samesite"], cookie["httponly"]) == ("de", "Lax", True)
    assert "Grüße" in stranger.get(path).text
    reader = visitor(home.reader, accept_language="fr")
    assert "Greetings" in reader.get(path).text
    reader.post("/language", form_at=path, language="fr")
    assert "Salutations" in visitor(home.reader, accept_language="de").get(path).text
    assert stranger.post("/language", form_at=path, language="xx' --").status_code == 302


def test_answers_say_what_they_depend_on(visitor, house):
    page = visitor().get(f"/datasets/{house().dataset}")
    assert {"Accept-Language", "Cookie"} <= {word.strip() for word in page["Vary"].split(",")}
    assert page["Content-Language"] == "en"
