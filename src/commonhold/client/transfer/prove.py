"""Holding pieces that are on disk against their hashes, on all processor cores."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from commonhold.client.transfer.part import ReadableFile
from commonhold.client.transfer.plan import Plan

_BITE = 256 << 10


def bad_pieces(
    part: ReadableFile,
    plan: Plan,
    indexes: Iterable[int],
    *,
    advanced: Callable[[int], None] = lambda _count: None,
) -> list[int]:
    """Return which of these pieces are not what they should be.

    Args:
        part: the file.
        plan: what its pieces must be.
        indexes: the pieces to look at.
        advanced: told the bytes of each piece that was looked at; called from several threads.
    """
    local = threading.local()

    def is_bad(index: int) -> bool:
        if not hasattr(local, "view"):
            local.view = memoryview(bytearray(_BITE))
        digest, view = hashlib.sha256(), local.view
        at, end = plan.start(index), plan.start(index) + plan.length(index)
        while at < end:
            count = part.read(at, view[: min(_BITE, end - at)])
            if not count:
                return True
            digest.update(view[:count])
            at += count
        advanced(plan.length(index))
        return digest.digest() != plan.digests[index]

    wanted = list(indexes)
    pool = ThreadPoolExecutor(max_workers=min(8, os.cpu_count() or 2), thread_name_prefix="commonhold-prove")
    try:
        return [index for index, bad in zip(wanted, pool.map(is_bad, wanted), strict=True) if bad]
    finally:
        pool.shutdown(cancel_futures=True)


def sha256_of(part: ReadableFile, *, advanced: Callable[[int], None] = lambda _count: None) -> str:
    """Return the SHA-256 of a whole file in hex."""
    digest, view, at = hashlib.sha256(), memoryview(bytearray(1 << 20)), 0
    while count := part.read(at, view):
        digest.update(view[:count])
        at += count
        advanced(count)
    return digest.hexdigest()
