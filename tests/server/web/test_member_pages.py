"""Members, roles, invitations; how an organization presents itself; leaving it."""

import pytest

from tests.support.mail import told
from tests.support.site import unique


@pytest.fixture
def group(make):
    """An organization with an owner, a publisher and a member; addresses by role, and the organization."""
    slug = make.organization(name="The Group")
    people = {role: make.person(slug, role, password=None)[0] for role in ("owner", "publisher", "member")}
    people["stranger"] = make.person(None, password=None)[0]
    make.load()
    return slug, people


def _role(slug: str, address: str) -> str | None:
    from commonhold.server.organizations.models import Membership

    found = Membership.objects.filter(organization__slug=slug, person__email=address).first()
    return found.role if found else None


def _pk(address: str) -> str:
    from commonhold.server.accounts.models import Person

    return str(Person.objects.get(email=address).pk)


def _invite(visitor, slug: str, owner: str, address: str, role: str = "publisher") -> str:
    """Invite, and return the path that the letter leads to."""
    answer = visitor(owner).post(
        f"/organizations/{slug}/invitations",
        form_at=f"/organizations/{slug}/members",
        email=address,
        role=role,
        person=None,
        remove=None,
    )
    assert answer.status_code == 302, answer.text
    text = told(address)[-1]["text"]
    assert "The Group" in text
    return "/invitations/" + text.split("/invitations/")[1].split()[0]


def test_somebody_is_invited_and_joins(visitor, group):
    slug, people = group
    path = _invite(
        visitor,
        slug,
        people["owner"],
        people["stranger"].upper().replace("EXAMPLE.ORG", "example.org").lower(),
    )
    guest = visitor(people["stranger"])
    assert path in guest.get("/profile").text
    assert "The Group" in guest.get(path).text
    assert guest.post(path, accept="1")["Location"] == "/profile"
    assert _role(slug, people["stranger"]) == "publisher"
    assert guest.get(path).status_code == 404, "answered once"


def test_only_the_invited_address_answers(visitor, group):
    slug, people = group
    path = _invite(visitor, slug, people["owner"], f"{unique('someone')}@example.org")
    assert visitor(people["stranger"]).get(path).status_code == 404
    assert visitor().get(path)["Location"].startswith("/sign-in")
    assert _role(slug, people["stranger"]) is None


def test_invitations_are_declined_withdrawn_and_grow_old(visitor, group):
    import datetime as dt

    from commonhold.server.kit import clock
    from commonhold.server.organizations.models import Invitation

    slug, people = group
    guest = visitor(people["stranger"])
    path = _invite(visitor, slug, people["owner"], people["stranger"])
    guest.post(path, decline="1")
    assert (_role(slug, people["stranger"]), guest.get(path).status_code) == (None, 404)
    path = _invite(visitor, slug, people["owner"], people["stranger"])
    members = f"/organizations/{slug}/members"
    visitor(people["owner"]).post(
        path.replace("/invitations", f"/organizations/{slug}/invitations"), form_at=members
    )
    assert guest.get(path).status_code == 404
    path = _invite(visitor, slug, people["owner"], people["stranger"])
    Invitation.objects.filter(public_id=path.split("/")[-1]).update(
        expires_at=clock.now() - dt.timedelta(seconds=1)
    )
    assert guest.get(path).status_code == 404
    again = _invite(visitor, slug, people["owner"], people["stranger"])
    assert again == path, "the old one is renewed"
    assert guest.get(path).status_code == 200


def test_owners_change_roles_and_remove(visitor, group):
    slug, people = group
    owner, form = visitor(people["owner"]), f"/organizations/{slug}/members"
    owner.post(f"{form}/change", form_at=form, person=_pk(people["member"]), role="publisher", remove=None)
    assert _role(slug, people["member"]) == "publisher"
    owner.post(f"{form}/change", form_at=form, person=_pk(people["publisher"]), remove="1")
    assert _role(slug, people["publisher"]) is None
    owner.post(f"{form}/change", form_at=form, person=_pk(people["member"]), role="emperor", remove=None)
    assert _role(slug, people["member"]) == "publisher"


