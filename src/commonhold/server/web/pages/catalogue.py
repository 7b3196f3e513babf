"""Finding datasets: the home page and the list with its filters."""

import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from commonhold.server.catalogue import queries
from commonhold.server.catalogue.search import finding
from commonhold.server.kit.viewer import ANONYMOUS
from commonhold.server.web.components import Pages, page_count
from commonhold.server.web.viewer import viewer_of
from commonhold.server.web.words import TASKS, language_name

PAGE_SIZE = 20
LONGEST_QUERY = 200
MOST_VALUES = 10
FACETS = ("task", "locale", "license", "format")
# Sort word in the address -> what the query takes, and what people read.
SORTS = {
    "relevance": (queries.RELEVANCE, True, _("Best match")),
    "newest": (queries.NEWEST, True, _("Newest first")),
    "oldest": (queries.NEWEST, False, _("Oldest first")),
    "largest": (queries.SIZE, True, _("Largest first")),
    "smallest": (queries.SIZE, False, _("Smallest first")),
}
_FACETS_SEEN_SECONDS = 60.0
_seen: tuple[float, dict[str, list[str]]] | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of the list, after everything meaningless was dropped."""

    query: str
    values: dict[str, list[str]]
    sort: str
    page: int

    @classmethod
    def read(cls, parameters: QueryDict) -> "Asked":
        """Read an address's parameters."""
        query = _clean(parameters.get("q", ""), LONGEST_QUERY)
        values = {
            name: list(
                dict.fromkeys(
                    filter(None, (_clean(value, 100) for value in parameters.getlist(name)[:MOST_VALUES]))
                )
            )
            for name in FACETS
        }
        default = "relevance" if query else "newest"
        sort = parameters.get("sort", default)
        if sort not in SORTS or (sort == "relevance" and not query):
            sort = default
        page = parameters.get("page", "1")
        return cls(query, values, sort, _number(page))

    @property
    def narrows(self) -> bool:
        """Whether anything but the whole list is asked for."""
        return bool(self.query) or any(self.values.values())

    def address(self, *, without: tuple[str, str] | None = None) -> str:
        """Return the plainest address that asks the same, first page; ``without`` leaves out one filter value."""
        pairs = [("q", self.query)] if self.query and without != ("q", self.query) else []
        pairs += [(name, value) for name in FACETS for value in self.values[name] if (name, value) != without]
        if self.sort != ("relevance" if self.query else "newest"):
            pairs.append(("sort", self.sort))
        return reverse("datasets") + (f"?{urlencode(pairs)}" if pairs else "")

    def filters(self, **fixed: Any) -> queries.Filters:
        """Return what the catalogue's query takes."""
        sort, descending, _label = SORTS[self.sort]
        return queries.Filters(
            query=self.query,
            tasks=self.values["task"],
            locales=self.values["locale"],
            licenses=self.values["license"],
            formats=self.values["format"],
            sort=sort,
            descending=descending,
            **fixed,
        )


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what the site is for, and its newest datasets."""
    return _list(request, Asked.read(QueryDict()), {"is_home": True})


@require_safe
def datasets(request: HttpRequest) -> HttpResponse:
    """Show the list, narrowed as the address says."""
    asked = Asked.read(request.GET)
    if any(
        not value
        for name, values in request.GET.lists()
        if name in {"q", "sort", *FACETS}
        for value in values
    ):
        # A form sends its empty fields too: go on to an address that can be read and shared.
        return HttpResponseRedirect(Pages(1, 1, asked.address()).of(asked.page))
    return _list(request, asked, {})


def _list(request: HttpRequest, asked: Asked, more: dict[str, Any]) -> HttpResponse:
    rows, total = finding.listed(
        viewer_of(request), asked.filters(), limit=PAGE_SIZE, offset=(asked.page - 1) * PAGE_SIZE
    )
    pages = Pages(asked.page, page_count(total, PAGE_SIZE), asked.address())
    if asked.page > pages.count:
        return HttpResponseRedirect(pages.of(pages.count))
    sorts = [(name, label, name == asked.sort) for name, (_s, _d, label) in SORTS.items()]
    context = {
        "asked": asked,
        "datasets": rows,
        "total": total,
        "pages": pages,
        "facets": _facets(asked),
        "chips": _chips(asked),
        "sorts": sorts if asked.query else sorts[1:],
        "hide_header_search": True,
        **more,
    }
    return render(request, "catalogue/list.html", context)


def _chips(asked: Asked) -> list[tuple[str, str]]:
    """Return each filter in force with the address that lifts it."""
    chips = [(f"“{asked.query}”", asked.address(without=("q", asked.query)))] if asked.query else []
    chips += [
        (_label(name, value), asked.address(without=(name, value)))
        for name in FACETS
        for value in asked.values[name]
    ]
    return chips


def _facets(asked: Asked) -> list[dict[str, Any]]:
    """Return the select boxes: name, title, options as ``(value, label, is chosen)``."""
    titles = {"task": _("Task"), "locale": _("Language"), "license": _("Licence"), "format": _("Format")}
    known = facet_values()
    boxes = []
    for name in FACETS:
        chosen = asked.values[name]
        options = [(value, _label(name, value), value in chosen[:1]) for value in {*known[name], *chosen}]
        options.sort(key=lambda option: option[1].casefold())
        boxes.append({"name": name, "title": titles[name], "options": options, "more": chosen[1:]})
    return boxes


def facet_values() -> dict[str, list[str]]:
    """Return what public lists can be narrowed to, at most a minute old: it takes a look at every dataset."""
    global _seen  # noqa: PLW0603  one memory for the process
    moment = time.monotonic()
    if _seen is None or moment - _seen[0] >= _FACETS_SEEN_SECONDS:
        _seen = (moment, queries.facets(ANONYMOUS))
    return _seen[1]


def forget_facets() -> None:
    """Read anew next time."""
    global _seen  # noqa: PLW0603  as above
    _seen = None


def _label(name: str, value: str) -> str:
    if name == "task":
        return str(TASKS.get(value, value))
    if name == "locale":
        return language_name(value)
    return value


def _number(text: str) -> int:
    """Return the number of a page; what is none means the first."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def _clean(text: str, longest: int) -> str:
    """Return ``text`` without what no database takes (control characters) and no person types."""
    return "".join(character for character in text[:longest] if character.isprintable()).strip()
