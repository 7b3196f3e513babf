"""Holding pieces that are on disk against their hashes, on all processor cores."""

import hashlib
import os
import threading
from collections.abc import Callable, Iterable

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
    wanted = iter(indexes)
    bad: list[int] = []
    failures: list[BaseException] = []
    lock = threading.Lock()

    def work() -> None:
        view = memoryview(bytearray(_BITE))
        try:
            while not failures:
                with lock:
                    index = next(wanted, None)
                if index is None:
                    return
                if not _is_good(part, plan, index, view):
                    bad.append(index)
                advanced(plan.length(index))
        except BaseException as failure:  # noqa: BLE001 -- raised again by whoever asked
            failures.append(failure)

    threads = [
        threading.Thread(target=work, name="commonhold-prove", daemon=True)
        for _ in range(min(8, os.cpu_count() or 2))
    ]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            thread.join()
    except KeyboardInterrupt as stop:
        failures.append(stop)
    if failures:
        raise failures[0]
    return sorted(bad)


def _is_good(part: ReadableFile, plan: Plan, index: int, view: memoryview) -> bool:
    digest, at = hashlib.sha256(), plan.start(index)
    end = at + plan.length(index)
    while at < end:
        count = part.read(at, view[: min(_BITE, end - at)])
        if not count:
            return False
        digest.update(view[:count])
        at += count
    return digest.digest() == plan.digests[index]


def sha256_of(part: ReadableFile, *, advanced: Callable[[int], None] = lambda _count: None) -> str:
    """Return the SHA-256 of a whole file in hex."""
    digest, view, at = hashlib.sha256(), memoryview(bytearray(1 << 20)), 0
    while count := part.read(at, view):
        digest.update(view[:count])
        at += count
        advanced(count)
    return digest.hexdigest()
