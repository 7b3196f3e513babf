"""Signing in with a real OpenID Connect provider: Canaille, in a process and an environment of its own."""

import pytest

from tests.browser.conftest import PATIENCE
from tests.browser.visiting import judge
from tests.server.web.conftest import PASSWORD
from tests.support.provider import PASSWORD as PASSWORD_THERE
from tests.support.provider import provided_site

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def provided(database):
    with provided_site() as both:
        yield both


@pytest.fixture
def elsewhere(provided):
    return (provided.issuer,)


@pytest.fixture
def window(chromium):
    """A browser window for stories in which an answer is a refusal, which Chromium notes as an error."""
    context = chromium.new_context(viewport={"width": 360, "height": 740}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    yield page
    context.close()


def _go_through(page, provided, stem: str) -> None:
    """Sign in over there, coming from the button."""
    page.get_by_label("Login").fill(f"{stem}-{provided.word}")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("textbox", name="Password").fill(PASSWORD_THERE)
    page.get_by_role("button", name="Sign in").click()


def test_a_newcomer_gets_an_account_and_comes_back_to_it(page, provided):
    from commonhold.server.accounts.models import Person

    site = provided.site
    for _ in range(2):
        page.goto(f"{site.url}/sign-in?next=/profile")
        page.get_by_role("link", name="Sign in with 127.0.0.1").click()
        _go_through(page, provided, "olga")
        page.wait_for_url(f"{site.url}/profile")
        page.get_by_role("heading", name="Olga Elsewhere").wait_for()
        page.context.clear_cookies()
    person = Person.objects.get(email=f"olga-{provided.word}@example.org")
    assert not person.has_usable_password()
    assert person.personal_organization.memberships.get().role == "owner"


def test_an_address_that_is_taken_is_connected_from_inside(window, provided, make):
    from commonhold.server.accounts.models import Person

    site, address = provided.site, f"rita-{provided.word}@example.org"
    make.person(None, email=address, name="Rita Reader")
    make.load()
    window.goto(f"{site.url}/sign-in")
    window.get_by_role("link", name="Sign in with 127.0.0.1").click()
    _go_through(window, provided, "rita")
    window.get_by_role("heading", name="You have an account already").wait_for()
    assert judge(window) == []
    window.goto(f"{site.url}/profile")
    window.get_by_label("Email").fill(address)
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("main").get_by_role("button", name="Sign in", exact=True).click()
    window.get_by_role("heading", name="Rita Reader").wait_for()
    window.goto(f"{site.url}/profile/provider")
    assert judge(window) == []
    window.get_by_role("link", name="Connect").click()
    window.get_by_label("Password").fill(PASSWORD)
    window.get_by_role("button", name="Confirm").click()
    window.get_by_text("from now on it opens this account").wait_for()
    assert judge(window) == []
    window.context.clear_cookies()
    window.goto(f"{site.url}/sign-in?next=/profile")
    window.get_by_role("link", name="Sign in with 127.0.0.1").click()
    _go_through(window, provided, "rita")
    window.get_by_role("heading", name="Rita Reader").wait_for()
    assert Person.objects.filter(email=address).count() == 1


def test_an_address_that_nobody_confirmed_gets_no_account(window, provided):
    from commonhold.server.accounts.models import Person

    window.goto(f"{provided.site.url}/sign-in")
    window.get_by_role("link", name="Sign in with 127.0.0.1").click()
    _go_through(window, provided, "vague")
    window.get_by_role("heading", name="Your address is not confirmed").wait_for()
    assert judge(window) == []
    assert not Person.objects.filter(email=f"vague-{provided.word}@example.org").exists()


@pytest.mark.parametrize(("what", "status"), [("cancelled", 200), ("failed", 401)])
def test_who_comes_back_without_having_signed_in_is_told_why(window, provided, what, status):
    answer = window.goto(f"{provided.site.url}/sign-in/provider/{what}")
    assert answer.status == status
    assert judge(window) == []


def test_without_a_provider_there_is_no_button(site):
    assert "sign-in/provider" not in site.get("/sign-in").text
    assert site.get("/sign-in/provider").status_code == 404
