"""Sections 3 and 10 of the v4 conventions: who asks, and every way in which a credential is not good."""

import datetime as dt
import hashlib
import json
import time
from typing import Any

import httpx
import jwt
import pytest

from tests.contract.v4.conftest import PASSWORD, World, encoded, signed
from tests.support.site import unique

NOW = "now"
TLSDATE = "JWT iat (issued at time) is invalid. Make sure your system clock is synchronized with something like TLSdate."
DECODING, EXPIRED, HEADER = "ERROR_DECODING_SIGNATURE", "ERROR_SIGNATURE_EXPIRED", "ERROR_INVALID_HEADER"


def refusal(world: World, auth: str, path: str = "datasets/") -> dict[str, Any]:
    """Return the body of a 401 on a public endpoint (rule 3.7)."""
    answer = world.get(path, auth=auth)
    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"]
    body: dict[str, Any] = answer.json()
    return body


def accepted(world: World, auth: str) -> bool:
    answer = world.get("accounts/profile/", auth=auth)
    assert answer.status_code in {200, 401}
    return answer.status_code == 200


def test_rule_3_01_detail_and_optional_code(steady: World) -> None:
    assert steady.get("accounts/profile/").json() == {
        "detail": "Authentication credentials were not provided."
    }
    assert set(refusal(steady, "Bearer x")) == {"detail", "code"}


def test_rules_3_02_and_3_03_three_constants_and_no_later_one(steady: World) -> None:
    bodies = [
        refusal(steady, auth)
        for auth in (
            "Bearer", "Bearer a b", "Bearer x", "JWT", "JWT a b", "JWT x", steady.jwt(iat=1, exp=2), "JWT a.b.c",
        )
    ]  # fmt: skip
    assert {body["code"] for body in bodies} == {HEADER, DECODING, EXPIRED}


def test_rule_3_04_detail_is_localised_and_code_is_not(steady: World) -> None:
    headers = {"Accept-Language": "fr"}
    assert steady.get("accounts/profile/", headers=headers).json() == {
        "detail": "Informations d'authentification non fournies."
    }
    assert steady.get("accounts/profile/?lang=de").json() == {"detail": "Anmeldedaten fehlen."}
    assert refusal(steady, "Bearer x", "datasets/?lang=fr")["code"] == DECODING


def test_rule_3_05_401_has_a_challenge_and_403_has_none(steady: World) -> None:
    assert "WWW-Authenticate" in steady.get("accounts/profile/").headers
    refused = steady.call("DELETE", f"datasets/{steady.dataset}/", key=steady.stranger_key)
    assert refused.status_code == 403
    assert "WWW-Authenticate" not in refused.headers


@pytest.mark.parametrize("auth", [None, "Basic abc", "Digest x", "Session abc", "nonsense"])
def test_rule_3_06_unknown_schemes_are_strangers(steady: World, auth: str | None) -> None:
    assert steady.get("datasets/", auth=auth).status_code == 200
    protected = steady.get("accounts/profile/", auth=auth)
    assert (protected.status_code, protected.json()) == (
        401,
        {"detail": "Authentication credentials were not provided."},
    )


def test_rule_3_07_bad_credentials_are_401_on_public_endpoints(steady: World) -> None:
    for path in ("datasets/", "tasks/", f"datasets/{steady.dataset}/", "datasets/search/"):
        refusal(steady, "Bearer broken", path)


def test_rule_3_08_known_without_permission_is_403(world: World) -> None:
    answer = world.edit({"name": "x"}, method="PATCH", path=f"organizations/{world.organization}/")
    assert answer.status_code == 200
    refused = world.call(
        "PATCH", f"organizations/{world.organization}/", key=world.stranger_key, json={"name": "x"}
    )
    assert (refused.status_code, refused.json()) == (
        403, {"detail": "You do not have permission to perform this action."},
    )  # fmt: skip


