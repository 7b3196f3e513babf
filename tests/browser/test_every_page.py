"""Every page, as its reader sees it, in English and Arabic: no barrier that axe-core finds, no sideways scrolling on a
small phone, no request to another host, nothing that breaks the page's policy.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from django.test import Client

from commonhold.server.accounts.models import Person
from tests.browser.stage import Stage, set_stage
from tests.support.collection import Maker
from tests.support.site import Site

pytestmark = pytest.mark.browser

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
PHONE = {"width": 360, "height": 740}
ANYBODY = (
    "/", "/datasets", "/datasets?q={word}", "/datasets?q=zzzzqqq", "/datasets/{word}", "/datasets/{restricted}",
    "/datasets/{word}/terms", "/datasets/{word}/report", "/organizations/{organization}", "/terms", "/sign-in", "/sign-up",
    "/password/reset", "/nowhere", "/datasets/{removed}", "/datasets/{withheld}", "/api-reference", "/api-reference/v4",
)  # fmt: skip
READER = (
    "/profile", "/profile/keys", "/profile/account", "/profile/email", "/profile/sessions", "/profile/credentials",
    "/profile/downloads", "/profile/publishing", "/profile/security", "/profile/leave", "/datasets/{word}",
    "/datasets/{agreed}", "/datasets/{word}/terms", "/datasets/{restricted}/request", "/password", "/sign-out", "/device",
)  # fmt: skip
PUBLISHER = (
    "/organizations/{organization}/requests", "/organizations/{organization}/members",
    "/organizations/{organization}/settings", "/publish", "/publish/new", "/publish/{draft}", "/publish/{draft}/edit",
    "/publish/{draft}/submit", "/publish/{draft}/preview", "/publish/{draft}/delete", "/publish/{change}",
    "/publish/{published}", "/publish/{published}/edit", "/publish/{published}/downloads",
    "/publish/{published}/take-down",
)  # fmt: skip
REVIEWER = ("/review", "/review/{change}", "/review/{published}")
OPERATOR = (
    "/operate", "/operate/site", "/operate/people", "/operate/people?q=stage", "/operate/people/{person}",
    "/operate/organizations", "/operate/organizations/{organization}", "/operate/datasets", "/operate/datasets/{word}",
    "/operate/reports", "/operate/trail", "/operate/health", "/operate/jobs", "/operate/publishing-rights",
)  # fmt: skip
PAGES = {
    "anybody": ANYBODY, "reader": READER, "publisher": PUBLISHER, "reviewer": REVIEWER, "operator": OPERATOR,
}  # fmt: skip
# English in every language.
ENGLISH = {"/api-reference", "/api-reference/v4"}

# What can be used, in the order in which it stands: one of each group of radio buttons, one tab of each list of tabs.
USABLE = """() => {
    const seen = new Set();
    return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]")]
        .filter((one) => one.tabIndex >= 0 && !one.disabled && one.type !== "hidden" && one.checkVisibility())
        .filter((one) => {
            if (one.type !== "radio") return true;
            const first = !seen.has(one.name);
            seen.add(one.name);
            return first;
        }).length;
}"""
# Where the keyboard is now: a mark of its own, and whether that can be seen.
FOCUS = """() => {
    const one = document.activeElement;
    if (!one || one === document.body) return null;
    if (!one.dataset.met) one.dataset.met = String(Math.random());
    // A card draws the outline of its link around itself.
    const shown = [null, "::after"].map((part) => getComputedStyle(one, part))
        .some((style) => parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none");
    return {mark: one.dataset.met, shown, name: one.outerHTML.slice(0, 120)};
}"""


@dataclass
class Visit:
    """A window that collects what goes wrong in it."""

    window: Any
    site: Site
    faults: list[str]

    def open(self, path: str) -> None:
        """Open a page, and note what is wrong with it."""
        self.window.goto(self.site.url + path)
        wide = self.window.evaluate("document.documentElement.scrollWidth")
        if wide > PHONE["width"]:
            self.faults.append(f"{path}: {wide} px wide")
        self.window.evaluate(AXE)
        found = self.window.evaluate("axe.run().then(result => result.violations)")
        for violation in found:
            where = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
            self.faults.append(f"{path}: {violation['id']} ({violation['help']}) at {where}")

    def tab_through(self, path: str) -> None:
        """Reach everything that can be used by the Tab key alone, seeing at each step where the keyboard is."""
        self.window.goto(self.site.url + path)
        count = self.window.evaluate(USABLE)
        # The keyboard goes through the parts of a date one by one.
        dates = self.window.locator("input[type=datetime-local], input[type=date]").count()
        met: set[str] = set()
        for _ in range(count + 5 + 8 * dates):
            self.window.keyboard.press("Tab")
            focus = self.window.evaluate(FOCUS)
            if focus is None:
                break
            met.add(focus["mark"])
            if not focus["shown"]:
                self.faults.append(f"{path}: the keyboard cannot be seen at {focus['name']}")
        if len(met) < count:
            self.faults.append(f"{path}: {len(met)} of {count} things can be reached by the keyboard")


@pytest.fixture(scope="module")
def stage(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return set_stage(Maker(tmp_path_factory.mktemp("stage")))


@pytest.fixture
def visit(chromium: Any, site: Site) -> Any:
    """Make a :class:`Visit` in a language, signed in as a person."""
    contexts = []

    def make(locale: str, email: str | None) -> Visit:
        context = chromium.new_context(viewport=PHONE, locale=locale)
        contexts.append(context)
        if email:
            Person.objects.filter(email=email).update(locale=locale)
            client = Client()
            client.force_login(Person.objects.get(email=email))
            session = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
        visit = Visit(context.new_page(), site, [])
        _listen(visit)
        return visit

    yield make
    for context in contexts:
        context.close()


def _listen(visit: Visit) -> None:
    window, own = visit.window, (visit.site.url, visit.site.storage_url, "data:")
    window.on("pageerror", lambda error: visit.faults.append(f"script: {error}"))
    # What the browser says of a status of 400 and more is no fault of the page.
    window.on(
        "console",
        lambda message: (
            visit.faults.append(f"console: {message.text}")
            if message.type == "error" and "status of" not in message.text
            else None
        ),
    )
    window.on(
        "request",
        lambda request: (
            None if request.url.startswith(own) else visit.faults.append(f"asks elsewhere: {request.url}")
        ),
    )


@pytest.mark.parametrize("locale", ["en-US", "ar"])
@pytest.mark.parametrize("role", PAGES)
def test_no_barriers_on_any_page(visit: Callable[..., Visit], stage: Stage, role: str, locale: str) -> None:
    here = visit(locale, stage.people.get(role))
    for path in PAGES[role]:
        here.open(path.format(**stage.names))
        if path not in ENGLISH:
            assert here.window.get_attribute("html", "dir") == ("rtl" if locale == "ar" else "ltr"), path
    assert here.faults == []


@pytest.mark.parametrize("role", PAGES)
def test_everything_is_reached_by_keyboard(visit: Callable[..., Visit], stage: Stage, role: str) -> None:
    here = visit("en-US", stage.people.get(role))
    for path in PAGES[role]:
        here.tab_through(path.format(**stage.names))
    assert here.faults == []
