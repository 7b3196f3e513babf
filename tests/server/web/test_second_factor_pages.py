"""Codes from an app, recovery codes, and confirming that it is still oneself."""

import base64
import hashlib
import hmac
import re
import struct
import time
from types import SimpleNamespace

import pytest

from tests.server.web.conftest import PASSWORD


@pytest.fixture(autouse=True)
def half_minutes(monkeypatch):
    """Hold the clock of the codes, however long a test takes; what is called with a number moves it by half minutes."""
    from allauth.mfa.totp.internal import auth

    moment = [time.time()]
    monkeypatch.setattr(auth, "time", SimpleNamespace(time=lambda: moment[0]))

    def move(steps: int) -> None:
        moment[0] += 30 * steps

    return move


def _code(secret: str, steps: int = 0) -> str:
    """The code of RFC 6238, ``steps`` half minutes from now."""
    from allauth.mfa.totp.internal import auth

    counter = struct.pack(">Q", int(auth.time.time()) // 30 + steps)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    number = struct.unpack(">I", digest[digest[-1] & 15 :][:4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06}"


def _wrong(secret: str, count: int) -> list[str]:
    """So many codes of six digits that are not right now."""
    right = {_code(secret, steps) for steps in (-1, 0, 1)}
    return [code for code in (f"{number:06}" for number in range(count + 3)) if code not in right][:count]


def _signed_in(visitor, address: str):
    reader = visitor()
    assert reader.post("/sign-in", login=address, password=PASSWORD).status_code == 302
    return reader


def _confirm(reader, path: str) -> None:
    """Open a page that asks for the password first."""
    answer = reader.get(path)
    assert answer["Location"].startswith("/confirm?next=")
    assert reader.post(answer["Location"], password=PASSWORD)["Location"] == path


def _with_app(visitor, address: str) -> tuple[object, str, list[str]]:
    """Sign in, set up an app, and return the browser, the app's secret and the recovery codes."""
    reader = _signed_in(visitor, address)
    _confirm(reader, "/profile/security/app")
    page = reader.get("/profile/security/app")
    secret = re.findall(r'<pre id="secret"[^>]*>([A-Z2-7]+)</pre>', page.text)[0]
    assert "no-store" in page["Cache-Control"]
    answer = reader.client.post(
        "/profile/security/app",
        {
            "code": _code(secret, -1),
            "csrfmiddlewaretoken": re.findall(r'csrfmiddlewaretoken" value="([^"]+)"', page.text)[0],
        },
    )
    assert answer["Location"] == "/profile/security/recovery"
    (listed,) = re.findall(r'<pre id="codes"[^>]*>([^<]*)<', reader.get("/profile/security/recovery").text)
    codes = re.findall(r"\d{8}", listed)
    assert len(codes) == 10
    return reader, secret, codes


def test_an_app_is_set_up_and_asked_for(visitor, house, letters):
    from allauth.mfa.models import Authenticator

    home = house(with_password=True)
    _, secret, codes = _with_app(visitor, home.reader)
    kept = str(list(Authenticator.objects.filter(user__email=home.reader).values("data")))
    assert secret not in kept
    assert "Codes from an app are on" in [message["Subject"] for message in letters(home.reader)]

    other = visitor()
    assert other.post("/sign-in", login=home.reader, password=PASSWORD)["Location"] == "/sign-in/second-step"
    assert other.get("/profile").status_code == 302, "the password alone opens nothing"
    (wrong,) = _wrong(secret, 1)
    assert "That is not right" in other.post("/sign-in/second-step", code=wrong).text
    assert other.post("/sign-in/second-step", code=_code(secret))["Location"] == "/"
    assert other.get("/profile").status_code == 200

    third = visitor()
    third.post("/sign-in", login=home.reader, password=PASSWORD)
    assert third.post("/sign-in/second-step", code=_code(secret)).status_code == 200, "a code works once"
    assert third.post("/sign-in/second-step", code=codes[0])["Location"] == "/"
    fourth = visitor()
    fourth.post("/sign-in", login=home.reader, password=PASSWORD)
    assert fourth.post("/sign-in/second-step", code=codes[0]).status_code == 200, "so does a recovery code"


@pytest.mark.parametrize("path", ["/sign-in/second-step", "/confirm/code"])
def test_a_code_works_once_for_as_long_as_it_is_right(visitor, house, half_minutes, path):
    """What allauth remembers of a used code lasts half a minute; a code is right for a minute and a half."""
    from commonhold.server.accounts.models import Counted

    home = house(with_password=True)
    reader, secret, _ = _with_app(visitor, home.reader)

    def enter(code: str) -> int:
        who = reader
        if path == "/sign-in/second-step":
            who = visitor()
            who.post("/sign-in", login=home.reader, password=PASSWORD)
        return who.post(path, code=code).status_code

    early = _code(secret, 1)
    assert enter(early) == 302
    half_minutes(2)
    Counted.objects.filter(cache_key__contains="allauth.mfa.totp.used").delete()
    assert enter(early) == 200
    assert enter(_code(secret)) == 302


def test_a_sealed_secret_that_cannot_be_opened_lets_nobody_in(visitor, house):
    from allauth.mfa.models import Authenticator

    home = house(with_password=True)
    _with_app(visitor, home.reader)
    for row in Authenticator.objects.filter(user__email=home.reader):
        row.data = {name: "lost" if name in {"secret", "seed"} else value for name, value in row.data.items()}
        row.save()
    other = visitor()
    other.post("/sign-in", login=home.reader, password=PASSWORD)
    for guess in ("000000", _code(base64.b32encode(b"lost" * 5).decode()), "00000000"):
        assert other.post("/sign-in/second-step", code=guess).status_code == 200
    assert other.get("/profile").status_code == 302


def test_guessing_codes_is_stopped(visitor, house):
    home = house(with_password=True)
    _, secret, _ = _with_app(visitor, home.reader)
    guesser = visitor()
    guesser.post("/sign-in", login=home.reader, password=PASSWORD)
    for wrong in _wrong(secret, 5):
        guesser.post("/sign-in/second-step", code=wrong)
    assert guesser.post("/sign-in/second-step", code=_code(secret)).status_code in {200, 429}
    assert guesser.get("/profile").status_code == 302


@pytest.mark.parametrize(
    "path",
    [
        "/profile/security/app",
        "/profile/security/passkeys",
        "/profile/security/recovery/new",
        "/profile/email",
    ],
)
def test_what_could_lock_out_is_asked_for_again(visitor, house, path):
    home = house(with_password=True)
    reader = _signed_in(visitor, home.reader)
    if path == "/profile/email":
        answer = reader.post(path, email="new@example.org", action_add="1")
        assert answer["Location"].startswith("/confirm")
    else:
        assert reader.get(path)["Location"].startswith("/confirm?next=")
    assert visitor().get(path).status_code == 302, "strangers sign in"


def test_turning_an_app_off_ends_its_recovery_codes(visitor, house):
    from allauth.mfa.models import Authenticator

    home = house(with_password=True)
    reader, _, _ = _with_app(visitor, home.reader)
    assert reader.post("/profile/security/app/off")["Location"] == "/profile/security"
    assert not Authenticator.objects.filter(user__email=home.reader).exists()
    assert _signed_in(visitor, home.reader).get("/profile").status_code == 200


def test_no_page_holds_an_inline_script_or_style(visitor, house):
    home = house(with_password=True)
    reader, _, _ = _with_app(visitor, home.reader)
    for path in ("/profile/security", "/profile/security/passkeys", "/profile/security/recovery", "/confirm"):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert not re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page.text), path


def test_the_api_signs_nobody_in_past_a_second_factor(visitor, house, site):
    home = house(with_password=True)
    _with_app(visitor, home.reader)
    answer = site.post("/api/v4/accounts/session/", json={"email": home.reader, "password": PASSWORD})
    assert answer.status_code == 400
    assert "second factor" in answer.text
    wrong = site.post("/api/v4/accounts/session/", json={"email": home.reader, "password": "not this one"})
    assert wrong.status_code == 401, "who has not got the password does not learn of the factor"
