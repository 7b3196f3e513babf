"""The embedded store's process: one event loop that listens, and serves each connection."""

import asyncio
import contextlib
import errno
import logging
import os
import resource
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping

from commonhold.server.config.environment import Environment
from commonhold.server.config.marker import takes_no_parts
from commonhold.server.storage.embedded.answers import Answer, FileAnswer, PartRequest
from commonhold.server.storage.embedded.application import Application
from commonhold.server.storage.embedded.body import Body
from commonhold.server.storage.embedded.connection import Connection
from commonhold.server.storage.embedded.receiving import PartReceiver
from commonhold.server.storage.embedded.sending import Sender, WholeFile
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.joined import Stretches
from commonhold.server.storage.joining import join_pending
from commonhold.server.storage.signing import UrlSigner
from commonhold.server.storage.store import storage_folder

GRACE_SECONDS = 30

_MAX_CONNECTIONS = 8192
_BACKLOG = 1024
_JOIN_SECONDS = 2.0
_JOIN_NICENESS = 10
# Where no descriptor is left for one more connection, so long until one may be.
_ACCEPT_PAUSE_SECONDS = 0.2

logger = logging.getLogger(__name__)


class AddressInUseError(OSError):
    """Somebody listens there already, or the address is none of this machine's; the message says which."""


def run(environment: Environment, host: str, port: int) -> None:
    """Serve the embedded store until SIGTERM or SIGINT; downloads then get :data:`GRACE_SECONDS` to finish.

    A second signal stops at once. Call it in the main thread of a process of its own: it raises the
    process's limit of open files.

    Raises:
        AddressInUseError: it cannot listen there.
        SettingError: the settings name no folder.
    """
    signer = UrlSigner(environment.secrets)
    store = FilesystemStore(storage_folder(environment), signer)

    def read_only() -> bool:
        return takes_no_parts(environment)

    if not read_only():
        store.sweep()
    application = Application(store, signer, time.time, read_only)
    requests = _Requests(application, PartReceiver(store, read_only), store)
    server = _Server(requests, _allow_connections())
    joining = threading.Thread(target=_join_on_and_on, args=(store, read_only), name="joining", daemon=True)
    asyncio.run(server.run(host, port, joining.start))


class _Requests:
    """What the connections ask: objects from the application, parts to the receiver."""

    def __init__(self, application: Application, receiver: PartReceiver, store: FilesystemStore) -> None:
        self._application = application
        self._receiver = receiver
        self._store = store

    async def answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: Body
    ) -> Answer | FileAnswer:
        answer = self._application.answer(method, path, query, headers)
        if isinstance(answer, PartRequest):
            return await self._receiver.receive(answer, body)
        return answer

    def open(self, answer: FileAnswer) -> Stretches:
        file = answer.file
        return self._store.open_parts(file.manifest) if file.manifest else WholeFile(file.path)


class _Server:
    """Accepts connections, and ends them in order.

    Args:
        requests: answers their requests.
        connections: how many are served at once; the others wait in the kernel.
    """

    def __init__(self, requests: _Requests, connections: int) -> None:
        self._requests = requests
        self._sender = Sender()
        self._places = asyncio.Semaphore(connections)
        self._serving: dict[asyncio.Task[None], Connection] = {}

    async def run(self, host: str, port: int, on_listening: Callable[[], None]) -> None:
        """Serve until a signal says to stop.

        Raises:
            AddressInUseError: it cannot listen there.
        """
        loop = asyncio.get_running_loop()
        signals: asyncio.Queue[int] = asyncio.Queue()
        # Before anybody can connect: whoever sees the store listen may tell it to stop.
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, signals.put_nowait, number)
        with _listen(host, port) as listener:
            on_listening()
            accepting = asyncio.create_task(self._accept(listener))
            await signals.get()
            accepting.cancel()
            await asyncio.wait([accepting])
        again = asyncio.create_task(signals.get())
        await self._finish(again)
        again.cancel()

    async def _finish(self, again: "asyncio.Task[int]") -> None:
        """Let what is under way come to its end, while there is time and no second signal."""
        for task, connection in self._serving.items():
            connection.is_last = True
            if connection.is_idle:
                task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                while self._serving and not again.done():
                    await asyncio.wait([*self._serving, again], return_when=asyncio.FIRST_COMPLETED)
        for task in self._serving:
            task.cancel()
        if self._serving:
            await asyncio.wait(self._serving)

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._places.acquire()
            try:
                connected, _ = await loop.sock_accept(listener)
            except OSError as fault:
                self._places.release()
                # A client that left before it was served is no trouble; no descriptor to spare is.
                if not isinstance(fault, ConnectionError):
                    logger.warning("Cannot accept a connection: %s.", fault.strerror or fault)
                    await asyncio.sleep(_ACCEPT_PAUSE_SECONDS)
                continue
            _prepare(connected)
            connection = Connection(connected, self._requests, self._sender)
            task = asyncio.create_task(connection.serve())
            self._serving[task] = connection
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        del self._serving[task]
        self._places.release()
        if not task.cancelled() and (fault := task.exception()):
            logger.error("A connection failed", exc_info=fault)


def _prepare(connected: socket.socket) -> None:
    # What an answer consists of goes out in one piece by `MSG_MORE`; nothing waits for a packet to fill up.
    connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # A client that vanished without a word is found out.
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens, to which nobody else can bind."""
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        except OSError:
            listener.close()
            raise
    except OSError as fault:
        reason = "the port is in use" if fault.errno == errno.EADDRINUSE else (fault.strerror or str(fault))
        raise AddressInUseError(f"Cannot listen on {host}:{port}: {reason}.") from fault
    return listener


def _allow_connections() -> int:
    """Raise the limit of open files as far as it goes, and return how many connections that allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Two for each connection: its socket, and the object it reads.
    wanted = 2 * _MAX_CONNECTIONS + 256
    limit = wanted if hard == resource.RLIM_INFINITY else min(hard, wanted)
    if soft != resource.RLIM_INFINITY and soft < limit:
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
    return max(64, min(_MAX_CONNECTIONS, (limit - 256) // 2))


def _join_on_and_on(store: FilesystemStore, read_only: Callable[[], bool]) -> None:
    """Join the parts of completed uploads, whenever there are any, behind everything else this process does."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _JOIN_NICENESS)
    while True:
        try:
            if not read_only():
                join_pending(store)
        except Exception:
            logger.exception("joining failed")
        time.sleep(_JOIN_SECONDS)
