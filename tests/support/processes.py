"""Ending servers that the tests started themselves."""

import contextlib
import subprocess

_PATIENCE_SECONDS = 60


def end(process: subprocess.Popen[bytes] | None) -> None:
    """Ask a process to end, and make it end if it does not."""
    if process is None:
        return
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE_SECONDS)
    if process.poll() is None:
        process.kill()
        process.wait()
