"""Processes that live and die with the one that started them."""

import contextlib
import ctypes
import logging
import signal
import subprocess
import threading
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1
_log = logging.getLogger("commonhold.serve")


def end_with_parent() -> None:
    """Ask Linux to end this process with its parent, however that one ends; other systems do without."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def spawn(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a process that ends with this one."""
    return subprocess.Popen(command, preexec_fn=end_with_parent)  # noqa: PLW1509  one call, no locks


class Child:
    """A process that is started again whenever it ends by itself.

    Args:
        name: what the log calls it.
        command: how it is started.
        patience: seconds it has to end by itself when it is told to.
    """

    def __init__(self, name: str, command: Sequence[str], *, patience: float = 10) -> None:
        self._name = name
        self._command = command
        self._patience = patience
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process and the thread that watches it."""
        self._process = spawn(self._command)
        threading.Thread(target=self._watch, name=f"{self._name}-watch", daemon=True).start()

    def stop(self) -> None:
        """Stop the process, giving what it is doing a moment."""
        self._stopping.set()
        process = self._process
        if process and process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(self._patience)
            if process.poll() is None:
                process.kill()

    def _watch(self) -> None:
        while not self._stopping.is_set() and self._process:
            code = self._process.wait()
            if self._stopping.wait(1):
                return
            _log.error("%s ended with code %s and is started again", self._name, code)
            self._process = spawn(self._command)
