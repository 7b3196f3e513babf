"""The client for programs that run an event loop: the same calls, awaited.

It is honest about what it is: the standard library has no HTTP that an event loop can drive, so every call runs
in a thread of a small pool, over the same connections as :class:`commonhold.client.Client`. That suits what these
calls do (wait for a network), bounds how many run at once, and needs no further package; it is not for thousands
of calls at a time.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

from commonhold.client import errors
from commonhold.client.account import Account
from commonhold.client.api import LARGEST_PAGE, Client
from commonhold.client.archive.models import Member, MemberPage
from commonhold.client.models import Dataset, DatasetPage, Pieces, Session, Version
from commonhold.client.people import AccessRequest, DeviceCodes, DeviceKey
from commonhold.client.settings import Settings
from commonhold.client.submissions import PartAddress, Submission, UploadSession, UploadState
from commonhold.client.transfer.request import Outcome, Watcher

Result = TypeVar("Result")
Entry = TypeVar("Entry")


class AsyncClient:
    """One site, as one key sees it, for one event loop. Every method does what the one of ``Client`` does.

    A task that is cancelled ends at once; the thread behind it ends soon after, and only then serves another call.
    A call that changes something may have had its effect when it is cancelled, as with any network.

    Args:
        settings: the site and the key.
        connections: how many calls run at once; the others wait.
        max_wait: seconds that one call may spend waiting where the site, or the network, asks for patience.
    """

    def __init__(self, settings: Settings, *, connections: int = 4, max_wait: float = 60.0) -> None:
        if connections < 1:
            raise errors.UsageError("At least one connection is needed.")
        self.settings = settings
        self._all = [Client(settings, max_wait=max_wait) for _ in range(connections)]
        self._free: asyncio.LifoQueue[Client] = asyncio.LifoQueue()
        for client in self._all:
            self._free.put_nowait(client)
        self._threads = ThreadPoolExecutor(connections, "commonhold")
        self._is_closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """End what is under way and close every connection; the client is of no use any more."""
        self._is_closed = True
        for client in self._all:
            client.interrupt()
        await asyncio.to_thread(self._threads.shutdown)
        for client in self._all:
            client.close()

    # -- what there is

    async def search(self, query: Mapping[str, Any]) -> DatasetPage:
        """Search the catalogue: one page of it."""
        return await self._run(lambda site: site.search(query))

    def datasets(self, **query: Any) -> AsyncIterator[Dataset]:
        """Yield every dataset that a search finds, page by page as they are used."""

        async def fetch(page: int) -> tuple[Sequence[Dataset], int]:
            found = await self.search({"limit": LARGEST_PAGE, **query, "page": page})
            return found.items, found.total

        return _pages(fetch)

    async def versions(self, name: str) -> list[Version]:
        """Return the versions of a dataset, the newest first."""
        return await self._run(lambda site: site.versions(name))

    async def filters(self) -> Mapping[str, Any]:
        """Return the values that filters take."""
        return await self._run(lambda site: site.filters())

    async def dataset(self, name: str, *, version: int | None = None) -> Dataset:
        """Return what there is to know about a dataset, named by id or slug."""
        return await self._run(lambda site: site.dataset(name, version=version))

    async def health(self) -> str:
        """Return what the site says of itself; ``ok`` when it answers."""
        return await self._run(lambda site: site.health())

    async def description(self) -> Mapping[str, Any]:
        """Return the OpenAPI document of the API."""
        return await self._run(lambda site: site.description())

    async def account(self) -> Account:
        """Return whom the key speaks for, and what is left of the limits."""
        return await self._run(lambda site: site.account())

    # -- bytes

    async def start_download(
        self, name: str, *, version: int | None = None, key: str | None = None
    ) -> Session:
        """Ask for a download. Each granted call counts against the organization's quota of the day.

        With a ``key`` of the caller's own making, a site that knows ``Idempotency-Key`` counts the same question once.
        """
        return await self._run(lambda site: site.start_download(name, version=version, key=key))

    async def start_sample(self, name: str) -> Session:
        """Ask for the sample of a dataset. No quota is spent."""
        return await self._run(lambda site: site.start_sample(name))

    async def pieces(self, name: str, *, version: int | None = None) -> Pieces | None:
        """Return the hash of each piece of a dataset's file; None on sites that do not offer them."""
        return await self._run(lambda site: site.pieces(name, version=version))

    async def members_page(
        self,
        name: str,
        *,
        version: int | None = None,
        after: int = 0,
        prefix: str | None = None,
        member: str | None = None,
    ) -> MemberPage:
        """Return a page of what lies in a dataset's archive; free of quota."""
        return await self._run(
            lambda site: site.members_page(name, version=version, after=after, prefix=prefix, member=member)
        )

    async def members(
        self, name: str, *, version: int | None = None, prefix: str | None = None
    ) -> AsyncIterator[Member]:
        """Yield what lies in a dataset's archive, page by page."""
        page = await self.members_page(name, version=version, prefix=prefix)
        while True:
            for member in page.items:
                yield member
            if page.following is None:
                return
            page = await self.members_page(name, version=page.version, after=page.following, prefix=prefix)

    async def download(
        self, name: str, folder: Path | str = ".", *, watcher: Watcher | None = None, **wanted: Any
    ) -> Outcome:
        """Bring a dataset's file here, proven; a cancelled download goes on with the next call.

        Args:
            name: id or slug.
            folder: where the file goes.
            watcher: told of the progress, from other threads.
            wanted: the other fields of :class:`commonhold.client.Request`.
        """
        guard = _Guard(watcher or Watcher())
        return await self._run(
            lambda site: site.download(name, folder, watcher=guard, **wanted), on_cancel=guard.stop
        )

    # -- access

    async def request_access(self, name: str, message: str = "") -> AccessRequest:
        """Ask for access to a restricted dataset; asking again shows what became of it."""
        return await self._run(lambda site: site.request_access(name, message))

    def access_requests(self, name: str) -> AsyncIterator[AccessRequest]:
        """Yield who asked for a dataset of one's own organization, those that wait first."""
        return _pages(lambda page: self.access_requests_page(name, page))

    async def access_requests_page(
        self, name: str, page: int = 1, limit: int = LARGEST_PAGE
    ) -> tuple[list[AccessRequest], int]:
        """Return a page of who asked for a dataset, and how many there are."""
        return await self._run(lambda site: site.access_requests_page(name, page, limit))

    async def decide_access(self, request: str, status: str) -> AccessRequest:
        """Decide about a request: ``approved``, ``rejected`` or ``revoked``."""
        return await self._run(lambda site: site.decide_access(request, status))

    # -- submissions

    def submissions(self, *, limit: int = LARGEST_PAGE) -> AsyncIterator[Submission]:
        """Yield the organization's submissions, the newest first, ``limit`` with each request."""
        return _pages(lambda page: self.submissions_page(page, limit))

    async def submissions_page(self, page: int = 1, limit: int = 24) -> tuple[list[Submission], int]:
        """Return a page of the organization's submissions, and how many there are."""
        return await self._run(lambda site: site.submissions_page(page, limit))

    async def submission(self, identifier: str) -> Submission:
        """Return one submission."""
        return await self._run(lambda site: site.submission(identifier))

    async def create_submission(self, name: str, *, dataset: str | None = None) -> Submission:
        """Begin a submission; with ``dataset`` (an id) one that changes a dataset which is published already."""
        return await self._run(lambda site: site.create_submission(name, dataset=dataset))

    async def update_submission(self, identifier: str, fields: Mapping[str, Any]) -> Submission:
        """Fill in fields, named as the API names them."""
        return await self._run(lambda site: site.update_submission(identifier, fields))

    async def submit(self, identifier: str) -> Submission:
        """Submit for review, agreeing to the terms for publishers."""
        return await self._run(lambda site: site.submit(identifier))

    async def retract(self, identifier: str) -> Submission:
        """Withdraw from review."""
        return await self._run(lambda site: site.retract(identifier))

    async def delete_submission(self, identifier: str) -> None:
        """Delete what was not published."""
        await self._run(lambda site: site.delete_submission(identifier))

    # -- files

    async def create_upload(
        self, submission: str, filename: str, size: int, kind: str, *, sample: bool = False
    ) -> UploadSession:
        """Begin to send a file of ``size`` bytes; ``kind`` is its MIME type (``application/gzip``)."""
        return await self._run(
            lambda site: site.create_upload(submission, filename, size, kind, sample=sample)
        )

    async def upload(self, upload: str, *, sample_of: str | None = None) -> UploadState:
        """Return how far an upload, and then its verification, is."""
        return await self._run(lambda site: site.upload(upload, sample_of=sample_of))

    async def part_address(self, upload: str, number: int, *, sample_of: str | None = None) -> PartAddress:
        """Return where to PUT one part."""
        return await self._run(lambda site: site.part_address(upload, number, sample_of=sample_of))

    async def part_addresses(
        self, upload: str, numbers: Sequence[int], *, sample_of: str | None = None
    ) -> list[PartAddress]:
        """Return where to PUT many parts, at most 1,000."""
        return await self._run(lambda site: site.part_addresses(upload, numbers, sample_of=sample_of))

    async def complete_upload(
        self,
        session: UploadSession,
        etags: Mapping[int, str],
        checksum: str | None = None,
        *,
        sample_of: str | None = None,
    ) -> None:
        """Make the parts the file. Repeating it is harmless."""
        await self._run(lambda site: site.complete_upload(session, etags, checksum, sample_of=sample_of))

    # -- signing in and out

    async def begin_sign_in(
        self, *, program: str, machine: str, scopes: Sequence[str] | None = None
    ) -> DeviceCodes:
        """Begin to sign in: codes to show to a person."""
        return await self._run(
            lambda site: site.begin_sign_in(program=program, machine=machine, scopes=scopes)
        )

    async def finish_sign_in(self, codes: DeviceCodes) -> DeviceKey | None:
        """Ask once for the key; None while nobody has confirmed it yet."""
        return await self._run(lambda site: site.finish_sign_in(codes))

    async def await_sign_in(self, codes: DeviceCodes) -> DeviceKey:
        """Ask for the key until a person has confirmed it. One connection waits with you."""
        return await self._run(lambda site: site.await_sign_in(codes))

    async def revoke_key(self) -> None:
        """End the key that is in use, at once and for good."""
        await self._run(lambda site: site.revoke_key())

    # -- the wire

    async def send(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, repeatable: bool = False
    ) -> Mapping[str, Any]:
        """Send a request with a JSON object and return the one that answers it."""
        return await self._run(lambda site: site.send(method, path, body, repeatable=repeatable))

    async def _run(
        self, call: Callable[[Client], Result], *, on_cancel: Callable[[], None] | None = None
    ) -> Result:
        """Run one call in a thread, on a connection that nobody else uses meanwhile."""
        site = await self._free.get()
        if self._is_closed:
            self._free.put_nowait(site)
            raise errors.GivenUpError("The client is closed.")
        site.resume()
        future = asyncio.get_running_loop().run_in_executor(self._threads, call, site)
        future.add_done_callback(lambda done: self._return(site, done))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if not future.done():  # else the connection may serve another call already
                if on_cancel is not None:
                    on_cancel()
                site.interrupt()
            raise

    def _return(self, site: Client, done: "asyncio.Future[Any]") -> None:
        if not done.cancelled():
            done.exception()  # of a cancelled task nobody else asks for it
        self._free.put_nowait(site)


class _Guard(Watcher):
    """Passes on what a download tells, and ends the download from inside once it was cancelled."""

    def __init__(self, told: Watcher) -> None:
        self._told = told
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End the download as soon as it tells something, which it does ten times a second."""
        self._stopped.set()

    def begin(self, name: str, size: int, present: int) -> None:
        """Pass it on."""
        self._check()
        self._told.begin(name, size, present)

    def advance(self, done: int, connections: int) -> None:
        """Pass it on."""
        self._check()
        self._told.advance(done, connections)

    def note(self, text: str) -> None:
        """Pass it on."""
        self._told.note(text)

    def end(self) -> None:
        """Pass it on."""
        self._told.end()

    def _check(self) -> None:
        if self._stopped.is_set():
            raise errors.GivenUpError("The download was cancelled; the next call goes on with it.")


async def _pages(fetch: Callable[[int], Awaitable[tuple[Sequence[Entry], int]]]) -> AsyncIterator[Entry]:
    """Yield the entries of all pages, each asked for when the one before it is used up."""
    page, seen = 1, 0
    while True:
        entries, total = await fetch(page)
        for entry in entries:
            yield entry
        seen += len(entries)
        if not entries or seen >= total:
            return
        page += 1
