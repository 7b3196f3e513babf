"""The way of most people, in a real browser: sign in, find, agree, take a key, download with it."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.browser.conftest import PATIENCE
from tests.server.web.conftest import PASSWORD
from tests.support.collection import Maker
from tests.support.site import Site, unique

pytestmark = pytest.mark.browser


@pytest.fixture
def newcomer(site: Site, make: Maker) -> tuple[str, str, bytes]:
    """A person with a password and a dataset they have not agreed to: address, word to search for, content."""
    word = unique("story").replace("-", "")
    organization = make.organization(name="Story House")
    make.dataset(
        organization, slug=word, name=f"The {word}", terms="Read it **aloud**.", content=word.encode()
    )
    address, _ = make.person(None, name="Nora")
    make.load()
    return address, word, word.encode()


def _fetch(site: Site, key: str, word: str) -> httpx.Response:
    return site.post(f"/api/datasets/{word}/download", key=key)


def test_from_sign_in_to_a_verified_download(page, site, newcomer, tmp_path):
    address, word, _ = newcomer
    page.goto(site.url)
    page.get_by_role("searchbox").fill(word)
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name=f"The {word}").click()
    page.get_by_role("main").get_by_role("link", name="Sign in").first.click()
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Read the terms and agree").first.click()
    page.get_by_text("aloud").wait_for()
    page.wait_for_load_state()  # the boxes stand below
    boxes = page.get_by_role("checkbox")
    assert [boxes.nth(number).is_checked() for number in range(boxes.count())] == [False] * 3
    for number in range(boxes.count()):
        boxes.nth(number).check()
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("heading", name="Your agreement is recorded").wait_for()

    page.goto(f"{site.url}/profile/keys")
    page.get_by_label("Name").fill("browser story")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#new-key").inner_text()
    assert re.fullmatch(r"chk_[0-9A-Za-z]{49}", key)
    session = _fetch(site, key, word)
    assert session.status_code == 200
    body = session.json()
    content = httpx.get(body["downloadUrl"], timeout=60).content
    assert f"sha256:{hashlib.sha256(content).hexdigest()}" == body["checksum"]

    environment = {
        **os.environ,
        "COMMONHOLD_API_URL": site.api,
        "COMMONHOLD_API_KEY": key,
        "HOME": str(tmp_path),
    }
    command = [sys.executable, "-m", "commonhold", "download", word]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = Path(tmp_path).glob("*.tar.gz")
    assert archive.read_bytes() == content

    page.goto(f"{site.url}/profile/keys")
    assert key not in page.content()
    page.get_by_role("link", name="Revoke browser story").click()
    page.get_by_role("button", name="Revoke the key").click()
    page.get_by_text("You have no keys yet.").or_(
        page.get_by_role("heading", name="Make a key")
    ).first.wait_for()
    assert _fetch(site, key, word).status_code == 401


def test_download_with_the_browser_alone(page, site, newcomer):
    address, word, _ = newcomer
    page.goto(f"{site.url}/sign-in?next=/datasets/{word}/terms")
    page.get_by_label("Email").fill(address)
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Terms of use").wait_for()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        box.check()
    page.get_by_role("button", name="I agree").click()
    page.get_by_role("link", name="Go on to the download").click()
    page.get_by_role("button", name="Download").click()
    expected = page.locator("#sum").inner_text()
    with page.expect_download() as started:
        page.get_by_role("link", name="Save the file").click()
    assert hashlib.sha256(Path(started.value.path()).read_bytes()).hexdigest() == expected


def test_tabs_and_copying_by_keyboard(page, site, newcomer):
    _, word, _ = newcomer
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    # What a button says for two seconds stays long enough to be seen.
    page.add_init_script("const wait = setTimeout; setTimeout = (what, after) => wait(what, 100 * after);")
    page.goto(f"{site.url}/datasets/{word}")
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    page.locator("[role=tab][aria-selected=true]", has_text=tabs.nth(1).inner_text()).wait_for()
    assert page.locator("#by-command").is_visible()
    assert not page.locator("#by-page").is_visible()
    page.keyboard.press("End")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_text("Copied").wait_for()
    assert "curl -X POST" in page.evaluate("navigator.clipboard.readText()")


def test_everything_is_readable_without_scripts(chromium, site, newcomer):
    _, word, _ = newcomer
    context = chromium.new_context(java_script_enabled=False)
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        page.goto(f"{site.url}/datasets/{word}")
        for code in ("#code-command", "#code-python", "#code-curl"):
            assert page.locator(code).is_visible()
        assert page.get_by_role("button", name="Copy").count() == 0
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_scrolls_sideways_on_a_small_phone(chromium, site, newcomer, scheme):
    address, word, _ = newcomer
    context = chromium.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE)
    try:
        page = context.new_page()
        paths = [
            "/",
            f"/datasets?q={word}&task=NLP",
            f"/datasets/{word}",
            f"/datasets/{word}/terms",
            "/sign-up",
        ]
        page.goto(f"{site.url}/sign-in")
        paths_signed_in = [
            "/profile",
            "/profile/keys",
            f"/datasets/{word}",
            f"/datasets/{word}/terms",
            "/nowhere",
        ]
        for path in paths:
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto(f"{site.url}/sign-in")
        page.get_by_label("Email").fill(address)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_text("Profile").first.wait_for()
        for path in paths_signed_in:
            page.goto(site.url + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    finally:
        context.close()