def test_rule_3_09_site_ignores_credentials(steady: World) -> None:
    for auth in ("Bearer broken", "JWT", "JWT a b"):
        assert steady.get("site/", auth=auth).status_code == 200


def test_rule_3_10_the_challenge_is_that_of_the_first_scheme(steady: World) -> None:
    for auth in ("Bearer x", "JWT x"):
        assert steady.get("datasets/", auth=auth).headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "JWT", "jwt"])
def test_rule_3_11_no_credentials(steady: World, scheme: str) -> None:
    expected = {"detail": "Invalid Authorization header. No credentials provided.", "code": HEADER}
    assert refusal(steady, scheme) == expected


@pytest.mark.parametrize("scheme", ["Bearer", "JWT"])
def test_rule_3_12_spaces(steady: World, scheme: str) -> None:
    text = "Invalid Authorization header. Credentials string should not contain spaces."
    assert refusal(steady, f"{scheme} a b") == {"detail": text, "code": HEADER}


def test_rule_3_13_an_old_session_has_expired(steady: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from commonhold.server.accounts.models import Person
    from commonhold.server.credentials import session_tokens

    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 2_592_001)
    token = session_tokens.begin(Person.objects.get(email=steady.owner)).token
    monkeypatch.undo()
    assert refusal(steady, f"Bearer {token}") == {"detail": "Signature has expired.", "code": EXPIRED}


def test_rule_3_13_an_expired_key_too(world: World) -> None:
    import datetime as dt

    from commonhold.server.credentials.models import ApiKey

    ApiKey.objects.filter(prefix=world.owner_key[:12]).update(
        expires_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    )
    assert refusal(world, f"Bearer {world.owner_key}") == {
        "detail": "Signature has expired.",
        "code": EXPIRED,
    }


def test_rule_3_14_garbage_and_tampering(steady: World) -> None:
    token = steady.sign_in()
    assert accepted(steady, f"Bearer {token}")
    from commonhold.server.credentials.keys import new_key

    for bad in (
        "x",
        token[:-1],
        token[1:],
        token.swapcase(),
        f"{token}x",
        "a:b:c",
        "chk_x",
        new_key(),
        "x" * 5000,
    ):
        assert refusal(steady, f"Bearer {bad}") == {"detail": "Error decoding signature.", "code": DECODING}


def test_rule_3_15_signed_out_new_password_or_gone(world: World) -> None:
    from commonhold.server.accounts.actions import set_active
    from commonhold.server.accounts.models import Person

    expected = {"detail": "Incorrect authentication credentials."}
    first, second = world.sign_in(), world.sign_in()
    assert world.call("DELETE", "accounts/session/", key=first).status_code == 204
    assert refusal(world, f"Bearer {first}") == expected
    assert accepted(world, f"Bearer {second}")
    person = Person.objects.get(email=world.owner)
    set_active(person, active=False)
    assert refusal(world, f"Bearer {second}") == expected
    set_active(person, active=True)
    assert accepted(world, f"Bearer {second}")
    person.set_password("another horse battery")
    person.save()
    assert refusal(world, f"Bearer {second}") == expected


def test_signing_in_tells_nothing_of_accounts(world: World) -> None:
    from commonhold.server.accounts.actions import set_active
    from commonhold.server.accounts.models import Person

    expected = (401, {"detail": "Incorrect authentication credentials."})
    set_active(Person.objects.get(email=world.stranger), active=False)
    for email, password in (
        (world.owner, "wrong"), ("nobody@example.org", PASSWORD), (world.stranger, PASSWORD), ("%", PASSWORD),
    ):  # fmt: skip
        answer = world.call("POST", "accounts/session/", json={"email": email, "password": password})
        assert (answer.status_code, answer.json()) == expected
    token = world.sign_in(world.owner.upper())
    assert accepted(world, f"Bearer {token}")


