"""API keys from outside: what opens, what does not, and what is kept of them."""

import base64
import datetime as dt

import pytest
from django.db import connection

from commonhold.server.accounts.actions import set_active
from commonhold.server.accounts.models import Person
from commonhold.server.credentials import last_use
from commonhold.server.credentials.actions import KeyNameTakenError, create_key, revoke_key
from commonhold.server.credentials.models import ApiKey
from commonhold.server.organizations.actions import end_membership
from commonhold.server.organizations.models import Organization
from tests.support.collection import Maker
from tests.support.publishing import until
from tests.support.site import Site


@pytest.fixture
def holder(make: Maker) -> tuple[str, str, str]:
    organization = make.organization()
    email, key = make.person(organization)
    make.load()
    return organization, email, key


def status(site: Site, key: str | None, **arguments: object) -> int:
    return site.get("/api/account", key=key, **arguments).status_code


def test_bearer_and_basic_both_open(site: Site, holder: tuple[str, str, str]):
    key = holder[2]
    assert status(site, key) == 200
    basic = base64.b64encode(f"whoever:{key}".encode()).decode()
    assert status(site, None, headers={"Authorization": f"Basic {basic}"}) == 200
    assert status(site, None, headers={"Authorization": f"bearer {key}"}) == 200


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer chk_", "Basic", "Basic !!!", "Basic Og==", "Token x", "Bearer \xff", "x" * 5000],
)
def test_anything_else_is_401_with_a_challenge(site: Site, header: str):
    refused = site.get("/api/account", headers={"Authorization": header.encode("latin-1")})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")
    assert refused.json()["error"] == "Authentication required."


def test_a_key_ends_when_it_expires_is_revoked_or_its_owner_leaves(site: Site, make: Maker):
    organization = make.organization()
    for number in range(4):
        make.person(organization, email=f"{number}.{organization}@example.org")
    keys = [user["api_keys"][0]["key"] for user in make.users]
    make.load()
    assert [status(site, key) for key in keys] == [200] * 4
    people = [Person.objects.get(email=f"{number}.{organization}@example.org") for number in range(4)]
    rows = [ApiKey.objects.get(person=person) for person in people]
    ApiKey.objects.filter(pk=rows[0].pk).update(expires_at=dt.datetime.now(dt.UTC))
    revoke_key(None, rows[1])
    end_membership(None, person=people[2].pk, organization=Organization.objects.get(slug=organization).pk)
    set_active(people[3], active=False)
    assert [status(site, key) for key in keys] == [401] * 4


def test_scopes_bound_what_a_key_does(site: Site, make: Maker):
    organization = make.organization()
    email, reads = make.person(organization, api_key={"scopes": ["read"]})
    dataset = make.dataset(organization, agreed_by=[email])
    email, downloads = make.person(organization, api_key={"scopes": ["download"]})
    make.load()
    assert site.get(f"/api/datasets/{dataset}", key=reads).status_code == 200
    refused = site.post(f"/api/datasets/{dataset}/download", key=reads)
    assert (refused.status_code, refused.json()["reason"]) == (403, "scope")
    for path in (f"/api/datasets/{dataset}", "/api/datasets", "/api/datasets/filters"):
        refused = site.get(path, key=downloads)
        assert (refused.status_code, refused.json()["reason"]) == (403, "scope")


def test_no_text_of_a_key_is_in_the_database(holder: tuple[str, str, str]):
    key = holder[2]
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM credentials_apikey")
        assert not any(key in str(value) for row in cursor.fetchall() for value in row)


def test_last_use_is_noted(holder: tuple[str, str, str]):
    row = ApiKey.objects.get(person__email=holder[1])
    assert row.last_used_at is None
    last_use.note(row.pk)
    last_use.write()

    def noted() -> object:
        row.refresh_from_db()
        return row.last_used_at

    # The thread that writes now and then may have taken the note first, and be about to write it.
    until(noted)


def test_two_live_keys_do_not_share_a_name(holder: tuple[str, str, str]):
    row = ApiKey.objects.get(person__email=holder[1])
    with pytest.raises(KeyNameTakenError):
        create_key(None, person=row.person_id, organization=row.organization_id, name=row.name)
    revoke_key(None, row)
    create_key(None, person=row.person_id, organization=row.organization_id, name=row.name)


def test_the_same_key_with_a_retired_secret_goes_on_working(make: Maker, monkeypatch: pytest.MonkeyPatch):
    from dataclasses import replace

    from commonhold.server.config.environment import environment
    from commonhold.server.credentials import queries

    organization = make.organization()
    _, key = make.person(organization)
    make.load()
    now = environment()
    rotated = replace(now, secret_key="another secret", secret_key_fallbacks=(now.secret_key,))
    monkeypatch.setattr(queries, "environment", lambda: rotated)
    monkeypatch.setattr(queries, "_cached", ())
    assert queries.caller_with_key(key)
    forgotten = replace(now, secret_key="another secret", secret_key_fallbacks=())
    monkeypatch.setattr(queries, "environment", lambda: forgotten)
    monkeypatch.setattr(queries, "_cached", ())
    assert queries.caller_with_key(key) is None
