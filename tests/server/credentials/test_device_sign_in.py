"""Signing a program in without a key: the codes, the page, the key that is fetched once."""

import datetime as dt
import json
import re
import threading

import pytest

from commonhold.server.credentials import device_sign_in
from commonhold.server.credentials.device_sign_in import NotYetError
from commonhold.server.credentials.models import ApiKey, DeviceSignIn
from tests.server.web.conftest import house, visitor

__all__ = ["house", "visitor"]


def begin(**changes):
    asked = {
        "program": "commonhold 0.1",
        "machine": "laptop",
        "address": "192.0.2.7",
        "scopes": ["read", "download"],
    }
    return device_sign_in.begin(**{**asked, **changes})


def kind_of(device_code: str) -> str:
    with pytest.raises(NotYetError) as refused:
        device_sign_in.collect(device_code)
    return refused.value.kind


def organization_of(address: str) -> int:
    from commonhold.server.organizations.models import Organization

    return Organization.objects.get(personal_of__email=address).pk


def form(address: str, **changes):
    return {"answer": "confirm", "organization": str(organization_of(address)), "lifetime": "90", **changes}


def test_codes_are_unambiguous_and_kept_as_hashes_only(database):
    begun = begin()
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun.user_code)
    row = device_sign_in.waiting(begun.user_code)
    kept = json.dumps(list(DeviceSignIn.objects.filter(pk=row.pk).values()), default=str)
    assert begun.device_code not in kept
    assert begun.user_code not in kept
    assert begun.user_code.replace("-", "") not in kept
    assert device_sign_in.waiting(f" {begun.user_code.lower().replace('-', ' ')}").pk == row.pk
    for wrong in ("", "x", "BBBB-BBBB", begun.user_code[:-1], "É" * 8, "A" * 10_000):
        assert device_sign_in.waiting(wrong) is None


def test_a_person_confirms_on_the_page_and_the_program_fetches_the_key_once(visitor, house, monkeypatch):
    from commonhold.server.credentials.queries import caller_with_key
    from commonhold.server.kit import clock

    home, begun = house(), begin(machine="Ada's laptop")
    reader = visitor(home.reader)
    shown = reader.get(f"/device?code={begun.user_code}")
    for told in ("commonhold 0.1", "Ada&#x27;s laptop", "192.0.2.7", begun.user_code, "Download: fetch"):
        assert told in shown.text, told
    assert "Publish" not in shown.text.partition("<main")[2].partition("</main")[0]
    with monkeypatch.context() as patch:
        moment = clock.now()
        patch.setattr(clock, "now", lambda: moment)
        assert kind_of(begun.device_code) == "authorization_pending"
        assert kind_of(begun.device_code) == "slow_down"
        later = moment + dt.timedelta(seconds=device_sign_in.INTERVAL_SECONDS)
        patch.setattr(clock, "now", lambda: later)
        assert kind_of(begun.device_code) == "authorization_pending"
    done = reader.post(f"/device?code={begun.user_code}", **form(home.reader))
    assert done.status_code == 200
    assert "Go back to it" in done.text
    assert not re.search(r"chk_[0-9A-Za-z]{49}", done.text)
    assert not ApiKey.objects.filter(person__email=home.reader, name="Ada's laptop").exists()
    key, text = device_sign_in.collect(begun.device_code)
    assert (key.name, key.scopes) == ("Ada's laptop", ["read", "download"])
    assert (key.expires_at - key.created_at).days in {89, 90}
    assert caller_with_key(text).viewer.organization == organization_of(home.reader)
    assert kind_of(begun.device_code) == "expired_token"
    assert reader.get(f"/device?code={begun.user_code}").status_code == 400


def test_a_second_sign_in_of_the_same_machine_gets_a_name_of_its_own(visitor, house):
    home = house()
    names = []
    for _ in range(2):
        begun = begin()
        visitor(home.reader).post(f"/device?code={begun.user_code}", **form(home.reader))
        names.append(device_sign_in.collect(begun.device_code)[0].name)
    assert names == ["laptop", "laptop (2)"]


def test_who_is_denied_is_told_so_and_gets_nothing(visitor, house):
    home, begun = house(), begin()
    answer = visitor(home.reader).post(f"/device?code={begun.user_code}", answer="deny")
    assert "turned away" in answer.text
    assert kind_of(begun.device_code) == "access_denied"
    assert device_sign_in.waiting(begun.user_code) is None