def test_guesses_at_one_account_are_limited(steady: World) -> None:
    guess = {"email": f"{unique('target')}@example.org", "password": "x"}
    statuses = [0]
    # Ten in a minute; on a slow machine a few of them no longer count when the next one comes.
    while statuses[-1] != 429 and len(statuses) < 40:
        statuses.append(steady.call("POST", "accounts/session/", json=guess).status_code)
    assert len(statuses) > 10, "whoever mistypes a few times is not shut out"
    assert set(statuses[1:-1]) == {401}
    assert statuses[-1] == 429


def test_rule_3_18_the_scheme_in_any_case(steady: World) -> None:
    for scheme in ("JWT", "jwt", "Jwt"):
        assert accepted(steady, steady.jwt().replace("JWT", scheme, 1))


def at(seconds: float) -> dict[str, Any]:
    return {NOW: seconds}


def digits(seconds: int) -> dict[str, Any]:
    return {NOW: seconds, "digits": True}


ROWS: dict[str, tuple[dict[str, Any], str, str]] = {
    "3 no iss": ({"iss": ...}, "JWT iss (issuer) claim is missing.", DECODING),
    "4 unknown iss": ({"iss": "user:0:0"}, "Unknown JWT iss (issuer).", DECODING),
    "4 null iss": ({"iss": None}, "Unknown JWT iss (issuer).", DECODING),
    "4 iss of another type": ({"iss": ["user:0:0"]}, "Unknown JWT iss (issuer).", DECODING),
    "4 iss with a null": ({"iss": "user\x00"}, "Unknown JWT iss (issuer).", DECODING),
    "7 no exp": ({"exp": ...}, 'Invalid JWT: Token is missing the "exp" claim.', DECODING),
    "7 no iat": ({"iat": ...}, 'Invalid JWT: Token is missing the "iat" claim.', DECODING),
    "7 null exp": ({"exp": None}, 'Invalid JWT: Token is missing the "exp" claim.', DECODING),
    "8 iat is text": ({"iat": "soon"}, TLSDATE, DECODING),
    "8 iat in a list": ({"iat": [1]}, TLSDATE, DECODING),
    "8 iat true": ({"iat": True}, TLSDATE, DECODING),
    "8 iat ahead": ({"iat": at(3600)}, TLSDATE, DECODING),
    "8 iat in milliseconds": ({"iat": int(time.time()) * 1000}, TLSDATE, DECODING),
    "8 iat beyond numbers": ({"iat": 10**400}, TLSDATE, DECODING),
    "9 expired": ({"iat": at(-100), "exp": at(-10)}, "Signature has expired.", EXPIRED),
    "9 wins over 10": ({"iat": at(-1000), "exp": at(-10)}, "Signature has expired.", EXPIRED),
    "9 exp is text": ({"exp": "soon"}, "Error decoding signature.", DECODING),
    "10 too long": ({"iat": at(0), "exp": at(302)}, "JWT exp (expiration) is too long.", DECODING),
    "10 span from iat": ({"iat": at(-250), "exp": at(60)}, "JWT exp (expiration) is too long.", DECODING),
    "11 exp as digits": ({"exp": digits(200)}, "Wrong type for one or more keys in payload", DECODING),
    "11 iat as digits": ({"iat": digits(0)}, "Wrong type for one or more keys in payload", DECODING),
    "12 orig_iat": (
        {"orig_iat": 1}, "API key based tokens are not refreshable, don't include `orig_iat` in their payload.", DECODING,
    ),
}  # fmt: skip


def made(world: World, changes: dict[str, Any], now: int) -> dict[str, Any]:
    """Return the claims of a good token with changes; ``...`` leaves one out, ``at`` counts from ``now``."""
    claims = {"iss": world.issuer, "iat": now, "exp": now + 60, **changes}
    return {name: counted(value, now) for name, value in claims.items() if value is not ...}


def counted(value: Any, now: int) -> Any:
    """Return a claim as it is sent: what ``at`` and ``digits`` made counts from one moment for all of them."""
    if not (isinstance(value, dict) and NOW in value):
        return value
    moment = now + value[NOW]
    return str(moment) if "digits" in value else moment


