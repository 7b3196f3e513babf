"""Taking in the parts of uploads: streamed to disk, hashed and forced to it outside the event loop.

The body is read as fast as it can be written and no faster, so a part of any size holds one MiB or two. What comes
short, or too slowly, leaves nothing.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from commonhold.server.storage.embedded.answers import (
    CUT_SHORT,
    Answer,
    PartRequest,
    error,
    part_kept,
    read_only,
)
from commonhold.server.storage.embedded.body import Body
from commonhold.server.storage.filesystem import FilesystemStore
from commonhold.server.storage.interface import StorageFullError
from commonhold.server.storage.multipart import UploadGoneError
from commonhold.server.storage.parts import PartDraft

MAX_RECEIVING = 256

_Result = TypeVar("_Result")

_BATCH = 512 * 1024
_THREADS = 4
# Without a byte for so long, a client is taken for gone.
_IDLE_SECONDS = 60


class PartReceiver:
    """Takes in parts.

    Args:
        store: where they go.
        read_only: says whether nothing may be written now.
    """

    def __init__(
        self,
        store: FilesystemStore,
        read_only: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._read_only = read_only
        self._threads = ThreadPoolExecutor(_THREADS, "parts")
        self._receiving = 0

    async def receive(self, request: PartRequest, body: Body) -> Answer:
        """Take in one part and return its answer.

        Args:
            request: what it is.
            body: its bytes.
        """
        if self._receiving >= MAX_RECEIVING:
            return error(503, extra=[("retry-after", "10")])
        self._receiving += 1
        try:
            return await self._receive(request, body)
        except UploadGoneError:
            return error(410)
        except StorageFullError:
            return error(507)
        except TimeoutError:
            return error(408)
        finally:
            self._receiving -= 1

    async def _receive(self, request: PartRequest, body: Body) -> Answer:
        draft = await self._run(
            self._store.receive_part, request.key, request.upload_id, request.number, request.length
        )
        try:
            if not await self._take_body(request.length, draft, body):
                return error(400, CUT_SHORT)
            if self._read_only():
                return read_only()  # switched while it arrived
            return part_kept(await self._run(draft.keep))
        finally:
            await self._run(draft.close)

    async def _take_body(self, length: int, draft: PartDraft, body: Body) -> bool:
        """Write the body to the draft; say whether it came whole."""
        writing = self._run(draft.write, [])
        taken, waiting, batch = 0, 0, list[bytes]()
        try:
            while taken < length:
                async with asyncio.timeout(_IDLE_SECONDS):
                    chunk = await body.next()
                if not chunk:
                    return False
                taken += len(chunk)
                waiting += len(chunk)
                batch.append(chunk)
                if waiting >= _BATCH or taken >= length:
                    # One batch is hashed and written while the next one arrives.
                    await writing
                    writing = self._run(draft.write, batch)
                    waiting, batch = 0, []
            await writing
            return taken == length
        finally:
            # The draft is closed next, whatever happened: nobody may be writing to it then.
            await asyncio.gather(writing, return_exceptions=True)

    def _run(self, function: Callable[..., _Result], *arguments: Any) -> "asyncio.Future[_Result]":
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)
