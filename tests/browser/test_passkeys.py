"""A passkey is added and signs in alone, with Chromium's own virtual key."""

import pytest

from tests.server.web.conftest import PASSWORD

pytestmark = pytest.mark.browser


@pytest.fixture
def key_holder(page):
    """Give the window a key that answers by itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_a_passkey_signs_in_alone(key_holder, site, make):
    page = key_holder
    address, _ = make.person(None, name="Petra Passkey")
    make.load()
    # Passkeys belong to a name, never to a bare address.
    url = site.url.replace("127.0.0.1", "localhost")
    page.goto(f"{url}/sign-in")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("Profile").first.wait_for()
    page.goto(f"{url}/profile/security")
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label("Name").fill("story key")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    page.goto(f"{url}/profile/security")
    page.get_by_text("story key").first.wait_for()
    page.get_by_text("signs in alone").wait_for()
    page.context.clear_cookies()

    page.goto(f"{url}/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/profile")
    page.get_by_role("heading", name="Petra Passkey").wait_for()

    page.context.clear_cookies()
    page.goto(f"{url}/sign-in")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Second step").wait_for()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(f"{url}/")
    page.goto(f"{url}/profile")
    page.get_by_role("heading", name="Petra Passkey").wait_for()
