"""Starting servers to measure, and what a group of processes has cost so far, as the kernel counts it."""

import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 10.0


@contextlib.contextmanager
def running(command: list[str], port: int, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, from when it listens until the end of the block."""
    with subprocess.Popen(command, env={**os.environ, **variables}) as process:
        try:
            wait_for(port)
            yield process
        finally:
            process.terminate()
            process.wait(60)


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise SystemExit(f"nobody listens on port {port}")


def descendants(pid: int) -> list[int]:
    """Return ``pid`` and all processes below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in descendants(int(child)))]


def cpu_seconds(pids: list[int]) -> float:
    """Return the CPU time that the processes' threads have used, counted by the scheduler in nanoseconds."""
    total = 0
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def cpu_seconds_by_process(pid: int) -> dict[int, float]:
    """Return the CPU time of ``pid`` and of each process below it, by process: some of them may end at any moment."""
    found = {}
    for process in descendants(pid):
        with contextlib.suppress(FileNotFoundError):
            found[process] = cpu_seconds([process])
    return found


def resident_mebibytes(pids: list[int]) -> float:
    """Return the resident memory of the processes, added up (shared pages count in each)."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1])
    return total / 1024
