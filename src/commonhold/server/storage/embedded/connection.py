"""One client's connection: HTTP/1.1 requests in, answers out, one after the other.

h11 judges what arrives and writes heads; it opens no socket. Bytes go to and from the socket here without anything
between: nothing is read that nobody asked for and nothing is queued, so a client that reads slowly, or sends fast,
waits in the kernel and not in memory.
"""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Protocol
from urllib.parse import unquote, urlsplit

import h11

from commonhold.server.storage.embedded.answers import Answer, FileAnswer, error
from commonhold.server.storage.embedded.body import Body
from commonhold.server.storage.embedded.conditions import http_date
from commonhold.server.storage.embedded.sending import Sender, is_exhausted, stretches_of
from commonhold.server.storage.joined import Stretches

# A head may take so long to arrive, counted from its first byte or, on a new connection, from the start.
_HEAD_SECONDS = 15
# A connection is kept so long for the next request.
_IDLE_SECONDS = 75
# Longer addresses and headers than any that is answered with more than a refusal.
_MAX_HEAD_BYTES = 128 * 1024
_RECEIVED_BYTES = 256 * 1024
# After a last answer: what a client is still sending is taken in, so that it reads the answer and not a reset.
_LINGER_SECONDS = 2
_LINGER_BYTES = 4 * 1024 * 1024

logger = logging.getLogger(__name__)


class Handler(Protocol):
    """Answers requests; where the bodies of objects lie, it knows too."""

    async def answer(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: Body
    ) -> Answer | FileAnswer:
        """Answer one request. The path is percent-decoded; header names are in lower case."""

    def open(self, answer: FileAnswer) -> Stretches:
        """Open what ``answer`` sends from."""


