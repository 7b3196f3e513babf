"""Where one is signed in, and signing out from afar."""

import re

from tests.server.web.conftest import PASSWORD


def _browser(visitor, address: str, agent: str):
    browser = visitor(user_agent=agent)
    assert browser.post("/sign-in", login=address, password=PASSWORD).status_code == 302
    return browser


def _token(site, address: str) -> str:
    return site.post("/api/v4/accounts/session/", json={"email": address, "password": PASSWORD}).json()[
        "token"
    ]


def _works(site, token: str) -> bool:
    return site.get("/api/v4/accounts/profile/", key=token).status_code == 200


def test_one_sees_where_one_is_signed_in_and_ends_one(visitor, house, site):
    home = house(with_password=True)
    here = _browser(visitor, home.reader, "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0")
    there = _browser(
        visitor, home.reader, "Mozilla/5.0 (Linux; Android 15) AppleWebKit Chrome/140.0 Safari/537"
    )
    stranger = _browser(visitor, home.reader, "<script>evil</script>")
    page = here.get("/profile/sessions").text
    assert re.findall(r"<strong>([^<]*)</strong>( <span[^>]*>this one)?", page)[0] == (
        "Firefox, Linux",
        ' <span class="badge good">this one',
    )
    assert "Chrome, Android" in page
    assert "<script>evil" not in page
    other = visitor(house(with_password=True).reader)
    number = re.findall(
        r'name="session" value="(\d+)"><button[^>]*>Sign out<span class="unseen"> Chrome', page
    )[0]
    other.post("/profile/sessions/end", form_at="/profile/sessions", session=number, token=None, all=None)
    assert there.get("/profile").status_code == 200, "nobody ends the sessions of others"
    here.post("/profile/sessions/end", form_at="/profile/sessions", session=number, token=None, all=None)
    assert there.get("/profile").status_code == 302
    assert here.get("/profile").status_code == stranger.get("/profile").status_code == 200


def test_signing_out_everywhere_else_ends_programs_too(visitor, house, site):
    home = house(with_password=True)
    here, there = _browser(visitor, home.reader, "Firefox/1"), _browser(visitor, home.reader, "Firefox/1")
    first, second = _token(site, home.reader), _token(site, home.reader)
    page = here.get("/profile/sessions").text
    tokens = re.findall(r'name="token" value="(\d+)"', page)
    here.post("/profile/sessions/end", form_at="/profile/sessions", token=tokens[1], session=None, all=None)
    assert (_works(site, first), _works(site, second)) == (False, True)
    here.post("/profile/sessions/end", form_at="/profile/sessions", all="1")
    assert not _works(site, second)
    assert there.get("/profile").status_code == 302
    assert here.get("/profile").status_code == 200


def test_a_new_password_ends_programs_and_other_browsers(visitor, house, site):
    home = house(with_password=True)
    here, there = _browser(visitor, home.reader, "Firefox/1"), _browser(visitor, home.reader, "Firefox/1")
    token, new = _token(site, home.reader), "a whole new horse"
    here.post("/password", oldpassword=PASSWORD, password1=new, password2=new)
    assert not _works(site, token)
    assert there.get("/profile").status_code == 302
    assert here.get("/profile/sessions").text.count('name="session"') == 0
