"""A real Chromium for each test, with everything it must not do turned off."""

import os
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# Bounds what hangs, on a machine that has much else to do.
PATIENCE = 60_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Debian's Chromium; tests that need it are skipped where it is not installed."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("Chromium is not installed")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django cannot know that nothing of ours runs in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS, timeout=2 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def elsewhere() -> Sequence[str]:
    """Addresses of others' sites that a story passes through: what is wrong there is none of our faults."""
    return ()


@pytest.fixture
def page(chromium: Any, elsewhere: Sequence[str]) -> Iterator[Any]:
    """A fresh browser window that fails the test at the end if a script failed or a policy was broken in it."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
    context.set_default_timeout(PATIENCE)
    window = context.new_page()
    faults: list[str] = []
    window.on("pageerror", lambda error: faults.append(str(error)))
    window.on(
        "console",
        lambda message: (
            faults.append(f"{message.text} ({message.location})")
            if message.type == "error" and not message.location["url"].startswith(tuple(elsewhere))
            else None
        ),
    )
    yield window
    context.close()
    assert faults == []