class Connection:
    """Serves one connection until either side ends it.

    Args:
        connected: the socket, non-blocking; it is closed at the end.
        handler: answers the requests.
        sender: sends files.

    Attributes:
        is_idle: no request is under way.
        is_last: the request under way, or the next, is the last one.
    """

    def __init__(self, connected: socket.socket, handler: Handler, sender: Sender) -> None:
        self.is_idle = True
        self.is_last = False
        self._socket = connected
        self._handler = handler
        self._sender = sender
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD_BYTES)
        self._loop = asyncio.get_running_loop()

    async def serve(self) -> None:
        """Answer request after request."""
        patience = _HEAD_SECONDS
        try:
            # A client that went away, or stands still for too long, is nobody to tell.
            with contextlib.suppress(ConnectionError, TimeoutError):
                while await self._exchange(patience):
                    self._http.start_next_cycle()
                    patience = _IDLE_SECONDS
        finally:
            self._socket.close()

    async def _exchange(self, patience: float) -> bool:
        """Take one request and answer it; say whether another may follow."""
        self.is_idle = True
        try:
            request = await self._head(patience)
        except h11.RemoteProtocolError as fault:
            await self._send(error(fault.error_status_hint), "GET")
            await self._linger()
            return False
        if request is None:
            return False
        self.is_idle = False
        method = request.method.decode("ascii")
        body = Body(self._next_of_body)
        await self._answer(method, request, body)
        if not self.is_last and self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            return True
        await self._linger()
        return False

    async def _head(self, patience: float) -> h11.Request | None:
        """Return the next request's head; None when the client closed the connection instead."""
        has_begun = bool(self._http.trailing_data[0])
        async with asyncio.timeout(_HEAD_SECONDS if has_begun else patience) as limit:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                data = await self._loop.sock_recv(self._socket, _RECEIVED_BYTES)
                if data and not has_begun:
                    has_begun = True
                    limit.reschedule(self._loop.time() + _HEAD_SECONDS)
                self._http.receive_data(data)
        return event if isinstance(event, h11.Request) else None

    async def _next_of_body(self) -> bytes:
        """Return the next bytes of the request's body; none at its end, which may be the connection's."""
        if self._http.they_are_waiting_for_100_continue:
            await self._sender.send(
                self._socket, self._http.send(h11.InformationalResponse(status_code=100, headers=[]))
            )
        try:
            while (event := self._http.next_event()) is h11.NEED_DATA:
                self._http.receive_data(await self._loop.sock_recv(self._socket, _RECEIVED_BYTES))
        except (h11.RemoteProtocolError, ConnectionError):
            return b""
        return event.data if isinstance(event, h11.Data) else b""

    async def _answer(self, method: str, request: h11.Request, body: Body) -> None:
        path, query = _target(request.target)
        try:
            answer = await self._handler.answer(method, path, query, _headers(request), body)
            # A client that waits to be told to go on sends its body no more.
            if not self._http.they_are_waiting_for_100_continue:
                await body.drain()
            await self._send(answer, method)
        except (ConnectionError, TimeoutError):
            raise
        except Exception as fault:
            # The path alone: the query holds a signature that still opens the file.
            logger.exception("%s %s failed", method, ascii(path[:500]))
            if self._http.our_state is not h11.SEND_RESPONSE:
                self.is_last = True  # an answer has begun: cut short is all that it can be
                return
            status = 503 if is_exhausted(fault) else 500
            await self._send(error(status, extra=[("retry-after", "10")] if status == 503 else None), method)

    async def _send(self, answer: Answer | FileAnswer, method: str) -> None:
        if isinstance(answer, Answer) or method == "HEAD":
            body = answer.body if isinstance(answer, Answer) and method != "HEAD" else b""
            await self._sender.send(self._socket, self._start(answer) + self._data(body) + self._end())
            return
        with contextlib.closing(self._handler.open(answer)) as file:
            # Nothing is said before the file is open: until then, the answer can still be another one.
            ahead = self._start(answer)
            for stretch in stretches_of(answer):
                if isinstance(stretch, bytes):
                    ahead += self._data(stretch)
                    continue
                start, end = stretch
                self._http.send_with_data_passthrough(h11.Data(data=_Elsewhere(end - start)))  # type: ignore[arg-type]
                await self._sender.send(self._socket, ahead, more=end > start)
                await self._sender.send_file(self._socket, file, start, end)
                ahead = b""
            await self._sender.send(self._socket, ahead + self._end())

    def _start(self, answer: Answer | FileAnswer) -> bytes:
        headers = [("date", http_date(int(time.time()))), *answer.headers]
        # h11 says so itself where the protocol has it; a connection that is not used again for reasons of ours
        # is closed by us.
        if self.is_last or self._http.their_state is not h11.DONE:
            headers.append(("connection", "close"))
        reason = HTTPStatus(answer.status).phrase
        return self._http.send(h11.Response(status_code=answer.status, reason=reason, headers=headers)) or b""

    def _data(self, data: bytes) -> bytes:
        return (self._http.send(h11.Data(data=data)) or b"") if data else b""

    def _end(self) -> bytes:
        return self._http.send(h11.EndOfMessage()) or b""

    async def _linger(self) -> None:
        """Say that nothing follows, and read a little of what the client still sends."""
        with contextlib.suppress(OSError, TimeoutError):
            self._socket.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(_LINGER_SECONDS):
                taken = 0
                while taken < _LINGER_BYTES and (
                    data := await self._loop.sock_recv(self._socket, _RECEIVED_BYTES)
                ):
                    taken += len(data)


class _Elsewhere:
    """Stands, with h11, for bytes that pass by it: they have a length."""

    def __init__(self, length: int) -> None:
        self._length = length

    def __len__(self) -> int:
        return self._length


def _target(sent: bytes) -> tuple[str, str]:
    """Return the path, percent-decoded, and the query of a request's target (RFC 9112, section 3.2)."""
    target = sent.decode("ascii")
    if not target.startswith("/"):
        try:
            parts = urlsplit(target)
        except ValueError:
            return "", ""
        return unquote(parts.path), parts.query
    path, _, query = target.partition("?")
    return unquote(path), query


def _headers(request: h11.Request) -> Mapping[str, str]:
    joined: dict[str, str] = {}
    for sent, value in request.headers:
        name, text = sent.decode("ascii"), value.decode("latin-1")
        joined[name] = f"{joined[name]}, {text}" if name in joined else text
    return joined
