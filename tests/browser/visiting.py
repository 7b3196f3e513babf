"""A browser window on a phone that looks at pages, and notes what is wrong with them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
from django.urls import resolve

from tests.support.site import Site

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
PHONE = {"width": 360, "height": 740}
# The API reference has hundreds of links, all of a kind.
MOST_STEPS = 150

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
# From now on, notes where the keyboard goes: a mark for each thing, and what of it cannot be seen.
FOLLOW = """() => {
    window.met = new Set();
    window.unseen = [];
    document.addEventListener("focusin", (event) => {
        window.met.add(event.target);
        // A card draws the outline of its link around itself.
        const shown = [null, "::after"].map((part) => getComputedStyle(event.target, part))
            .some((style) => parseFloat(style.outlineWidth) > 0 && style.outlineStyle !== "none");
        if (!shown) window.unseen.push(event.target.outerHTML.slice(0, 120));
    });
}"""


def judge(window: Any) -> list[str]:
    """Say what is wrong with the page that a window on a phone shows: what axe finds, and sideways scrolling."""
    window.wait_for_load_state()
    window.evaluate(AXE)
    found = window.evaluate("axe.run({resultTypes: ['violations']}).then(result => result.violations)")
    faults = []
    for violation in found:
        where = "; ".join(" ".join(map(str, node["target"])) for node in violation["nodes"][:3])
        faults.append(f"{violation['id']} ({violation['help']}) at {where}")
    wide = window.evaluate("document.documentElement.scrollWidth")
    if wide > PHONE["width"]:
        faults.append(f"{wide} px wide")
    return faults


@dataclass
class Visit:
    """A window that collects what goes wrong in it."""

    window: Any
    site: Site
    faults: list[str] = field(default_factory=list)

    def open(self, path: str, status: int = 200) -> None:
        """Open a page, and note what is wrong with it."""
        answer = self.window.goto(self.site.url + path)
        if answer.status != status:
            self.faults.append(f"{path}: {answer.status}, not {status}")
        landed = urlsplit(self.window.url).path
        if status not in {404, 500} and landed != path.partition("?")[0]:
            # The key of a link goes out of the address, and the page stays the same.
            wanted, reached = (resolve(one).view_name for one in (path.partition("?")[0], landed))
            if wanted != reached:
                self.faults.append(f"{path}: led to {landed}")
        self.faults += [f"{path}: {fault}" for fault in judge(self.window)]

    def tab_through(self, path: str) -> None:
        """Reach what is on the open page by the Tab key alone, seeing at each step where the keyboard is."""
        count = self.window.evaluate(USABLE)
        # The keyboard goes through the parts of a date one by one.
        dates = self.window.locator("input[type=datetime-local], input[type=date]").count()
        self.window.evaluate(FOLLOW)
        for _ in range(min(count + 2 + 8 * dates, MOST_STEPS)):
            self.window.keyboard.press("Tab")
        met, unseen = self.window.evaluate("[window.met.size, window.unseen]")
        self.faults += [f"{path}: the keyboard cannot be seen at {one}" for one in unseen]
        if met < min(count, MOST_STEPS):
            self.faults.append(f"{path}: {met} of {count} things can be reached by the keyboard")


def listen(visit: Visit) -> None:
    """Have a visit note what scripts, policies and requests do wrong."""
    window, own = visit.window, (visit.site.url, visit.site.storage_url, "data:")
    window.on("pageerror", lambda error: visit.faults.append(f"script: {error}"))

    def note(message: Any) -> None:
        # What the browser says of a status of 400 and more is no fault of the page; nor is what has no address: it is
        # axe that tries to style what one style sheet imports from another, to read it.
        if message.type == "error" and "status of" not in message.text and message.location["url"]:
            visit.faults.append(f"console: {message.text}")

    window.on("console", note)
    window.on(
        "request",
        lambda request: (
            None if request.url.startswith(own) else visit.faults.append(f"asks elsewhere: {request.url}")
        ),
    )
