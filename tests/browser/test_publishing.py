"""A dataset goes into the catalogue: written, sent in parts from the browser, mended as the reviewer asks, approved.

``python -m tests`` tells it twice: with the embedded store, and with an S3 that takes from browsers what its bucket's
rules let them send.
"""

import os
import re

import pytest

from tests.browser.conftest import PATIENCE
from tests.server.web.conftest import PASSWORD
from tests.support.collection import Maker
from tests.support.site import Site, unique

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]  # a long story
MEBIBYTE = 1024 * 1024
# How the embedded store, and S3, are told which part comes.
PART = r"[?&]part(?:Number)?=(\d+)"


@pytest.fixture
def page(chromium):
    """A window in which requests may fail, but no script and no policy."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    window = context.new_page()
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    yield window
    context.close()
    assert [fault for fault in faults if not fault.startswith("Failed to load resource")] == []


@pytest.fixture
def store_origin(site: Site) -> str:
    """Where parts are taken; an S3 is given the rules that `commonhold admin check --repair` gives it."""
    from commonhold.server.config.environment import environment
    from commonhold.server.storage.bucket import add_missing_rules
    from commonhold.server.storage.store import object_store

    add_missing_rules(object_store(environment(), public_url=site.storage_url))
    return site.storage_url or os.environ["COMMONHOLD_S3_ENDPOINT_URL"]


def _sign_in(window, site: Site, address: str, path: str) -> None:
    window.goto(f"{site.url}{path}")
    window.get_by_label("Email").fill(address)
    window.get_by_label("Password").fill(PASSWORD)
    window.keyboard.press("Enter")
    window.get_by_text("Profile").first.wait_for()


def _sound(window) -> None:
    """The page has no fault that axe finds, and a phone shows it without sideways scrolling."""
    from axe_playwright_python.sync_playwright import Axe

    window.wait_for_load_state()
    found = Axe().run(window).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
    window.set_viewport_size({"width": 360, "height": 800})
    assert window.evaluate("document.documentElement.scrollWidth") <= 360, window.url
    window.set_viewport_size({"width": 1280, "height": 900})


def _large_archive(folder):
    """An archive of three parts: what is in it cannot be compressed."""
    import io
    import tarfile

    path, content = folder / "voices.tar.gz", os.urandom(25 * MEBIBYTE)
    with tarfile.open(path, "w:gz", compresslevel=1) as file:
        info = tarfile.TarInfo("voices.bin")
        info.size = len(content)
        file.addfile(info, io.BytesIO(content))
    return path


def test_from_a_draft_to_the_catalogue(page, chromium, site: Site, store_origin, make: Maker, tmp_path):
    name = unique("Voices").replace("-", " ")
    slug, elsewhere = make.organization(name="Voice House"), make.organization()
    publisher, _ = make.person(slug, "publisher")
    reviewer, _ = make.person(elsewhere, "member", roles=["reviewer"])
    make.load()
    path = _large_archive(tmp_path)

    # Written, by keyboard.
    _sign_in(page, site, publisher, "/publish")
    _sound(page)
    page.get_by_role("link", name="New submission").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("Name of the dataset").focus()
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Describe the dataset").wait_for()
    page.get_by_label("Description", exact=True).fill("Voices of a **village**.")
    page.get_by_label("Language of the data").fill("sw")
    page.get_by_label("Task").select_option("ASR")
    page.get_by_label("Format").fill("WAV")
    page.get_by_label("Licence", exact=True).fill("CC0-1.0")
    page.get_by_label("Restrictions").fill("None.")
    page.get_by_label("Forbidden usage").fill("Harm.")
    page.get_by_role("textbox", name="Contact: name", exact=True).fill("Ada Example")
    page.get_by_role("textbox", name="Contact: e-mail", exact=True).fill("not yet")
    page.get_by_label("Public").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Save", exact=True).last.focus()
    page.keyboard.press("Enter")
    page.get_by_text("Saved, except for what is marked below").wait_for()
    _sound(page)
    page.get_by_role("textbox", name="Contact: e-mail", exact=True).fill("ada@example.org")
    page.keyboard.press("Enter")
    page.get_by_text("Saved.", exact=True).wait_for()
    page.get_by_role("main").get_by_role("link", name=name).click()

    # Sent, in parts past the site; the page is left in the middle, and goes on with the same file afterwards.
    parts, second = list[str](), re.compile(PART.replace(r"\d+", "2"))
    page.on("request", lambda request: parts.append(request.url) if request.method == "PUT" else None)
    page.route(second, lambda route: route.abort())
    page.get_by_label("Archive of the dataset").set_input_files(path)
    page.get_by_role("button", name="Send (Archive of the dataset)").focus()
    # It is left once a part is there that need not be sent again.
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.ok):
        page.keyboard.press("Enter")
    page.get_by_text("The connection is gone.").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_text("What has arrived stays.").wait_for()
    page.unroute(second)
    page.reload()
    page.get_by_text("Not all of it has arrived.").wait_for()
    before = len(parts)
    page.get_by_label("Archive of the dataset").set_input_files(path)
    page.get_by_role("button", name="Send (Archive of the dataset)").click()
    page.get_by_text("Sent. It is verified next.").wait_for()
    sent_again = {re.search(PART, url)[1] for url in parts[before:]}
    assert "2" in sent_again
    assert sent_again < {"1", "2", "3"}
    assert all(url.startswith(f"{store_origin}/") for url in parts)
    page.locator("[data-file-state=verified]").wait_for(timeout=2 * PATIENCE)
    _sound(page)

    page.get_by_role("link", name="Submit for review").click()
    page.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Submit", exact=True).click()
    page.get_by_text("Submitted.").wait_for()
    submission = page.url

    other = chromium.new_context(locale="en-US")
    try:
        other.set_default_timeout(PATIENCE)
        desk = other.new_page()
        _sign_in(desk, site, reviewer, "/review")
        desk.get_by_role("link", name=name).click()
        desk.get_by_role("link", name="What is in it").click()
        desk.get_by_text("voices.bin").wait_for()
        _sound(desk)
        desk.go_back()
        desk.get_by_role("button", name="Take it up").click()
        desk.get_by_text("You have taken it up").wait_for()
        _sound(desk)
        desk.get_by_label("What to change").fill("Say who recorded them.")
        desk.get_by_role("button", name="Ask for changes").click()
        desk.get_by_text("Given back.").wait_for()

        page.goto(submission)
        page.get_by_text("Say who recorded them.").wait_for()
        page.get_by_role("link", name="Edit").first.click()
        page.get_by_label("Created by: name").fill("The village choir")
        page.get_by_role("button", name="Save and go on to submit").click()
        page.get_by_role("checkbox").check()
        page.get_by_role("button", name="Submit", exact=True).click()
        page.get_by_text("Submitted.").wait_for()

        desk.goto(f"{site.url}/review")
        desk.get_by_role("link", name=name).click()
        desk.get_by_text("The village choir").wait_for()
        desk.get_by_role("button", name="Approve and publish").click()
        desk.get_by_text("Approved and published.").wait_for()
    finally:
        other.close()

    page.goto(f"{site.url}/datasets?q={name.split()[-1]}")
    page.get_by_role("link", name=name).click()
    page.get_by_role("heading", name=name).wait_for()
    page.locator("strong", has_text="village").wait_for()
