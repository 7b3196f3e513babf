"""Two people in two browsers: one signs up and asks for a restricted dataset, the other gives access."""

import re

import pytest

from tests.browser.conftest import PATIENCE
from tests.server.web.conftest import PASSWORD
from tests.support.collection import Maker
from tests.support.mail import letters_to
from tests.support.site import Site, unique

pytestmark = pytest.mark.browser


def test_signing_up_asking_and_being_let_in(page, chromium, site: Site, make: Maker):
    word, address = unique("closed").replace("-", ""), f"{unique('sign-up')}@example.org"
    organization = make.organization(name="Closed House")
    make.dataset(organization, slug=word, name=f"The {word}", visibility="restricted")
    publisher, _ = make.person(organization, "publisher")
    make.load()

    page.goto(f"{site.url}/datasets/{word}")
    page.get_by_role("banner").get_by_role("link", name="Sign up").click()
    page.get_by_label("Name").fill("Newcomer")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign up").click()
    page.get_by_role("heading", name="Look into your mailbox").wait_for()
    (letter,) = letters_to(address)
    (link,) = re.findall(r"http://\S+/confirm-address/\S+", letter.get_content())
    page.goto(link)
    page.get_by_role("button", name="Yes, confirm it").click()
    page.get_by_text("Profile").first.wait_for()

    page.goto(f"{site.url}/datasets/{word}")
    page.get_by_role("link", name="Ask for access").first.click()
    page.get_by_role("textbox", name="What do you want").fill("For my thesis.")
    page.get_by_role("button", name="Ask for access").click()
    page.get_by_text("The publisher has not answered yet.").wait_for()
    (letter,) = letters_to(publisher)
    (desk,) = re.findall(r"http://\S+/requests", letter.get_content())

    other = chromium.new_context()
    try:
        other.set_default_timeout(PATIENCE)
        decider = other.new_page()
        decider.goto(desk)
        decider.get_by_label("Email").fill(publisher)
        decider.get_by_label("Password").fill(PASSWORD)
        decider.keyboard.press("Enter")
        decider.get_by_text("For my thesis.").wait_for()
        decider.get_by_role("button", name="Approve").click()
        decider.get_by_text("is told by mail").wait_for()
    finally:
        other.close()

    page.reload()
    page.get_by_text("You may download this dataset once you have agreed").wait_for()
    page.get_by_role("link", name="Read the terms").click()
    page.get_by_role("heading", name="Terms of use").wait_for()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("heading", name="Your agreement is recorded").wait_for()
    page.goto(f"{site.url}/datasets/{word}")
    page.get_by_text("Ready to download").wait_for()
