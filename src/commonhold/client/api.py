"""The API of a data collective, one method for each endpoint."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Self
from urllib.parse import quote, urlencode

from commonhold.client import errors
from commonhold.client.answers import refusal
from commonhold.client.archive.models import MemberPage
from commonhold.client.connection import Connection, Response, UnsentError, host_of
from commonhold.client.models import Account, Dataset, DatasetPage, Pieces, Session
from commonhold.client.network import Network
from commonhold.client.retry import Patience, http_date, jitter
from commonhold.client.settings import Settings

_LARGEST_ANSWER = 16 << 20
# A file of 16 TiB in 8 MiB pieces has two million of them, 67 characters each.
_LARGEST_PIECES = 160 << 20
_MOST_ATTEMPTS = 6
_PASSING = {500, 502, 504}


class Client:
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
        self._connection = Connection(self.network)
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next call opens another."""
        self._connection.close()

    # -- what there is

    def search(self, query: Mapping[str, Any]) -> DatasetPage:
        """Search the catalogue.

        Args:
            query: ``q``, ``limit``, ``page``, ``task``, ``locale``, ``license``, ``format``, ``sort``,
                ``sortDirection``, ``uploadDate``, ``sample``, ``pricing``. None leaves a filter out, several
                values mean any of them.
        """
        return DatasetPage.read(self._get("/datasets", query))

    def filters(self) -> Mapping[str, Any]:
        """Return the values that filters take: ``tasks``, ``locales``, ``licenses``, ``formats``."""
        answer = self._get("/datasets/filters")
        return {key: value for key, value in answer.items() if isinstance(value, list)}

    def dataset(self, name: str, *, version: int | None = None) -> Dataset:
        """Return what there is to know about a dataset, named by id or slug."""
        return Dataset.read(self._get(_path(name), {"version": version}))

    def account(self) -> Account:
        """Return whom the key speaks for, and what is left of the limits."""
        return Account.read(self._get("/account"))

    # -- bytes

    def start_download(self, name: str, *, version: int | None = None) -> Session:
        """Ask for a download. Each granted call counts against the organization's quota of the day."""
        return self._session(_path(name, "download"), {"version": version})

    def start_sample(self, name: str) -> Session:
        """Ask for the sample of a dataset. No quota is spent."""
        return self._session(_path(name, "sample-download"), {})

    def pieces(self, name: str, *, version: int | None = None) -> Pieces | None:
        """Return the hash of each piece of a dataset's file; None on sites that do not offer them."""
        try:
            return Pieces.read(self._get(_path(name, "pieces"), {"version": version}, most=_LARGEST_PIECES))
        except (errors.GoneError, errors.WithheldError):
            raise
        except (errors.NotFoundError, errors.ProtocolError) as error:
            # Other collectives have no such route; what is unreadable there is as good as absent.
            if error.status in {404, 405, 501}:
                return None
            raise

    def members_page(
        self,
        name: str,
        *,
        version: int | None = None,
        after: int = 0,
        prefix: str | None = None,
        member: str | None = None,
    ) -> MemberPage:
        """Return a page of what lies in a dataset's archive; free of quota. See :func:`client.members`.

        Args:
            name: id or slug of the dataset.
            version: a version, None for the current one.
            after: the number of the member after which the page begins.
            prefix: only members whose names begin so.
            member: only the member of this name, with what is needed to begin unpacking at it.
        """
        query = {"version": version, "after": after or None, "limit": 5000, "prefix": prefix, "name": member}
        return MemberPage.read(self._get(_path(name, "members"), query))

    # -- the wire

    def _get(
        self, path: str, query: Mapping[str, Any] | None = None, *, most: int = _LARGEST_ANSWER
    ) -> Mapping[str, Any]:
        return self._call("GET", path, query or {}, most)[0]

    def _session(self, path: str, query: Mapping[str, Any]) -> Session:
        answer, date = self._call("POST", path, query, _LARGEST_ANSWER)
        return Session.read(answer, http_date(date))

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
        return self._call(method, path, {}, _LARGEST_ANSWER, body, repeatable=repeatable)[0]

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        most: int,
        body: Mapping[str, Any] | None = None,
        *,
        repeatable: bool = False,
    ) -> tuple[Mapping[str, Any], str]:
        url = self.settings.api_url + path + _query(query)
        patience = Patience(self.max_wait)
        with self._lock:
            for attempt in range(1, _MOST_ATTEMPTS + 1):
                try:
                    return self._attempt(method, url, most, body)
                except errors.CommonholdError as error:
                    seconds = _wait_before_retry(error, method == "GET" or repeatable, attempt)
                    if seconds is None or attempt == _MOST_ATTEMPTS or not patience.allows(seconds):
                        raise
                    self._on_wait(seconds, error.message)
                    time.sleep(seconds)
        raise AssertionError("the last attempt either returned or raised")

    def _attempt(
        self, method: str, url: str, most: int, body: Mapping[str, Any] | None
    ) -> tuple[Mapping[str, Any], str]:
        headers = {"Accept": "application/json"}
        if self.settings.key:
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


def _path(name: str, *rest: str) -> str:
    if not name or name in {".", ".."} or len(name) > 300:
        raise errors.UsageError(
            f"{name!r:.60} cannot be a dataset.", hint="Give an id or slug, as `search` shows them."
        )
    return "/".join(["/datasets", quote(name, safe=""), *rest])


def _query(query: Mapping[str, Any]) -> str:
    pairs: list[tuple[str, str]] = []
    for key, value in query.items():
        if value is None:
            continue
        values = [value] if isinstance(value, str | int) else list(value)
        pairs.extend((key, str(entry)) for entry in values)
    return f"?{urlencode(pairs)}" if pairs else ""