def test_codes_expire(visitor, house, monkeypatch):
    from commonhold.server.kit import clock

    home, begun, forgotten = house(), begin(), begin()
    reader = visitor(home.reader)
    reader.post(f"/device?code={begun.user_code}", **form(home.reader))
    later = clock.now() + dt.timedelta(minutes=10, seconds=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert kind_of(begun.device_code) == "expired_token"
    assert device_sign_in.waiting(forgotten.user_code) is None
    assert reader.get(f"/device?code={forgotten.user_code}").status_code == 400
    # Rows do not gather: a day later they are swept.
    monkeypatch.setattr(clock, "now", lambda: later + dt.timedelta(days=1))
    begin()
    assert not DeviceSignIn.objects.filter(expires_at__lt=later).exists()


@pytest.mark.parametrize(
    "changes", [{"organization": "0"}, {"organization": "x"}, {"lifetime": "999"}, {"organization": ""}]
)
def test_mistakes_stand_beside_their_field_and_confirm_nothing(visitor, house, changes):
    home, begun = house(), begin()
    answer = visitor(home.reader).post(f"/device?code={begun.user_code}", **form(home.reader, **changes))
    assert answer.status_code == 400
    assert 'class="mistake"' in answer.text
    assert begun.user_code in answer.text
    assert device_sign_in.waiting(begun.user_code) is not None


def test_nobody_confirms_for_an_organization_they_are_not_in(visitor, house):
    from commonhold.server.kit.viewer import Viewer
    from commonhold.server.organizations.models import Organization

    home, begun = house(), begin()
    foreign = Organization.objects.get(slug=home.organization).pk
    answer = visitor(home.reader).post(
        f"/device?code={begun.user_code}", **form(home.reader, organization=str(foreign))
    )
    assert answer.status_code == 400
    row = device_sign_in.waiting(begun.user_code)
    with pytest.raises(ValueError, match="not in"):
        device_sign_in.confirm(
            Viewer(person=1, organization=1), row, organization=foreign, key_expires_at=None
        )


def test_who_left_the_organization_meanwhile_gets_no_key(visitor, house):
    from commonhold.server.organizations.models import Membership

    home, begun = house(), begin()
    visitor(home.reader).post(f"/device?code={begun.user_code}", **form(home.reader))
    Membership.objects.filter(person__email=home.reader).delete()
    assert kind_of(begun.device_code) == "access_denied"


def test_guessing_is_bounded(visitor, house):
    reader = visitor(house().reader)
    begun = begin()
    told = [reader.get("/device?code=BBBB-CCCC") for _ in range(31)]
    assert {answer.status_code for answer in told} == {400}
    assert "No program waits" in told[0].text
    assert "Too many codes" in told[-1].text
    assert "Too many codes" in reader.get(f"/device?code={begun.user_code}").text


def test_strangers_sign_in_first_and_come_back_with_the_code(visitor, database):
    answer = visitor().get("/device?code=BCDF-GHJK")
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in?next=/device%3Fcode%3DBCDF-GHJK")


def test_the_form_needs_its_token(visitor, house):
    home, begun = house(), begin()
    reader = visitor(home.reader)
    answer = reader.client.post("/device", {"code": begun.user_code, **form(home.reader)})
    assert answer.status_code == 403
    assert device_sign_in.waiting(begun.user_code) is not None


def test_two_that_fetch_at_once_get_one_key(visitor, house):
    from django.db import connection

    home, begun = house(), begin()
    visitor(home.reader).post(f"/device?code={begun.user_code}", **form(home.reader))
    start, keys = threading.Barrier(4), []

    def fetch() -> None:
        start.wait()
        try:
            keys.append(device_sign_in.collect(begun.device_code)[1])
        except NotYetError:
            pass
        finally:
            connection.close()

    threads = [threading.Thread(target=fetch) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 1
    assert ApiKey.objects.filter(person__email=home.reader, name="laptop").count() == 1


def test_over_http(site, make):
    asked = site.post("/api/device/authorize", json={"program": "commonhold 0.1", "machine": "laptop"})
    assert asked.status_code == 200, asked.text
    codes = asked.json()
    assert asked.headers["Cache-Control"] == "no-store"
    assert codes["verificationUri"] == f"{site.url}/device"
    assert codes["verificationUriComplete"] == f"{site.url}/device?code={codes['userCode']}"
    assert (codes["expiresIn"], codes["interval"]) == (600, 2)
    for body in (
        {"scopes": ["root"]}, {"scopes": []}, {"scopes": "read"}, {"scopes": [["read"]]}, {"program": ""}, {"machine": "x" * 81},
        {"machine": "two\nlines"}, {"machine": "\u202egnp.exe"}, {"program": 5},
    ):  # fmt: skip
        assert site.post("/api/device/authorize", json=body).status_code == 400, body
    waiting = site.post("/api/device/token", json={"deviceCode": codes["deviceCode"]})
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    unknown = site.post("/api/device/token", json={"deviceCode": "x" * 43})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "expired_token")
    for body in ({}, {"deviceCode": ""}, {"deviceCode": 5}, {"deviceCode": "x" * 2000}):
        assert "details" in site.post("/api/device/token", json=body).json()
    assert site.post("/api/device/authorize", key="chk_wrong").status_code == 401


def test_one_address_may_ask_only_so_often(database):
    from django.test import Client

    client = Client(SERVER_NAME="localhost", REMOTE_ADDR="198.51.100.23")
    answers = [client.post("/api/device/authorize", content_type="application/json") for _ in range(61)]
    assert {answer.status_code for answer in answers[:60]} == {200}
    assert answers[60].status_code == 429
    assert int(answers[60]["Retry-After"]) > 0


def test_a_key_revokes_itself(site, make):
    _, key = make.person(None)
    make.load()
    assert site.request("DELETE", "/api/account/key").status_code == 401
    assert site.request("DELETE", "/api/account/key", key=key).status_code == 204
    assert site.get("/api/account", key=key).status_code == 401
    assert site.request("DELETE", "/api/account/key", key=key).status_code == 401
