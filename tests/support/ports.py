"""Ports for servers under test: of a range that the kernel gives to no connection, so that nobody takes them between
being found free and being listened on. Each worker of a run has a part of that range to itself, and gives no port twice.
"""

import contextlib
import os
import secrets
import socket

_FIRST, _LAST = 12_000, 32_000
_PARTS = 8
_given: set[int] = set()


def free_port() -> int:
    """Return a TCP port of the local machine that nobody listens on."""
    return _free(1)


def free_pair() -> int:
    """Return a port that is free together with the next one: the site's, then the store's."""
    return _free(2)


def _free(count: int) -> int:
    start, end = _part()
    for _ in range(1000):
        first = start + secrets.randbelow(end - start - count)
        ports = range(first, first + count)
        if not _given.isdisjoint(ports):
            continue
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in ports:
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            _given.update(ports)
            return first
    message = "no free port was found"
    raise RuntimeError(message)


def _part() -> tuple[int, int]:
    """Return where this process's part of the range begins and ends: the first is for who is no worker of a run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    number = 1 + int(worker.removeprefix("gw")) % (_PARTS - 1) if worker else 0
    size = (_LAST - _FIRST) // _PARTS
    return _FIRST + number * size, _FIRST + (number + 1) * size
