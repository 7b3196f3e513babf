"""An operator makes the site read-only while somebody writes: the form answers kindly, and nothing typed is lost."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE
from tests.server.web.conftest import PASSWORD
from tests.support.collection import Maker
from tests.support.site import Site, unique

pytestmark = pytest.mark.browser

WORDS = "The third recording names people who have not been asked."


@pytest.fixture
def unlocked(database):
    """Lift read-only mode afterwards, as an operator does on the server."""
    yield
    _unlock()


def _unlock() -> None:
    from commonhold.server.site.actions import change

    change(None, read_only=None)


def _sign_in(page, site: Site, address: str, leads_to: str) -> None:
    page.goto(f"{site.url}/sign-in?next={leads_to}")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("Profile").first.wait_for()


def test_read_only_mode_is_turned_on_and_a_form_answers_kindly(
    page, chromium, site: Site, make: Maker, unlocked
):
    organization, word = make.organization(), unique("story")
    make.dataset(organization, slug=word, name=f"The {word}")
    operator, _ = make.person(organization, "owner", roles=["operator"])
    make.load()
    # The writer's window is none of the fixture's, which takes an answer of 503 for a fault.
    other = chromium.new_context(locale="en-US")
    try:
        other.set_default_timeout(PATIENCE)
        writer = other.new_page()
        writer.goto(f"{site.url}/datasets/{word}/report")
        writer.get_by_label("Personal data").check()
        writer.get_by_label("What is wrong?").fill(WORDS)

        _sign_in(page, site, operator, "/operate/site")
        page.get_by_label("I can reach the server").check()
        page.get_by_role("button", name="Make the site read-only").click()
        page.get_by_text("It is switched off on the server only").wait_for()

        writer.wait_for_timeout(1200)  # every process sees the switch within a second
        writer.get_by_role("button", name="Send the report").click()
        writer.get_by_role("heading", name="The site is read-only for the moment").wait_for()
        writer.get_by_text(WORDS).wait_for()
        writer.go_back()
        expect(writer.get_by_label("What is wrong?")).to_have_value(WORDS, timeout=PATIENCE)

        _unlock()
        writer.wait_for_timeout(1200)
        writer.get_by_role("button", name="Send the report").click()
        writer.get_by_text("An operator of this site will look at it.").wait_for()
    finally:
        other.close()
