"""One call of the API, from a path to an answer: signed, counted, waited for, explained."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, TypeVar
from urllib.parse import quote, urlencode

from commonhold.client import errors
from commonhold.client.answers import refusal
from commonhold.client.http.connection import Connection, Response, host_of
from commonhold.client.http.faults import UnsentError
from commonhold.client.http.network import Network
from commonhold.client.retry import Patience, jitter
from commonhold.client.settings import Settings

LARGEST_ANSWER = 16 << 20
Entry = TypeVar("Entry")
_MOST_ATTEMPTS = 6
_PASSING = {500, 502, 504}


class Wire:
    """One site, as one key sees it. Safe to share between threads; calls wait for each other.

    Args:
        settings: the site and the key.
        max_wait: seconds that one call may spend waiting where the site, or the network, asks for patience.
        on_wait: told each time before a wait, with its seconds and its reason.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        max_wait: float = 60.0,
        on_wait: Callable[[float, str], None] | None = None,
    ) -> None:
        self.settings = settings
        self.network = Network()
        self.max_wait = max_wait
        self._on_wait = on_wait or (lambda _seconds, _why: None)
        self._stopped = threading.Event()
        self._connection = Connection(self.network, stopped=self._stopped)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self._connection.close()

    def interrupt(self) -> None:
        """Make the call that is under way, if one is, fail soon, and the next ones at once. For other threads."""
        self._stopped.set()
        self._connection.abort()

    def resume(self) -> None:
        """Allow calls again after :meth:`interrupt`."""
        self._stopped.clear()

    def _get(
        self, path: str, query: Mapping[str, Any] | None = None, *, most: int = LARGEST_ANSWER
    ) -> Mapping[str, Any]:
        return self._call("GET", path, query or {}, most)[0]

    def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, repeatable: bool = False
    ) -> Mapping[str, Any]:
        """Send a request with a JSON object and return the one that answers it, empty where there is none.

        Args:
            method: in capitals.
            path: below the API's address.
            body: what is sent; None for nothing.
            repeatable: whether sending it twice does no more than once, so that a lost answer is asked for again.
        """
        return self._call(method, path, {}, LARGEST_ANSWER, body, repeatable=repeatable)[0]

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        most: int,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = False,
        keyless: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Mapping[str, Any], str]:
        url = self.settings.api_url + path + query_of(query)
        patience = Patience(self.max_wait)
        with self._lock:
            for attempt in range(1, _MOST_ATTEMPTS + 1):
                self._go_on()
                try:
                    return self._attempt(method, url, most, body, headers or {}, keyless=keyless)
                except errors.CommonholdError as error:
                    seconds = _wait_before_retry(error, method == "GET" or repeatable, attempt)
                    if seconds is None or attempt == _MOST_ATTEMPTS or not patience.allows(seconds):
                        raise
                    self._on_wait(seconds, error.message)
                    self.wait(seconds)
        raise AssertionError("the last attempt either returned or raised")

    def wait(self, seconds: float) -> None:
        """Sleep, unless :meth:`interrupt` ends that."""
        self._stopped.wait(seconds)

    def _go_on(self) -> None:
        if self._stopped.is_set():
            raise errors.GivenUpError("The call was given up.")

    def _attempt(
        self,
        method: str,
        url: str,
        most: int,
        body: Mapping[str, Any] | None,
        more: Mapping[str, str],
        *,
        keyless: bool,
    ) -> tuple[Mapping[str, Any], str]:
        headers = {"Accept": "application/json", **more}
        if self.settings.key and not keyless:
            headers["Authorization"] = f"Bearer {self.settings.key}"
        content = b""
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = json.dumps(body).encode()
        response = self._connection.request(method, url, headers, body=content)
        if not 200 <= response.status < 300:
            raise self._explained(refusal(response))
        if response.status == 204:
            self._connection.close_unless_spent(response)
            return {}, response.header("Date")
        return _read_json(response, most), response.header("Date")

    def _explained(self, error: errors.CommonholdError) -> errors.CommonholdError:
        if isinstance(error, errors.NotSignedInError) and self.settings.key:
            error.hint = (
                f"The key came from {self.settings.key_source}; it may be revoked, expired, or meant "
                f"for another site "
                f"than {self.settings.api_url}. Make a new one on your profile page, then run: "
                f"commonhold login"
            )
        return error


def _wait_before_retry(error: errors.CommonholdError, repeatable: bool, attempt: int) -> float | None:
    """Return the seconds after which the same call may be made again, None where it may not."""
    if isinstance(error, errors.LimitError | errors.BusyError):
        # Refused before anything was done, so even a call that counts may be repeated.
        return error.retry_after if error.retry_after is not None else jitter(attempt + 2)
    if isinstance(error, UnsentError):
        return jitter(attempt) if attempt < 4 else None
    if (
        isinstance(error, errors.UnreachableError)
        and repeatable
        and (error.status in _PASSING or error.status is None)
    ):
        return jitter(attempt) if attempt < 4 else None
    return None


def _read_json(response: Response, most: int) -> Mapping[str, Any]:
    where = host_of(response.url)
    content = response.read(most)
    if response.is_encoded:
        raise errors.ProtocolError(
            f"{where} sent an encoded answer that was not asked for.",
            hint="Check the proxy between here and the site.",
        )
    try:
        answer = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise errors.ProtocolError(
            f"{where} answered with something that is not JSON.",
            status=response.status,
            hint="Check the address of the API (--api-url); it usually ends in /api.",
        ) from error
    if not isinstance(answer, Mapping):
        raise errors.ProtocolError(
            f"{where} answered with JSON of another shape.", hint="Check the address of the API (--api-url)."
        )
    return answer


def query_of(query: Mapping[str, Any]) -> str:
    """Return the query of an address, with its question mark; None leaves a parameter out."""
    pairs: list[tuple[str, str]] = []
    for key, value in query.items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | int) else list(value)
        pairs.extend((key, str(entry)) for entry in values)
    return f"?{urlencode(pairs)}" if pairs else ""


def part(name: str, what: str, hint: str) -> str:
    """Return one part of a path, quoted.

    Raises:
        UsageError: it can be no id or slug.
    """
    if not name or name in {".", ".."} or len(name) > 300:
        raise errors.UsageError(f"{name!r:.60} cannot be {what}.", hint=hint)
    return quote(name, safe="")


def items_of(answer: Mapping[str, Any], what: str) -> list[Any]:
    """Return the ``items`` of a list's answer.

    Raises:
        ProtocolError: it has none.
    """
    items = answer.get("items")
    if not isinstance(items, list):
        raise errors.ProtocolError(f"The site's answer is no list of {what}.")
    return items


def pages(fetch: Callable[[int], tuple[list[Entry], int]]) -> Iterator[Entry]:
    """Yield the entries of all pages, each page asked for when the one before it is used up.

    Args:
        fetch: returns a page, numbered from 1, and how many entries there are in all.
    """
    page, seen = 1, 0
    while True:
        entries, total = fetch(page)
        yield from entries
        seen += len(entries)
        if not entries or seen >= total:
            return
        page += 1
