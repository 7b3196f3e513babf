"""Answers that are no stretch of one file, as fast as the client reads and no faster.

These are several ranges in one answer, and objects whose parts are not joined yet. Granian's streamed
responses have no back-pressure: what is written waits in memory. Its file responses have it, so the answer
goes through a pipe that Granian reads like a file. The pipe is filled only while it has room, the disk is
read in a thread, and a reader that stalls holds 64 KiB and no thread.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

from commonhold.server.storage.embedded.answers import FileAnswer
from commonhold.server.storage.embedded.ranges import Range
from commonhold.server.storage.joined import PartedFile
from commonhold.server.storage.manifest import Manifest

MAX_STREAMS = 64

# How long Granian may take to open the pipe it was just told of. Only a client that left in between makes
# it fail.
_OPENING_SECONDS = 30
_CHUNK = 64 * 1024
# The pipe's size too. What is no longer goes out as one piece of memory.
_SMALL = 64 * 1024


class TooManyStreamsError(Exception):
    """As many such answers are under way as the server takes on."""


class _Source(Protocol):
    """Where bytes come from: ``pread`` may return fewer than asked for, and none only at the end."""

    def pread(self, length: int, position: int, /) -> bytes: ...

    def close(self) -> None: ...


class MultipartStreamer:
    """Sends them.

    Args:
        open_parts: opens an object whose parts are not joined.
    """

    def __init__(self, open_parts: Callable[[Manifest], PartedFile]) -> None:
        self._open_parts = open_parts
        self._threads = ThreadPoolExecutor(4, "multipart")
        self._streams = 0

    async def send(
        self, answer: FileAnswer, respond: Callable[[bytes], None], respond_file: Callable[[str], None]
    ) -> None:
        """Send the body of ``answer``.

        Args:
            answer: several ranges, or parts.
            respond: sends the answer with a whole body.
            respond_file: sends the answer with a body that is read from a path.

        Raises:
            TooManyStreamsError: before anything was sent.
            OSError: the file cannot be opened, or not be read to the end of its ranges.
        """
        if self._streams >= MAX_STREAMS:
            raise TooManyStreamsError
        self._streams += 1
        try:
            with contextlib.closing(self._open(answer)) as source:
                ranges = answer.ranges or [(0, answer.size)]
                if sum(end - start for start, end in ranges) + sum(map(len, answer.parts)) <= _SMALL:
                    respond(b"".join([chunk async for chunk in self._body(answer, ranges, source)]))
                else:
                    await self._through_pipe(self._body(answer, ranges, source), respond_file)
        finally:
            self._streams -= 1

    def _open(self, answer: FileAnswer) -> _Source:
        return self._open_parts(answer.manifest) if answer.manifest else _WholeFile(answer.path)

    async def _through_pipe(
        self, body: AsyncGenerator[bytes, None], respond_file: Callable[[str], None]
    ) -> None:
        # A client that went away (the pipe breaks, or is never opened) is nobody to tell.
        with contextlib.closing(_Pipe()) as pipe, contextlib.suppress(BrokenPipeError, TimeoutError):
            respond_file(pipe.path)
            async with contextlib.aclosing(body) as chunks:
                async for chunk in chunks:
                    await pipe.write(chunk)

    async def _body(
        self, answer: FileAnswer, ranges: Sequence[Range], source: _Source
    ) -> AsyncGenerator[bytes, None]:
        loop = asyncio.get_running_loop()
        heads = answer.parts or [b""] * (len(ranges) + 1)
        for head, (start, end) in zip(heads, ranges, strict=False):
            if head:
                yield head
            for position, length in _steps(start, end):
                yield await loop.run_in_executor(self._threads, _read_exactly, source, length, position)
        yield heads[-1]


class _WholeFile:
    """A file that lies in one piece."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("rb", buffering=0)  # noqa: SIM115 -- `close` closes it

    def pread(self, length: int, position: int, /) -> bytes:
        """Read at a position."""
        return os.pread(self._file.fileno(), length, position)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class _Pipe:
    """The writing end of a pipe, and its reading end until somebody else has opened that."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._writer, False)
        self._capacity = fcntl.fcntl(self._writer, fcntl.F_SETPIPE_SZ, _SMALL)
        self._written = 0
        self.path = f"/proc/self/fd/{self._reader}"

    async def write(self, data: bytes) -> None:
        """Write all of ``data``, waiting for room.

        Raises:
            BrokenPipeError: nobody reads any more.
            TimeoutError: nobody began to.
        """
        view = memoryview(data)
        while view:
            try:
                count = os.write(self._writer, view)
            except BlockingIOError:
                async with asyncio.timeout(None if self._reader < 0 else _OPENING_SECONDS):
                    await self._room()
                continue
            view = view[count:]
            self._written += count
            if self._written > self._capacity:
                # More went in than the pipe holds: it has been opened elsewhere, and read. Were this end
                # kept, a client that goes away would never be noticed.
                self._close_reader()

    def close(self) -> None:
        """Close what is open: to the reader, the end of the file."""
        os.close(self._writer)
        self._close_reader()

    def _close_reader(self) -> None:
        if self._reader >= 0:
            os.close(self._reader)
            self._reader = -1

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        room = loop.create_future()
        loop.add_writer(self._writer, _settle, room)
        try:
            await room
        finally:
            loop.remove_writer(self._writer)


def _read_exactly(source: _Source, length: int, position: int) -> bytes:
    data = source.pread(length, position)
    while len(data) < length:
        more = source.pread(length - len(data), position + len(data))
        if not more:
            raise OSError("A stored object ended before its size.")
        data += more
    return data


def _settle(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)


def _steps(start: int, end: int) -> Iterator[tuple[int, int]]:
    for position in range(start, end, _CHUNK):
        yield position, min(_CHUNK, end - position)
