"""The API of a data collective, one method for each endpoint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commonhold.client import errors
from commonhold.client.access import AccessCalls
from commonhold.client.deferred import Deferred
from commonhold.client.models import Dataset, DatasetPage, Pieces, Session, Version
from commonhold.client.publishing import PublishingCalls
from commonhold.client.retry import http_date
from commonhold.client.sign_in import SignInCalls
from commonhold.client.wire import LARGEST_ANSWER, items_of, pages, part

if TYPE_CHECKING:
    from commonhold.client import account as accounts
    from commonhold.client.archive import models as archives
    from commonhold.client.transfer.request import Outcome, Watcher
else:
    accounts = Deferred("commonhold.client.account")
    archives = Deferred("commonhold.client.archive.models")

# A file of 16 TiB in 8 MiB pieces has two million of them, 67 characters each.
_LARGEST_PIECES = 160 << 20
LARGEST_PAGE = 100


class Client(AccessCalls, PublishingCalls, SignInCalls):
    """One site, as one key sees it. Safe to share between threads; calls wait for each other.

    Args:
        settings: the site and the key.
        max_wait: seconds that one call may spend waiting where the site, or the network, asks for patience.
        on_wait: told each time before a wait, with its seconds and its reason.
    """

    # -- what there is

    def search(self, query: Mapping[str, Any]) -> DatasetPage:
        """Search the catalogue.

        Args:
            query: ``q``, ``limit``, ``page``, ``task``, ``locale``, ``license``, ``format``, ``sort``,
                ``sortDirection``, ``uploadDate``, ``sample``, ``pricing``. None leaves a filter out, several
                values mean any of them.
        """
        return DatasetPage.read(self._get("/datasets", query))

    def datasets(self, **query: Any) -> Iterator[Dataset]:
        """Yield every dataset that a search finds, page by page as they are used.

        Args:
            query: as :meth:`search` takes them; ``limit`` is the size of a page (100), ``page`` is not taken.
        """

        def fetch(page: int) -> tuple[list[Dataset], int]:
            found = self.search({"limit": LARGEST_PAGE, **query, "page": page})
            return list(found.items), found.total

        return pages(fetch)

    def versions(self, name: str) -> list[Version]:
        """Return the versions of a dataset, the newest first."""
        return [Version.read(item) for item in items_of(self._get(_path(name, "versions")), "versions")]

    def filters(self) -> Mapping[str, Any]:
        """Return the values that filters take: ``tasks``, ``locales``, ``licenses``, ``formats``."""
        answer = self._get("/datasets/filters")
        return {key: value for key, value in answer.items() if isinstance(value, list)}

    def dataset(self, name: str, *, version: int | None = None) -> Dataset:
        """Return what there is to know about a dataset, named by id or slug."""
        return Dataset.read(self._get(_path(name), {"version": version}))

    def health(self) -> str:
        """Return what the site says of itself; ``ok`` when it answers."""
        return str(self._get("/health").get("status", ""))

    def description(self) -> Mapping[str, Any]:
        """Return the OpenAPI document of the API."""
        return self._get("/openapi.json")

    def account(self) -> "accounts.Account":
        """Return whom the key speaks for, and what is left of the limits."""
        return accounts.Account.read(self._get("/account"))

    # -- bytes

    def start_download(self, name: str, *, version: int | None = None, key: str | None = None) -> Session:
        """Ask for a download. Each granted call counts against the organization's quota of the day.

        Args:
            name: id or slug.
            version: a version, None for the current one.
            key: 16 to 64 letters, digits, ``-`` or ``_``, made up by the caller. Asked again with the same key, a
                site that knows ``Idempotency-Key`` returns the same session while it lives, and counts it once.
        """
        return self._session(
            _path(name, "download"), {"version": version}, {"Idempotency-Key": key} if key else {}
        )

    def start_sample(self, name: str) -> Session:
        """Ask for the sample of a dataset. No quota is spent."""
        return self._session(_path(name, "sample-download"), {}, {})

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
    ) -> "archives.MemberPage":
        """Return a page of what lies in a dataset's archive; free of quota. See :func:`client.members`.

        Args:
            name: id or slug of the dataset.
            version: a version, None for the current one.
            after: the number of the member after which the page begins.
            prefix: only members whose names begin so.
            member: only the member of this name, with what is needed to begin unpacking at it.
        """
        query = {"version": version, "after": after or None, "limit": 5000, "prefix": prefix, "name": member}
        return archives.MemberPage.read(self._get(_path(name, "members"), query))

    def members(
        self, name: str, *, version: int | None = None, prefix: str | None = None
    ) -> "Iterator[archives.Member]":
        """Yield what lies in a dataset's archive, page by page; :func:`client.members` reads it, too."""
        page = self.members_page(name, version=version, prefix=prefix)
        while True:
            yield from page.items
            if page.following is None:
                return
            # The version the first page told: a newer one must not mix in.
            page = self.members_page(name, version=page.version, after=page.following, prefix=prefix)

    def download(
        self, name: str, folder: Path | str = ".", *, watcher: "Watcher | None" = None, **wanted: Any
    ) -> "Outcome":
        """Bring a dataset's file here, proven, or find that it is here already; go on where an earlier call stopped.

        Args:
            name: id or slug.
            folder: where the file goes.
            watcher: told of the progress.
            wanted: the other fields of :class:`commonhold.client.Request`.
        """
        from commonhold.client.transfer.fetch import download  # noqa: PLC0415 -- it needs this module
        from commonhold.client.transfer.request import Request  # noqa: PLC0415

        return download(self, Request(name, Path(folder), **wanted), watcher)

    def _session(self, path: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> Session:
        answer, date = self._call("POST", path, query, LARGEST_ANSWER, headers=headers)
        return Session.read(answer, http_date(date))


def _path(name: str, *rest: str) -> str:
    quoted = part(name, "a dataset", "Give an id or slug, as `search` shows them.")
    return "/".join(["/datasets", quoted, *rest])
