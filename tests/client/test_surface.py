"""The client has a method for every endpoint of the API, and the asynchronous one has the same methods."""

import asyncio
import inspect
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from commonhold import client
from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.asynchronous import AsyncClient
from commonhold.client.people import DeviceCodes
from tests.faults.conftest import environment, until
from tests.support.collection import Maker
from tests.support.site import Site


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Run it to its end in a thread without an event loop: browser tests keep one in this."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


SESSION = client.UploadSession("up", "id", 1, "")
CODES = DeviceCodes("secret", "BCDF-GHJK", "https://x/device", "https://x/device", 600, 1)
#: One call of each method that sends something.
CALLS: dict[str, Callable[[Client], object]] = {
    "search": lambda site: site.search({}),
    "datasets": lambda site: next(site.datasets()),
    "filters": lambda site: site.filters(),
    "dataset": lambda site: site.dataset("a"),
    "versions": lambda site: site.versions("a"),
    "health": lambda site: site.health(),
    "description": lambda site: site.description(),
    "account": lambda site: site.account(),
    "start_download": lambda site: site.start_download("a"),
    "start_sample": lambda site: site.start_sample("a"),
    "pieces": lambda site: site.pieces("a"),
    "members_page": lambda site: site.members_page("a"),
    "members": lambda site: next(site.members("a")),
    "request_access": lambda site: site.request_access("a"),
    "access_requests": lambda site: next(site.access_requests("a")),
    "access_requests_page": lambda site: site.access_requests_page("a"),
    "decide_access": lambda site: site.decide_access("r", "approved"),
    "submissions": lambda site: next(site.submissions()),
    "submissions_page": lambda site: site.submissions_page(),
    "submission": lambda site: site.submission("s"),
    "create_submission": lambda site: site.create_submission("name"),
    "update_submission": lambda site: site.update_submission("s", {}),
    "submit": lambda site: site.submit("s"),
    "retract": lambda site: site.retract("s"),
    "delete_submission": lambda site: site.delete_submission("s"),
    "create_upload": lambda site: site.create_upload("s", "a.zip", 9, "application/zip"),
    "create_upload, sample": lambda site: site.create_upload("s", "a.zip", 9, "application/zip", sample=True),
    "upload": lambda site: site.upload("u"),
    "upload, sample": lambda site: site.upload("u", sample_of="s"),
    "part_address": lambda site: site.part_address("u", 1),
    "part_address, sample": lambda site: site.part_address("u", 1, sample_of="s"),
    "part_addresses": lambda site: site.part_addresses("u", [1]),
    "part_addresses, sample": lambda site: site.part_addresses("u", [1], sample_of="s"),
    "complete_upload": lambda site: site.complete_upload(SESSION, {1: "x"}),
    "complete_upload, sample": lambda site: site.complete_upload(SESSION, {1: "x"}, sample_of="s"),
    "begin_sign_in": lambda site: site.begin_sign_in(program="p", machine="m"),
    "finish_sign_in": lambda site: site.finish_sign_in(CODES),
    "await_sign_in": lambda site: site.await_sign_in(CODES),
    "revoke_key": lambda site: site.revoke_key(),
}
#: It has no answer but 410, ever.
REMOVED = ("GET", "/datasets/*/download/*")


class SentError(Exception):
    """Enough was seen."""


class Recorder(Client):
    """Keeps what would be sent."""

    def __init__(self) -> None:
        super().__init__(client.Settings("http://127.0.0.1:9/api", None, "", Path()))
        self.sent: set[tuple[str, str]] = set()

    def _call(self, method: str, path: str, *_: Any, **__: Any) -> tuple[Mapping[str, Any], str]:
        self.sent.add((method, path))
        raise SentError

    def wait(self, seconds: float) -> None:
        del seconds


def public(kind: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(kind, callable) if not name.startswith("_")}


def test_there_is_a_method_for_every_endpoint() -> None:
    from commonhold.server.api.collective.description import OPERATIONS

    recorder = Recorder()
    for call in CALLS.values():
        with pytest.raises(SentError):
            call(recorder)
    described = {
        (operation.method.upper(), re.sub(r"\{\w+\}", "*", operation.path)) for operation in OPERATIONS
    }
    patterns = {entry: re.compile(entry[1].replace("*", "[^/]+")) for entry in described}
    covered = {
        entry for entry, pattern in patterns.items() for method, path in recorder.sent
        if method == entry[0] and pattern.fullmatch(path)
    }  # fmt: skip
    assert described - covered == {REMOVED}
    assert all(
        path == "/openapi.json"
        or any(method == known[0] and patterns[known].fullmatch(path) for known in patterns)
        for method, path in recorder.sent
    )


def test_every_method_is_among_the_calls_above() -> None:
    known = {name.partition(",")[0] for name in CALLS}
    others = {"close", "interrupt", "resume", "wait", "send", "download"}
    assert public(Client) == known | others


def test_the_asynchronous_client_has_the_same_surface() -> None:
    assert public(AsyncClient) == public(Client) - {"interrupt", "resume", "wait"}
    for name in public(AsyncClient):
        theirs, ours = (
            [
                (one.name, one.kind, one.default)
                for one in inspect.signature(getattr(kind, name)).parameters.values()
            ]
            for kind in (Client, AsyncClient)
        )
        assert ours == theirs, name


def test_importing_the_client_loads_no_event_loop(tmp_path: Path) -> None:
    code = "import sys, commonhold.client as c; assert not {'asyncio', 'keyring', 'fsspec', 'pandas'} & set(sys.modules); c.AsyncClient"
    subprocess.run([sys.executable, "-c", code], env=environment(tmp_path), check=True)
    with pytest.raises(AttributeError):
        _ = client.Nothing


