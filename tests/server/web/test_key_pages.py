"""API keys on pages: made, shown once, used, revoked; never another's."""

import logging
import re

import pytest

FORM = {"name": "laptop", "scopes": ["read", "download"], "lifetime": "365"}


def _organization(address: str) -> str:
    from commonhold.server.organizations.models import Organization

    return str(Organization.objects.get(personal_of__email=address).pk)


def _make(reader, address: str, **changes):
    return reader.post("/profile/keys", **{**FORM, "organization": _organization(address), **changes})


def _key_in(text: str) -> str:
    return re.findall(r"chk_[0-9A-Za-z]{49}", text)[0]


def test_a_key_is_shown_once_and_works(visitor, house, caplog):
    from commonhold.server.credentials.queries import caller_with_key

    home = house()
    reader = visitor(home.reader)
    with caplog.at_level(logging.DEBUG):
        answer = _make(reader, home.reader)
    assert answer.status_code == 200
    assert answer["Cache-Control"] == "no-store"
    key = _key_in(answer.text)
    assert answer.text.count(key) == 2
    assert f"export COMMONHOLD_API_KEY={key}" in answer.text
    assert "export COMMONHOLD_API_URL=http://localhost/api" in answer.text
    assert key not in caplog.text
    assert key not in str(dict(reader.client.session))
    caller = caller_with_key(key)
    assert caller is not None
    assert caller.viewer.scopes == {"read", "download"}
    listed = reader.get("/profile/keys").text
    assert key not in listed
    assert key[:12] in listed
    assert "laptop" in listed


def test_sending_the_form_twice_makes_one_key(visitor, house):
    from commonhold.server.credentials.models import ApiKey

    home = house()
    reader = visitor(home.reader)
    _make(reader, home.reader)
    again = _make(reader, home.reader)
    assert again.status_code == 400
    assert "You have a key of this name" in again.text
    assert 'value="laptop"' in again.text
    assert ApiKey.objects.filter(person__email=home.reader, name="laptop").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""}, {"name": "x" * 101}, {"scopes": []}, {"scopes": ["root"]}, {"lifetime": "999"},
        {"organization": "0"}, {"organization": "x"}, {"name": "nul\0"},
    ],
)  # fmt: skip
def test_mistakes_stand_beside_their_field_and_make_nothing(visitor, house, changes):
    from commonhold.server.credentials.models import ApiKey

    home = house()
    before = ApiKey.objects.filter(person__email=home.reader).count()
    answer = _make(visitor(home.reader), home.reader, **changes)
    assert answer.status_code == 400
    assert 'class="mistake"' in answer.text
    assert ApiKey.objects.filter(person__email=home.reader).count() == before


def test_nobody_makes_a_key_for_an_organization_they_are_not_in(visitor, house):
    from commonhold.server.credentials.models import ApiKey
    from commonhold.server.organizations.models import Organization

    home = house()
    foreign = Organization.objects.get(slug=home.organization).pk
    answer = _make(visitor(home.reader), home.reader, organization=str(foreign))
    assert answer.status_code == 400
    assert not ApiKey.objects.filter(organization_id=foreign, person__email=home.reader).exists()


def test_a_key_of_a_year_ends_in_a_year_and_one_for_ever_never(visitor, house):
    from commonhold.server.credentials.models import ApiKey

    home = house()
    reader = visitor(home.reader)
    _make(reader, home.reader, name="year")
    _make(reader, home.reader, name="ever", lifetime="never")
    year = ApiKey.objects.get(person__email=home.reader, name="year")
    assert (year.expires_at - year.created_at).days in {364, 365}
    assert ApiKey.objects.get(person__email=home.reader, name="ever").expires_at is None


def test_revoking_asks_first_and_ends_the_key(visitor, house):
    from commonhold.server.credentials.models import ApiKey
    from commonhold.server.credentials.queries import caller_with_key

    home = house()
    reader = visitor(home.reader)
    row = ApiKey.objects.get(person__email=home.reader)
    path = f"/profile/keys/{row.pk}/revoke"
    asked = reader.get(path)
    assert "Revoke this key?" in asked.text
    assert caller_with_key(home.reader_key) is not None
    assert reader.post(path)["Location"] == "/profile/keys"
    assert caller_with_key(home.reader_key) is None
    again = reader.client.post(path, {"csrfmiddlewaretoken": reader.client.cookies["csrftoken"].value})
    assert again.status_code == 302


def test_nobody_revokes_anothers_key(visitor, house):
    from commonhold.server.credentials.models import ApiKey

    home = house()
    row = ApiKey.objects.get(person__email=home.reader)
    path = f"/profile/keys/{row.pk}/revoke"
    thief = visitor(home.publisher)
    assert thief.get(path).status_code == 404
    assert thief.post(path, form_at="/profile/keys").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None
    assert thief.get(f"/profile/keys/{2**70}/revoke").status_code == 404


def test_strangers_sign_in_first(visitor, database):
    answer = visitor().get("/profile/keys")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/profile/keys")
    old = visitor().get("/profile/credentials")
    assert (old.status_code, old["Location"]) == (302, "/sign-in?next=/profile/credentials")


def test_where_other_sites_make_keys_leads_to_ours(visitor, house):
    assert 'href="/profile/keys"' in visitor(house().reader).get("/profile/credentials").text


def test_a_name_with_markup_stays_text(visitor, house):
    home = house()
    reader = visitor(home.reader)
    _make(reader, home.reader, name="<script>alert(1)</script>")
    assert "<script>alert" not in reader.get("/profile/keys").text
