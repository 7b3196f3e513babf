"""Many datasets at once: a few at a time, all sharing one bound on connections and one rate."""

import threading
import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.transfer.faults import StoppedError
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.record import Records
from commonhold.client.transfer.request import Outcome, Request, Watcher
from commonhold.client.transfer.share import Share

# How long one that was asked to stop may take to say so; what it leaves behind is whole at any moment.
_FAREWELL = 3.0

Fetch = Callable[[Client, Request, Watcher], Outcome]


@dataclass(frozen=True)
class Result:
    """What became of one request: an outcome or a failure."""

    request: Request
    outcome: Outcome | None
    failure: errors.CommonholdError | None


class Many:
    """Fetches datasets side by side.

    One that fails does not hinder the others, but where nobody is signed in the rest is not tried.

    Args:
        site: the site.
        share: what all of them share.
        at_once: how many datasets at a time; never more than there are connections.
        watcher: makes whoever is told how one of them fares.
        fetch: brings one; what :func:`commonhold.client.download` and ``extract`` do, when not told.
    """

    def __init__(
        self,
        site: Client,
        share: Share,
        *,
        at_once: int = 4,
        watcher: Callable[[], Watcher] = Watcher,
        fetch: Fetch | None = None,
    ) -> None:
        self._site = site
        self._share = share
        self._at_once = max(1, min(at_once, share.connections))
        self._watcher = watcher
        self._fetch = fetch or self._download
        self._known: dict[Path, Records] = {}
        self._lock = threading.Lock()

    def run(self, requests: Iterable[Request]) -> Generator[Result, None, None]:
        """Yield what became of each request, in the order in which they end.

        ``requests`` is read no faster than there is work for, by the thread that calls this.
        """
        ended: SimpleQueue[Result | BaseException] = SimpleQueue()
        waiting, running = iter(requests), 0
        threads: list[threading.Thread] = []
        is_open = True
        try:
            while is_open or running:
                while is_open and running < self._at_once:
                    request = next(waiting, None)
                    if request is None:
                        is_open = False
                        break
                    threads.append(self._start(request, ended))
                    running += 1
                if not running:
                    return
                result = ended.get()
                running -= 1
                if isinstance(result, BaseException):
                    raise result
                if isinstance(result.failure, errors.NotSignedInError):
                    is_open = False
                yield result
                threads = [thread for thread in threads if thread.is_alive()]
        finally:
            self._share.stop.set()
            until = time.monotonic() + _FAREWELL
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _start(self, request: Request, ended: "SimpleQueue[Result | BaseException]") -> threading.Thread:
        request = replace(request, options=replace(request.options, share=self._share))

        def work() -> None:
            try:
                ended.put(Result(request, self._fetch(self._site, request, self._watcher()), None))
            except errors.CommonholdError as failure:
                ended.put(Result(request, None, failure))
            except StoppedError:
                return
            except BaseException as fault:  # noqa: BLE001 -- handed to the thread that waits, which raises it
                ended.put(fault)

        thread = threading.Thread(target=work, name="commonhold-dataset", daemon=True)
        thread.start()
        return thread

    def _download(self, site: Client, request: Request, watcher: Watcher) -> Outcome:
        known = self._records(request.folder)
        if not request.extract:
            return download(site, request, watcher, known=known)
        from commonhold.client.transfer.extract import extract  # noqa: PLC0415 -- needs tarfile, which most do not

        return extract(site, request, watcher, known=known)

    def _records(self, folder: Path) -> Records:
        with self._lock:
            if folder not in self._known:
                self._known[folder] = Records(folder)
            return self._known[folder]
