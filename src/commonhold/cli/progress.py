"""Progress on stderr: a bar where somebody watches, a line now and then where nobody does."""

import sys
import time
from typing import TYPE_CHECKING

from commonhold.cli.output import Output, clean, size
from commonhold.client.transfer.request import Watcher

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 30.0


def watcher_for(output: Output) -> Watcher:
    """Return what shows progress for this kind of output."""
    if output.quiet:
        return Watcher()
    return Bar() if sys.stderr.isatty() else Lines()


class Lines(Watcher):
    """A line when something happens, and one every half minute."""

    def __init__(self) -> None:
        self._size = 0
        self._told_at = time.monotonic()

    def begin(self, name: str, size: int, present: int) -> None:
        """Remember what is under way."""
        self._size = size
        self._told_at = time.monotonic()
        if present:
            self.note(f"{name}: going on at {_percent(present, size)}.")

    def advance(self, done: int, connections: int) -> None:
        """Tell how far it is, seldom."""
        now = time.monotonic()
        if now - self._told_at > _EVERY:
            self._told_at = now
            self.note(f"{_percent(done, self._size)} of {size(self._size)}, {connections} connections.")

    def note(self, text: str) -> None:
        """Tell it."""
        sys.stderr.write(clean(text) + "\n")


class Bar(Watcher):
    """A bar with rate and time left."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def begin(self, name: str, size: int, present: int) -> None:
        """Show the bar."""
        from rich import progress  # noqa: PLC0415 -- loaded only when shown
        from rich.console import Console  # noqa: PLC0415

        self.end()
        self._progress = progress.Progress(
            progress.TextColumn("{task.description}", markup=False),
            progress.BarColumn(),
            progress.DownloadColumn(binary_units=True),
            progress.TransferSpeedColumn(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task(clean(name), total=size, completed=present)
        self._progress.start()

    def advance(self, done: int, connections: int) -> None:
        """Move the bar."""
        del connections
        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, completed=done)

    def note(self, text: str) -> None:
        """Tell it above the bar."""
        if self._progress is not None:
            self._progress.console.print(clean(text), markup=False, highlight=False)
        else:
            sys.stderr.write(clean(text) + "\n")

    def end(self) -> None:
        """Take the bar away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None


def _percent(done: int, whole: int) -> str:
    return f"{100 * done / whole:.0f} %" if whole else "100 %"
