"""The embedded store's process: Granian, one event loop, one processor."""

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
from collections.abc import Set as AbstractSet
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server

from commonhold.server.config.environment import Environment
from commonhold.server.config.marker import takes_no_parts
from commonhold.server.storage.embedded.answers import Answer, FileAnswer, PartRequest, error
from commonhold.server.storage.embedded.application import Application
from commonhold.server.storage.embedded.body import Body
from commonhold.server.storage.embedded.multipart import MultipartStreamer, TooManyStreamsError
from commonhold.server.storage.embedded.receiving import PartReceiver
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.joining import join_pending
from commonhold.server.storage.signing import UrlSigner
from commonhold.server.storage.store import storage_folder

GRACE_SECONDS = 30

# Figures chosen by measuring: docs/design/storage.md.
_READING_THREADS = 4
_MAX_CONNECTIONS = 8192
_BACKLOG = 1024
_JOIN_SECONDS = 2.0
_JOIN_NICENESS = 10

logger = logging.getLogger(__name__)


class AddressInUseError(OSError):
    """Somebody listens there already, or the address is none of this machine's; the message says which."""


def run(environment: Environment, host: str, port: int) -> None:
    """Serve the embedded store until SIGTERM or SIGINT; downloads then get :data:`GRACE_SECONDS` to finish.

    A second signal stops at once. Call it in the main thread of a process of its own: it confines the
    process to one processor and raises its limit of open files.

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
    address = _free_address(host, port)
    connections = _allow_connections()
    threading.Thread(target=_join_on_and_on, args=(store, read_only), name="joining", daemon=True).start()
    processors = _keep_to_one_processor()
    application = Application(store, signer, time.time, read_only)
    receiver = PartReceiver(store, read_only, processors)
    handler = _Handler(application, MultipartStreamer(store.open_parts), receiver)
    asyncio.run(_serve(handler, address, connections))


async def _serve(handler: "_Handler", address: tuple[str, int], connections: int) -> None:
    server: Any = Server(
        handler,
        address=address[0],
        port=address[1],
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
        websockets=False,
        runtime_blocking_threads=_READING_THREADS,
        backlog=_BACKLOG,
        backpressure=connections,
        log_enabled=False,
    )
    server.workers_kill_timeout = GRACE_SECONDS
    loop = asyncio.get_running_loop()
    serving = asyncio.ensure_future(server.serve())

    def stop() -> None:
        if server.interrupt_signal:
            serving.cancel()
        server.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    # Cancelled: the second signal. Timed out: downloads outlived the grace period. Either way it is over.
    with contextlib.suppress(asyncio.CancelledError, TimeoutError):
        await serving


class _Handler:
    """Granian's side: its request in, its response out, and the one place where errors end."""

    def __init__(self, application: Application, streamer: MultipartStreamer, receiver: PartReceiver) -> None:
        self._application = application
        self._streamer = streamer
        self._receiver = receiver

    # Granian's own name, and types that it does not publish.
    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        try:
            answer = self._application.answer(
                scope.method, scope.path, scope.query_string, _headers(scope.headers)
            )
            if isinstance(answer, PartRequest):
                body = Body(protocol)
                answer = await self._receiver.receive(answer, body)
                await body.drain()
            elif scope.method not in {"GET", "HEAD"}:
                await Body(protocol).drain()
            await self._send(scope.method, answer, protocol)
        except Exception as fault:
            # The path alone: the query holds a signature that still opens the file.
            logger.exception("%s %s failed", scope.method, ascii(scope.path[:500]))
            status = 503 if isinstance(fault, TooManyStreamsError) or _is_exhausted(fault) else 500
            refusal = error(status, extra=[("retry-after", "10")] if status == 503 else None)
            # Where an answer has begun already, Granian drops this one.
            protocol.response_bytes(refusal.status, refusal.headers, refusal.body)

    async def _send(self, method: str, answer: Answer | FileAnswer, protocol: Any) -> None:
        if method == "HEAD" or not isinstance(answer, FileAnswer):
            body = b"" if method == "HEAD" or isinstance(answer, FileAnswer) else answer.body
            if body:
                protocol.response_bytes(answer.status, answer.headers, body)
            else:
                protocol.response_empty(answer.status, answer.headers)
        elif len(answer.ranges) > 1 or answer.manifest:
            await self._streamer.send(
                answer,
                lambda body: protocol.response_bytes(answer.status, answer.headers, body),
                lambda path: protocol.response_file(answer.status, answer.headers, path),
            )
        elif answer.ranges:
            start, end = answer.ranges[0]
            protocol.response_file_range(answer.status, answer.headers, answer.path, start, end)
        else:
            protocol.response_file(answer.status, answer.headers, answer.path)


def _headers(sent: Any) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for name, value in sent.items():
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _is_exhausted(fault: Exception) -> bool:
    return isinstance(fault, OSError) and fault.errno in {errno.EMFILE, errno.ENFILE, errno.ENOMEM}


def _free_address(host: str, port: int) -> tuple[str, int]:
    """Return the numeric address to listen on.

    Granian's sockets share a port without a word, so that a second store would take half of the first one's
    requests: ask with a socket that does not share.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as fault:
        reason = "the port is in use" if fault.errno == errno.EADDRINUSE else (fault.strerror or str(fault))
        raise AddressInUseError(f"Cannot listen on {host}:{port}: {reason}.") from fault
    return str(address[0]), port


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


def _keep_to_one_processor() -> AbstractSet[int] | None:
    """Confine this thread, and those it starts, to one processor, where the system knows how.

    Each 128 KiB of a download pass from a reading thread to a writing one. On one processor they are still in
    its cache and nobody is woken across: a GiB costs two thirds of the processor time.

    Returns:
        The processors that the process may use, for threads that do other work; None where it cannot be told.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    return allowed
