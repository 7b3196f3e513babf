"""Asking for the right to publish, and what operators answer."""

from tests.support.mail import told
from tests.support.site import unique


def _people(make):
    slug = make.organization(name="Silent House", can_publish=False)
    owner, _ = make.person(slug, "owner", password=None)
    operator, _ = make.person(None, roles=["operator"], password=None)
    newcomer, _ = make.person(None, password=None)
    make.load()
    return slug, owner, operator, newcomer


def _number(address: str) -> str:
    from commonhold.server.organizations.models import RightsRequest

    return RightsRequest.objects.filter(person__email=address).latest("pk").public_id


def test_a_newcomer_asks_for_a_new_organization_and_gets_it(visitor, make):
    from commonhold.server.organizations.models import Organization

    _, _, operator, newcomer = _people(make)
    name = unique("Fresh Voices")
    asker = visitor(newcomer)
    answer = asker.post(
        "/profile/publishing", organization="new", proposed_name="", message="We record <b>voices</b>."
    )
    assert answer.status_code == 400
    assert "We record &lt;b&gt;" in answer.text, "what was typed stays"
    asker.post("/profile/publishing", organization="new", proposed_name=name, message="We record voices.")
    assert not Organization.objects.filter(slug=name.lower().replace(" ", "-")).exists(), (
        "not before it is granted"
    )
    assert any("We record voices." in letter["text"] for letter in told(operator))
    assert "Ask for the right" not in asker.get("/profile/publishing").text, "one wish at a time"

    desk = visitor(operator)
    assert name in desk.get("/operate/publishing-rights").text
    path = f"/operate/publishing-rights/{_number(newcomer)}"
    desk.post(path, form_at="/operate/publishing-rights", grant="1", reason="Welcome!")
    made = Organization.objects.get(slug=name.lower().replace(" ", "-"))
    assert made.can_publish
    assert made.memberships.get().person.email == newcomer
    assert made.memberships.get().role == "owner"
    assert "Welcome!" in asker.get("/profile/publishing").text
    assert any("Welcome!" in letter["text"] for letter in told(newcomer))
    desk.post(path, form_at="/operate/publishing-rights", refuse="1", reason="No.")
    made.refresh_from_db()
    assert made.can_publish, "decided once"


def test_an_owner_asks_for_theirs_and_is_refused_with_a_reason(visitor, make):
    from commonhold.server.organizations.models import Organization

    slug, owner, operator, _ = _people(make)
    organization = Organization.objects.get(slug=slug)
    visitor(owner).post(
        "/profile/publishing", organization=str(organization.pk), proposed_name="", message="Please."
    )
    desk = visitor(operator)
    path = f"/operate/publishing-rights/{_number(owner)}"
    assert desk.post(path, form_at="/operate/publishing-rights", refuse="1", reason=" ").status_code == 400
    desk.post(path, form_at="/operate/publishing-rights", refuse="1", reason="Who are you?")
    organization.refresh_from_db()
    assert not organization.can_publish
    assert "Who are you?" in visitor(owner).get("/profile/publishing").text


def test_nobody_asks_for_what_is_not_theirs_or_decides_without_the_role(visitor, make):
    from commonhold.server.organizations.models import Organization, RightsRequest

    slug, owner, _, newcomer = _people(make)
    organization = Organization.objects.get(slug=slug)
    answer = visitor(newcomer).post(
        "/profile/publishing", organization=str(organization.pk), message="Mine now."
    )
    assert answer.status_code == 400
    assert not RightsRequest.objects.filter(organization=organization).exists()
    visitor(owner).post("/profile/publishing", organization=str(organization.pk), message="Please.")
    for one in (visitor(owner), visitor(newcomer)):
        assert one.get("/operate/publishing-rights").status_code == 403
        path = f"/operate/publishing-rights/{_number(owner)}"
        assert one.post(path, form_at="/profile", grant="1", reason="Yes").status_code == 403
    organization.refresh_from_db()
    assert not organization.can_publish
    assert visitor().get("/operate/publishing-rights").status_code == 302
