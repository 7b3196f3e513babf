"""The whole way of a newcomer who reads French: sign up, confirm by mail, search, agree, take a key, use it in a shell."""

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.browser.conftest import PATIENCE
from tests.server.web.conftest import PASSWORD
from tests.support.collection import Maker
from tests.support.mail import letters_to
from tests.support.site import Site, unique

pytestmark = pytest.mark.browser


def french(text: str) -> str:
    """What the pages say for ``text`` in French."""
    with translation.override("fr"):
        said = translation.gettext(text)
    assert said != text
    return said


def test_from_signing_up_to_a_verified_file(chromium: Any, site: Site, make: Maker, tmp_path: Path) -> None:
    word, address = unique("salut").replace("-", ""), f"{unique('newcomer')}@example.org"
    organization = make.organization(name={"en-US": "House", "fr": "Maison"})
    make.dataset(
        organization, slug=word, content=b"bonjour " * 500, terms={"en-US": "Read it aloud.", "fr": "À lire à voix haute."},
        name={"en-US": f"Greetings {word}", "fr": f"Salutations {word}"},
    )  # fmt: skip
    make.load()
    context = chromium.new_context(locale="fr-FR", viewport={"width": 360, "height": 740})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    main = page.get_by_role("main")

    page.goto(f"{site.url}/sign-up")
    assert page.get_attribute("html", "lang") == "fr"
    page.locator("input[name=name]").fill("Noémie")
    page.locator("input[name=email]").fill(address)
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=french("Look into your mailbox")).wait_for()
    (letter,) = letters_to(address)
    (link,) = re.findall(r"http://\S+/confirm-address/\S+", letter.get_content())
    page.goto(link)
    main.get_by_role("button").first.click()
    page.get_by_text(french("Profile")).first.wait_for()

    page.goto(site.url)
    page.get_by_role("searchbox").first.fill(f"salutations {word}")
    page.keyboard.press("Enter")
    page.get_by_role("link", name=f"Salutations {word}", exact=True).click()
    main.get_by_role("link", name=french("Read the terms and agree")).first.click()
    page.get_by_text("À lire à voix haute.").wait_for()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        assert not box.is_checked()
        box.check()
    page.get_by_role("button", name=french("I agree")).click()
    page.get_by_role("heading", name=french("Your agreement is recorded")).wait_for()

    page.goto(f"{site.url}/profile/keys")
    page.locator("input[name=name]").fill("portable")
    page.get_by_role("button", name=french("Make the key")).click()
    key = page.locator("#new-key").inner_text()
    context.close()

    command = [sys.executable, "-m", "commonhold", "download", word]
    environment = {
        **os.environ,
        "COMMONHOLD_API_URL": site.api,
        "COMMONHOLD_API_KEY": key,
        "HOME": str(tmp_path),
    }
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    told = site.get(f"/api/datasets/{word}", key=key).json()["checksum"]
    assert f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}" == told
