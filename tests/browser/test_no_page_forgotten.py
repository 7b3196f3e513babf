"""Whatever address the web site has is looked at in a browser, or is known to be no page."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, resolve

from tests.browser.pages import NO_PAGES, PAGES, status_and_path

ADMIN = "admin"


def _names(patterns: Iterable[Any]) -> Iterator[str]:
    """The names of all addresses; of those of Django's admin, only that of its front page."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver) and pattern.namespace == ADMIN:
            yield f"{ADMIN}:index"
        elif isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        else:
            assert isinstance(pattern, URLPattern)
            assert pattern.name, f"the address {pattern} has no name"
            yield pattern.name


@pytest.fixture(scope="module")
def names(database: None) -> set[str]:
    from commonhold.server.api import reference
    from commonhold.server.web import urls

    return {*_names(urls.urlpatterns), *_names(reference.urlpatterns)}


def _visited() -> set[str]:
    # Whatever a number or a name stands for, "1" may.
    anything = defaultdict(lambda: "1")
    paths = [status_and_path(page) for pages in PAGES.values() for page in pages]
    return {
        resolve(path.format_map(anything).partition("?")[0]).view_name
        for status, path in paths
        if status != 404
    }


def test_every_page_is_visited(names: set[str]) -> None:
    assert names - _visited() == NO_PAGES