@pytest.mark.parametrize("row", ROWS)
def test_rule_3_20_claims(steady: World, row: str) -> None:
    changes, detail, code = ROWS[row]
    token = signed(steady.secret, made(steady, changes, int(time.time())))
    assert refusal(steady, f"JWT {token}") == {"detail": detail, "code": code}


def test_rule_3_20_row_2_what_is_no_token(steady: World) -> None:
    good = signed(steady.secret, steady.claims())
    for bad in (
        "x", "a.b", "a.b.c.d", "..", good.replace(".", ""), signed(steady.secret, [1]), signed(steady.secret, "text"),
        f"{encoded(b'no json')}.{encoded({})}.x", f"{encoded([])}.{encoded({})}.x", "x." * 5000,
        f"{encoded({'alg': 'HS256'})}.{encoded(b'[' * 5000)}.x",
    ):  # fmt: skip
        assert refusal(steady, f"JWT {bad}") == {"detail": "Error decoding signature.", "code": DECODING}


def test_rule_3_20_row_4_comes_before_the_signature(steady: World) -> None:
    assert (
        refusal(steady, f"JWT {signed('wrong', steady.claims(iss='user:0:0'))}")["detail"]
        == "Unknown JWT iss (issuer)."
    )


def test_rules_10_01_and_3_20_row_5_other_algorithms(steady: World) -> None:
    unsigned = f"{encoded({'alg': 'none'})}.{encoded(steady.claims())}."
    for bad in (
        unsigned,
        signed(steady.secret, steady.claims(), {"alg": "HS512"}, hashlib.sha512),
        signed(steady.secret, steady.claims(), {"alg": "RS256"}),
        signed(steady.secret, steady.claims(), {"alg": "hs256"}),
        signed(steady.secret, steady.claims(), {"typ": "JWT"}),
    ):
        assert refusal(steady, f"JWT {bad}") == {"detail": "Invalid JWT Token.", "code": DECODING}


def test_rules_10_03_and_3_20_row_6_a_wrong_signature_wins_over_expiry(steady: World) -> None:
    expired = signed("0" * 64, made(steady, {"iat": at(-1000), "exp": at(-900)}, int(time.time())))
    header, _, signature = signed(steady.secret, steady.claims()).split(".")
    tampered = f"{header}.{encoded(steady.claims(exp=9))}.{signature}"
    hexadecimal = signed(bytes.fromhex(steady.secret).decode("latin-1"), steady.claims())
    for bad in (expired, tampered, hexadecimal):
        assert refusal(steady, f"JWT {bad}") == {"detail": "Error decoding signature.", "code": DECODING}


def test_rule_3_20_row_13_a_closed_account(world: World) -> None:
    from commonhold.server.accounts.actions import set_active
    from commonhold.server.accounts.models import Person

    set_active(Person.objects.get(email=world.owner), active=False)
    assert refusal(world, world.jwt()) == {"detail": "User account is disabled."}


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> int:
    """Hold this process's clock at a whole second, and return that."""
    from commonhold.server.kit import clock

    moment = dt.datetime.now(dt.UTC).replace(microsecond=0)
    monkeypatch.setattr(clock, "now", lambda: moment)
    return int(moment.timestamp())


def asked_here(auth: str) -> httpx.Response:
    """Ask who one is, in this process: a boundary of a second is met exactly only where the clock stands still."""
    from commonhold.server.config.wsgi import application

    with httpx.Client(transport=httpx.WSGITransport(app=application), base_url="http://localhost") as client:
        return client.get("/api/v4/accounts/profile/", headers={"Authorization": auth})