def test_there_is_always_an_owner(visitor, group):
    slug, people = group
    owner, form = visitor(people["owner"]), f"/organizations/{slug}/members"
    owner.post(f"{form}/change", form_at=form, person=_pk(people["owner"]), role="member", remove=None)
    owner.post(f"{form}/change", form_at=form, person=_pk(people["owner"]), remove="1")
    owner.post(f"{form}/leave", form_at=form)
    assert _role(slug, people["owner"]) == "owner"
    assert "There must be an owner" in owner.get(form).text
    owner.post(f"{form}/change", form_at=form, person=_pk(people["member"]), role="owner", remove=None)
    assert owner.post(f"{form}/leave", form_at=form)["Location"] == "/profile"
    assert (_role(slug, people["owner"]), _role(slug, people["member"])) == (None, "owner")


@pytest.mark.parametrize("role", ["publisher", "member"])
def test_others_look_and_leave_but_change_nothing(visitor, group, role):
    slug, people = group
    one, form = visitor(people[role]), f"/organizations/{slug}/members"
    page = one.get(form).text
    assert people["owner"] in page
    assert 'name="role"' not in page
    for path, fields in (
        ("members/change", {"person": _pk(people["owner"]), "role": "member"}),
        ("members/change", {"person": _pk(people[role]), "role": "owner"}),
        ("invitations", {"email": "x@example.org", "role": "owner"}),
        ("settings", {"name": "Taken over"}),
    ):
        assert one.post(f"/organizations/{slug}/{path}", form_at=form, **fields).status_code == 403, path
    assert (_role(slug, people["owner"]), _role(slug, people[role])) == ("owner", role)
    one.post(f"{form}/leave", form_at=form)
    assert _role(slug, people[role]) is None


def test_strangers_see_no_members(visitor, group):
    slug, people = group
    stranger = visitor(people["stranger"])
    for path in ("members", "settings"):
        assert stranger.get(f"/organizations/{slug}/{path}").status_code == 404
    answer = stranger.post(
        f"/organizations/{slug}/invitations", form_at="/profile", email="x@example.org", role="owner"
    )
    assert answer.status_code == 404


def test_what_is_typed_wrong_stays(visitor, group):
    slug, people = group
    owner, form = visitor(people["owner"]), f"/organizations/{slug}/members"
    answer = owner.post(
        f"/organizations/{slug}/invitations", form_at=form, email="no address", role="publisher"
    )
    assert answer.status_code == 400
    assert 'value="no address"' in answer.text
    answer = owner.post(
        f"/organizations/{slug}/invitations", form_at=form, email=people["member"], role="member"
    )
    assert "the address of a member" in answer.text


def test_owners_change_how_it_presents_itself(visitor, group):
    from commonhold.server.organizations.models import Organization

    slug, people = group
    owner, form = visitor(people["owner"]), f"/organizations/{slug}/settings"
    assert owner.post(form, name="", website="nonsense").status_code == 400
    owner.post(form, name="New Name", description="**Hello**", website="https://group.example.org")
    owner.post("/language", form_at=form, language="fr")
    owner.post(
        f"{form}?language=mine",
        name="Nouveau nom",
        description="Bonjour",
        website="https://group.example.org",
    )
    row = Organization.objects.get(slug=slug)
    assert row.name == {"en-US": "New Name", "fr": "Nouveau nom"}
    assert row.description == {"en-US": "**Hello**", "fr": "Bonjour"}
    assert "Nouveau nom" in owner.get(f"/organizations/{slug}").text


def test_letters_to_strangers_are_bounded(visitor, group, monkeypatch):
    from commonhold.server.web.pages import members

    slug, people = group
    monkeypatch.setattr(members, "_INVITATIONS", "2/hour")
    owner, form = visitor(people["owner"]), f"/organizations/{slug}/members"
    answers = [
        owner.post(
            f"/organizations/{slug}/invitations",
            form_at=form,
            email=f"{unique('s')}@example.org",
            role="member",
        )
        for _ in range(3)
    ]
    assert [one.status_code for one in answers] == [302, 302, 400]
    assert "Go on in an hour" in answers[-1].text
