"""Ports for servers under test: of a range that the kernel gives to no connection, and of which each worker has a part
of its own, so that nobody takes them between being found free and being listened on.
"""

import contextlib
import os
import secrets
import socket

_FIRST, _LAST = 12_000, 32_000
# Found here before, and perhaps not listened on yet.
_given: set[int] = set()


def free_port() -> int:
    """Return a TCP port of the local machine that nobody listens on."""
    return _free(1)


def free_pair() -> int:
    """Return a port that is free together with the next one: the site's, then the store's."""
    return _free(2)


def _free(count: int) -> int:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    width = (_LAST - _FIRST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    for _ in range(200):
        first = _FIRST + worker * width + secrets.randbelow(width - count)
        if _given & set(range(first, first + count)):
            continue
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            _given.update(range(first, first + count))
            return first
    message = "no free port was found"
    raise RuntimeError(message)