@pytest.mark.parametrize(
    "changes",
    [
        {"iat": at(0), "exp": at(300)}, {"iat": at(-3), "exp": at(297)}, {"iat": at(-100), "exp": at(-4)},
        {"iat": at(5), "exp": at(60)}, {"iat": at(-200), "exp": at(100)}, {"jti": "a1b2"}, {"jti": 5}, {"nbf": 10**12},
        {"aud": "elsewhere"}, {"sub": 7}, {"iat": at(-0.5)}, {"anything": {"else": []}},
    ],
)  # fmt: skip
def test_rules_10_04_to_10_07_and_their_boundaries(
    steady: World, still: int, changes: dict[str, Any]
) -> None:
    auth = f"JWT {signed(steady.secret, made(steady, changes, still))}"
    # jti is not required, and not kept: a token serves while it lives (rules 10.6 and 11.1).
    assert [asked_here(auth).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"iat": at(6)}, TLSDATE),
        ({"iat": at(-100), "exp": at(-5)}, "Signature has expired."),
        ({"iat": at(0), "exp": at(301)}, "JWT exp (expiration) is too long."),
    ],
)
def test_a_second_beyond_the_boundaries_is_too_much(
    steady: World, still: int, changes: dict[str, Any], detail: str
) -> None:
    answer = asked_here(f"JWT {signed(steady.secret, made(steady, changes, still))}")
    assert (answer.status_code, answer.json()["detail"]) == (401, detail)


def test_rule_10_08_a_token_of_an_independent_library(steady: World) -> None:
    token = jwt.encode(steady.claims(jti="a1b2c3-0001"), steady.secret, algorithm="HS256")
    assert accepted(steady, f"JWT {token}")
    assert steady.get("accounts/profile/", auth=f"JWT {token}").json()["email"] == steady.owner


def test_rule_10_02_issuers_are_made_and_revoked_by_their_owner(world: World) -> None:
    token = world.sign_in(world.stranger)
    assert world.get("accounts/jwt/", key=token).status_code == 404
    first = world.call("POST", "accounts/jwt/", key=token)
    assert first.status_code == 201
    assert set(first.json()) == {"issuer", "created", "secret"}
    assert len(first.json()["secret"]) == 64

    def auth(made: dict[str, str]) -> str:
        now = int(time.time())
        return f"JWT {signed(made['secret'], {'iss': made['issuer'], 'iat': now, 'exp': now + 300})}"

    assert accepted(world, auth(first.json()))
    # The secret is shown once, and lies encrypted.
    assert set(world.get("accounts/jwt/", key=token).json()) == {"issuer", "created"}
    from commonhold.server.credentials.models import JwtCredential

    kept = JwtCredential.objects.get(issuer=first.json()["issuer"])
    assert first.json()["secret"] not in json.dumps(kept.encrypted_secret)
    # One at a time.
    second = world.call("POST", "accounts/jwt/", key=token).json()
    assert not accepted(world, auth(first.json()))
    assert accepted(world, auth(second))
    # No other credential makes credentials.
    for other in (f"Bearer {world.stranger_key}", auth(second)):
        assert world.call("POST", "accounts/jwt/", auth=other).status_code == 403
    assert world.call("DELETE", "accounts/jwt/", key=token).status_code == 204
    assert refusal(world, auth(second))["detail"] == "Unknown JWT iss (issuer)."
    assert world.call("DELETE", "accounts/jwt/", key=token).status_code == 404


def test_a_key_without_the_scope_reads_nothing(world: World) -> None:
    _, key = world.make.person(world.organization, api_key={"scopes": ["download"]})
    _, reader = world.make.person(world.organization, role="owner", api_key={"scopes": ["read"]})
    world.make.load()
    assert world.get("datasets/", key=key).status_code == 403
    assert world.get(f"datasets/{world.dataset}/", key=reader).status_code == 200
    assert (
        world.call("PATCH", f"datasets/{world.dataset}/", key=reader, json={"name": "x"}).status_code == 403
    )
    assert world.call("DELETE", f"datasets/{world.dataset}/", key=reader).status_code == 403
