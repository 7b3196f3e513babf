"""Query parameters under ``/api/``: read, checked, all mistakes told at once (seed 000, "Bad Request")."""

import datetime as dt
import re
from collections.abc import Callable, Mapping

from django.http import QueryDict

from commonhold.server.api.collective import problems
from commonhold.server.catalogue.queries import NEWEST, RELEVANCE, SIZE, Filters
from commonhold.server.kit import clock
from commonhold.server.kit.translation import match_locale

PAGE_SIZE, LARGEST_PAGE_SIZE = 24, 100
LARGEST_NUMBER = 1_000_000
MOST_VALUES = 100
LONGEST_QUERY = 1000

IDEMPOTENCY_KEY = "[A-Za-z0-9_-]{16,64}"

_INTEGER = re.compile(r"\s*[+-]?[0-9]{1,20}\s*")

_SINCE: dict[str, Callable[[dt.date], dt.date]] = {
    "today": lambda day: day,
    "thisWeek": lambda day: day - dt.timedelta(days=day.weekday()),
    "thisMonth": lambda day: day.replace(day=1),
    "thisYear": lambda day: day.replace(month=1, day=1),
}


class Parameters:
    """The query of one request; mistakes gather until :meth:`check`."""

    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self.mistakes: dict[str, str] = {}

    def integer(
        self, name: str, default: int | None, *, lowest: int = 1, highest: int = LARGEST_NUMBER
    ) -> int | None:
        """Return a whole number in bounds; ``default`` where the parameter is absent."""
        text = self._query.get(name)
        if text is None:
            return default
        if not _INTEGER.fullmatch(text):
            self.mistakes[name] = "Must be a valid integer."
        elif not lowest <= int(text) <= highest:
            self.mistakes[name] = f"Must be between {lowest} and {highest}."
        else:
            return int(text)
        return default

    def choice(self, name: str, choices: tuple[str, ...], default: str | None) -> str | None:
        """Return one of a few words; ``default`` where the parameter is absent."""
        text = self._query.get(name)
        if text is None:
            return default
        if text not in choices:
            self.mistakes[name] = f"Must be one of: {', '.join(choices)}."
            return default
        return text

    def several(self, name: str) -> tuple[str, ...]:
        """Return every value of a repeatable parameter; one that no text can hold (NUL) is one that none carries."""
        given = (value.replace("\0", "\N{REPLACEMENT CHARACTER}") for value in self._query.getlist(name))
        values = tuple(dict.fromkeys(value for value in given if value))
        if len(values) > MOST_VALUES:
            self.mistakes[name] = f"Must be given at most {MOST_VALUES} times."
        return values

    def text(self, name: str) -> str | None:
        """Return free text, which may be absent but not empty."""
        text = self._query.get(name)
        if text is None:
            return None
        if not text.strip():
            self.mistakes[name] = "Must not be empty."
        elif len(text) > LONGEST_QUERY:
            self.mistakes[name] = f"Must have at most {LONGEST_QUERY} characters."
        return text

    def check(self) -> None:
        """Raise the 400 that names every mistake, if there was one."""
        if self.mistakes:
            raise problems.invalid(self.mistakes)


def asked_version(query: QueryDict) -> int | None:
    """Return ``?version=``, or None for the current version (decision 9)."""
    parameters = Parameters(query)
    version = parameters.integer("version", None)
    parameters.check()
    return version


def asked_key(headers: Mapping[str, str]) -> str | None:
    """Return the ``Idempotency-Key`` that was sent, or None."""
    key = headers.get("Idempotency-Key")
    if key is not None and not re.fullmatch(IDEMPOTENCY_KEY, key):
        raise problems.invalid(
            {"Idempotency-Key": "Must be 16 to 64 letters and digits of ASCII, “-” or “_”."}
        )
    return key


def asked_language(query: QueryDict) -> str | None:
    """Return the locale of ``?lang=``, or None: then texts come in the dataset's default locale (decision 5)."""
    lang = query.get("lang")
    return match_locale(lang) if lang else None


def asked_list(query: QueryDict) -> tuple[Filters, int, int]:
    """Return filters, page and page size of ``GET /datasets`` (collective-api.md 1.3)."""
    parameters = Parameters(query)
    page = parameters.integer("page", 1) or 1
    limit = parameters.integer("limit", PAGE_SIZE, highest=LARGEST_PAGE_SIZE) or PAGE_SIZE
    search = parameters.text("q")
    sort = parameters.choice("sort", (RELEVANCE, NEWEST, SIZE), RELEVANCE if search else NEWEST)
    direction = parameters.choice("sortDirection", ("asc", "desc"), "desc")
    since = parameters.choice("uploadDate", tuple(_SINCE), None)
    pricing = parameters.choice("pricing", ("compensated", "free"), None)
    filters = Filters(
        query=search or "",
        tasks=parameters.several("task"),
        locales=parameters.several("locale"),
        licenses=parameters.several("license"),
        formats=parameters.several("format"),
        organizations=parameters.several("organization"),
        created_since=_start_of(since),
        has_sample=query.get("sample", "").lower() not in {"", "false", "0", "no"},
        is_paid=None if pricing is None else pricing == "compensated",
        sort=sort or NEWEST,
        descending=direction == "desc",
    )
    parameters.check()
    return filters, page, limit


def _start_of(since: str | None) -> dt.datetime | None:
    if since is None:
        return None
    return dt.datetime.combine(_SINCE[since](clock.today()), dt.time(), dt.UTC)
