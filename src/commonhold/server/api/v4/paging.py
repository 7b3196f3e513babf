"""Pages of lists: ``page_size`` 1 to 50, links that can be walked to the end (section 5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotFound
from rest_framework.utils.urls import remove_query_param, replace_query_param

DEFAULT_SIZE, LARGEST_SIZE = 25, 50
_LONGEST_NUMBER = 20


@dataclass(frozen=True, slots=True)
class Asked:
    """Which page was asked for.

    Attributes:
        page: its number as sent, or ``last``.
        size: datasets on a page, in bounds.
        url: address of the request, with its query.
        window: how many of the list can be reached at all; None: all of them.
    """

    page: str
    size: int
    url: str
    window: int | None = None

    @property
    def offset(self) -> int | None:
        """How many come before the page; None where only the list's length tells."""
        number = _integer(self.page)
        return None if number is None else max(0, (number - 1) * self.size)


def asked_page(query: QueryDict, url: str, window: int | None = None) -> Asked:
    """Read ``page`` and ``page_size``; a size out of bounds is no error (rule 5.3).

    Raises:
        NotFound: ``page`` is no number from 1 on, nor ``last`` (rule 5.4).
    """
    page = query.get("page", "1")
    number = _integer(page)
    if page != "last" and (number is None or number < 1):
        raise NotFound(_("Invalid page."))
    size = _integer(query.get("page_size", ""))
    bounded = DEFAULT_SIZE if size is None or size < 1 else min(size, LARGEST_SIZE)
    return Asked(page, bounded, url, window)


@dataclass(frozen=True, slots=True)
class Place:
    """A page of a list whose length is known."""

    number: int
    page_count: int
    offset: int
    limit: int


def place_of(asked: Asked, count: int) -> Place:
    """Return where the page lies in a list of ``count``.

    The last page within a window is short where the size does not divide it, so that no ``next`` ever leads to a 404
    (rule 5.13, decision D6).

    Raises:
        NotFound: it lies past the end.
    """
    reachable = count if asked.window is None else min(asked.window, count)
    page_count = max(1, -(-reachable // asked.size))
    number = page_count if asked.page == "last" else _integer(asked.page) or 0
    if not 1 <= number <= page_count:
        raise NotFound(_("Invalid page."))
    offset = (number - 1) * asked.size
    return Place(number, page_count, offset, min(asked.size, reachable - offset))


def envelope(asked: Asked, place: Place, count: int, results: list[Any], **more: Any) -> Mapping[str, Any]:
    """Return the body of a page, its keys in the order of rule 5.2."""
    return {
        "page_size": asked.size,
        "page_count": place.page_count,
        "count": count,
        "next": replace_query_param(asked.url, "page", place.number + 1)
        if place.number < place.page_count
        else None,
        "previous": _previous(asked.url, place.number),
        "results": results,
        **more,
    }


def _previous(url: str, number: int) -> str | None:
    if number <= 1:
        return None
    return remove_query_param(url, "page") if number == 2 else replace_query_param(url, "page", number - 1)


def _integer(text: str) -> int | None:
    """Read a whole number as Python does: spaces around it and digits of any script are fine."""
    try:
        return int(text) if len(text) <= _LONGEST_NUMBER else None
    except ValueError:
        return None
