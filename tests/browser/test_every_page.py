"""Every page, as its reader sees it, in English and Arabic: no barrier that axe-core finds, no sideways scrolling on a
small phone, no request to another host, nothing that breaks the page's policy, nothing out of the keyboard's reach.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import translation

from commonhold.server.accounts.models import Person
from tests.browser.conftest import PATIENCE
from tests.browser.pages import ENGLISH, PAGES, status_and_path
from tests.browser.stage import Stage, set_stage
from tests.browser.stage_people import session_of
from tests.browser.visiting import PHONE, Visit, judge, listen
from tests.support.collection import Maker
from tests.support.site import Site

# Some tests look at thirty pages, which a busy machine does not do in the usual time.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(1200)]

LOCALES = ("en-US", "ar")


@pytest.fixture(scope="module")
def stage(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return set_stage(Maker(tmp_path_factory.mktemp("stage")), site)


@pytest.fixture
def visit(chromium: Any, site: Site) -> Iterator[Callable[..., Visit]]:
    """Make a :class:`Visit` in a language, signed in as a person."""
    contexts = []

    def make(locale: str, role: str = "", email: str | None = None) -> Visit:
        context = chromium.new_context(viewport=PHONE, locale=locale)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        if email:
            Person.objects.filter(email=email).update(locale=locale)
            cookie = {"name": "sessionid", "value": session_of(role, email), "url": site.url}
            context.add_cookies([cookie])
        visit = Visit(context.new_page(), site)
        listen(visit)
        return visit

    yield make
    for context in contexts:
        context.close()


def _direction(visit: Visit) -> str | None:
    direction: str | None = visit.window.get_attribute("html", "dir")
    return direction


def _turned_labels(visit: Visit) -> list[str]:
    """Headings and lines of lists that stand at the other side of the page than the rest, for the name in them."""
    turned: list[str] = visit.window.eval_on_selector_all(
        "main :is(h1, h2, h3, dd, .lines p):not(.prose, .prose *, .quoted, .said, [lang])",
        """(labels, page) => labels.filter(one => getComputedStyle(one).direction !== page)
            .map(one => one.textContent)""",
        _direction(visit),
    )
    return turned


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("role", PAGES)
def test_no_barriers_on_any_page(visit: Callable[..., Visit], stage: Stage, role: str, locale: str) -> None:
    here = visit(locale, role, stage.people.get(role))
    for page in PAGES[role]:
        status, path = status_and_path(page)
        if locale == "ar" and path in ENGLISH:
            continue
        here.open(path.format(**stage.names), status)
        assert _direction(here) == ("rtl" if locale == "ar" else "ltr"), path
        assert not _turned_labels(here), path
        # The order of things is the same in every language.
        if locale == "en-US":
            here.tab_through(path)
    assert not here.faults, "\n".join(here.faults)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_failure_is_told_as_well(visit: Callable[..., Visit], locale: str) -> None:
    """The page that says that something went wrong here: nobody can ask for it, so what it is made of is shown."""
    from commonhold.server.web.pages.errors import failure

    with translation.override("ar" if locale == "ar" else "en"):
        answer = failure(RequestFactory().get("/failure"))
    here = visit(locale)
    here.window.route(
        "**/failure",
        lambda route: route.fulfill(status=500, body=answer.text, content_type=answer["Content-Type"]),
    )
    here.open("/failure", 500)
    here.tab_through("/failure")
    assert _direction(here) == ("rtl" if locale == "ar" else "ltr")
    assert not here.faults, "\n".join(here.faults)


def test_a_request_that_makes_no_sense_is_told_so(chromium: Any, site: Site) -> None:
    """Under a name that is not the site's, before anything is known of who asks."""
    window = chromium.new_page(viewport=PHONE)
    window.set_default_timeout(PATIENCE)
    answer = window.goto(site.url.replace("127.0.0.1", "another.localhost"))
    assert answer.status == 400
    assert judge(window) == []
    window.close()
