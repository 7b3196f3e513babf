"""Ports for servers under test: of a range that the kernel gives to no connection, so that nobody takes them between
being found free and being listened on.
"""

import contextlib
import secrets
import socket

_FIRST, _LAST = 12_000, 32_000


def free_port() -> int:
    """Return a TCP port of the local machine that nobody listens on."""
    return _free(1)


def free_pair() -> int:
    """Return a port that is free together with the next one: the site's, then the store's."""
    return _free(2)


def _free(count: int) -> int:
    for _ in range(200):
        first = _FIRST + secrets.randbelow(_LAST - _FIRST - count)
        with contextlib.suppress(OSError), contextlib.ExitStack() as probes:
            for port in range(first, first + count):
                probes.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return first
    message = "no free port was found"
    raise RuntimeError(message)