@pytest.fixture(scope="module")
def shelf(site: Site, tmp_path_factory: pytest.TempPathFactory) -> tuple[client.Settings, list[str]]:
    """Five datasets of one format that nobody else has, and somebody who may download them."""
    make = Maker(tmp_path_factory.mktemp("shelf"))
    organization = make.organization()
    email, key = make.person(organization)
    slugs = [make.dataset(organization, format="SHELF", agreed_by=[email]) for _ in range(5)]
    make.load()
    return client.Settings(site.url + "/api", key, "the test", Path()), slugs


def test_lists_are_asked_for_page_by_page_as_they_are_used(shelf: tuple[client.Settings, list[str]]) -> None:
    settings, slugs = shelf
    asked = []

    class Counting(Client):
        def _call(self, method: str, path: str, query: Any, *rest: Any, **more: Any) -> Any:
            asked.append(query.get("page"))
            return super()._call(method, path, query, *rest, **more)

    with Counting(settings) as site:
        found = site.datasets(format="SHELF", limit=2)
        assert asked == []
        first = [next(found) for _ in range(2)]
        assert asked == [1]
        assert {one.slug for one in [*first, *found]} == set(slugs)
        assert asked == [1, 2, 3]
        assert [version.number for version in site.versions(slugs[0])] == [1]
        assert [member.name for member in site.members(slugs[0])] == ["data.txt"]
        assert site.health() == "ok"
        assert "paths" in site.description()


def test_errors_carry_status_code_hint_and_url(site: Site, make: Maker) -> None:
    slug = make.dataset(make.organization())
    _, key = make.person(None)
    make.load()
    with Client(client.Settings(f"{site.url}/api", key, "the test", Path())) as one:
        with pytest.raises(errors.NotAllowedError) as refused:
            one.start_download(slug)
        assert (refused.value.status, refused.value.code) == (403, "terms")
        assert refused.value.url.startswith(site.url)
        assert refused.value.url in refused.value.hint
        with pytest.raises(errors.NotFoundError) as missing:
            one.dataset("no-such-dataset")
        assert (missing.value.status, missing.value.code) == (404, "not_found")


def test_many_calls_at_once_and_downloads(shelf: tuple[client.Settings, list[str]], tmp_path: Path) -> None:
    settings, slugs = shelf

    async def work() -> None:
        async with AsyncClient(settings, connections=3) as site:
            details = await asyncio.gather(*(site.dataset(slug) for slug in slugs * 4))
            assert [one.slug for one in details] == slugs * 4
            assert {one.slug async for one in site.datasets(format="SHELF", limit=2)} == set(slugs)
            assert [one.name async for one in site.members(slugs[0])] == ["data.txt"]
            outcomes = await asyncio.gather(*(site.download(slug, tmp_path) for slug in slugs))
            assert all(one.is_verified for one in outcomes)
            with pytest.raises(errors.NotFoundError):
                await site.dataset("no-such-dataset")
        with pytest.raises(errors.GivenUpError):
            await site.account()

    finished(work())
    assert len(list(tmp_path.glob("*.tar.gz"))) == 5
    # Some hear of the end only after the call has returned.
    until(lambda: not [one for one in threading.enumerate() if one.name.startswith("commonhold")])


def test_a_cancelled_call_ends_its_thread_and_frees_its_connection() -> None:
    """Its only connection waits for a server that never answers; cancelling makes it free for another."""
    import socket

    async def work() -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            deaf = client.Settings(f"http://127.0.0.1:{silent.getsockname()[1]}/api", None, "", Path())
            async with AsyncClient(deaf, connections=1) as site:
                waiting = [asyncio.create_task(site.account()) for _ in range(2)]
                connection, _ = await asyncio.to_thread(silent.accept)
                for task in waiting:
                    task.cancel()
                done = await asyncio.gather(*waiting, return_exceptions=True)
                assert all(isinstance(one, asyncio.CancelledError) for one in done)
                # The slot comes back although the server never says a word.
                third = asyncio.create_task(site.account())
                again, _ = await asyncio.to_thread(silent.accept)
                third.cancel()
                connection.close()
                again.close()

    finished(asyncio.wait_for(work(), 120))


def test_a_cancelled_download_goes_on_with_the_next(
    shelf: tuple[client.Settings, list[str]], site: Site, make: Maker, tmp_path: Path
) -> None:
    import random

    organization = make.organization()
    email, key = make.person(organization)
    slug = make.dataset(organization, agreed_by=[email], content=random.Random(5).randbytes(12 << 20))
    make.load()
    settings = client.Settings(f"{site.url}/api", key, "the test", Path())

    class Begun(client.Watcher):
        """Holds the download up where something is in place, until it was cancelled."""

        def __init__(self) -> None:
            self.arrived, self.go_on = threading.Event(), threading.Event()

        def advance(self, done: int, connections: int) -> None:
            if done > 2 << 20:
                self.arrived.set()
                self.go_on.wait(60)

    async def work() -> client.Outcome:
        async with AsyncClient(settings) as one:
            first = Begun()
            task = asyncio.create_task(one.download(slug, tmp_path, watcher=first))
            assert await asyncio.to_thread(first.arrived.wait, 60)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            first.go_on.set()
            outcome = await one.download(slug, tmp_path)
            assert outcome.received < outcome.size
            return outcome

    assert finished(work()).is_verified
