"""Progress on stderr: a bar where somebody watches, a line now and then where nobody does."""

import sys
import threading
import time
from typing import TYPE_CHECKING

from commonhold.cli.output import Output, clean, size
from commonhold.client.transfer.request import Watcher

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_EVERY = 30.0


def watcher_for(output: Output) -> Watcher:
    """Return what shows progress of one dataset for this kind of output."""
    return Board(output).watcher()


class Board:
    """Shows how one or several datasets fare. May be used from several threads."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._progress: Progress | None = None
        self._shown = 0
        self._lock = threading.Lock()

    def watcher(self) -> Watcher:
        """Return what shows one more dataset."""
        if self._output.quiet:
            return Watcher()
        return Bar(self) if sys.stderr.isatty() else Lines()

    def add(self, name: str, size: int, present: int) -> "TaskID":
        """Show a bar."""
        from rich import progress  # noqa: PLC0415 -- loaded only when shown
        from rich.console import Console  # noqa: PLC0415

        with self._lock:
            if self._progress is None:
                self._progress = progress.Progress(
                    progress.TextColumn("{task.description}", markup=False),
                    progress.BarColumn(),
                    progress.DownloadColumn(binary_units=True),
                    progress.TransferSpeedColumn(),
                    progress.TimeRemainingColumn(),
                    console=Console(stderr=True),
                    transient=True,
                )
                self._progress.start()
            self._shown += 1
            return self._progress.add_task(clean(name), total=size, completed=present)

    def move(self, task: "TaskID", done: int) -> None:
        """Move a bar."""
        if self._progress is not None:
            self._progress.update(task, completed=done)

    def remove(self, task: "TaskID") -> None:
        """Take a bar away; with the last one, all of it."""
        with self._lock:
            if self._progress is None:
                return
            self._progress.remove_task(task)
            self._shown -= 1
            if not self._shown:
                self._progress.stop()
                self._progress = None

    def note(self, text: str) -> None:
        """Tell something above the bars."""
        shown = self._progress
        if shown is not None:
            shown.console.print(clean(text), markup=False, highlight=False)
        else:
            sys.stderr.write(clean(text) + "\n")


class Lines(Watcher):
    """A line when something happens, and one every half minute."""

    def __init__(self) -> None:
        self._name = ""
        self._size = 0
        self._told_at = time.monotonic()

    def begin(self, name: str, size: int, present: int) -> None:
        """Remember what is under way."""
        self._name, self._size = name, size
        self._told_at = time.monotonic()
        if present:
            self.note(f"{name}: going on at {_percent(present, size)}.")

    def advance(self, done: int, connections: int) -> None:
        """Tell how far it is, seldom."""
        now = time.monotonic()
        if now - self._told_at > _EVERY:
            self._told_at = now
            self.note(
                f"{self._name}: {_percent(done, self._size)} of {size(self._size)}, {connections} connections."
            )

    def note(self, text: str) -> None:
        """Tell it."""
        sys.stderr.write(clean(text) + "\n")


class Bar(Watcher):
    """A bar with rate and time left."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._task: TaskID | None = None

    def begin(self, name: str, size: int, present: int) -> None:
        """Show the bar."""
        self.end()
        self._task = self._board.add(name, size, present)

    def advance(self, done: int, connections: int) -> None:
        """Move the bar."""
        del connections
        if self._task is not None:
            self._board.move(self._task, done)

    def note(self, text: str) -> None:
        """Tell it above the bar."""
        self._board.note(text)

    def end(self) -> None:
        """Take the bar away."""
        if self._task is not None:
            self._board.remove(self._task)
            self._task = None


def _percent(done: int, whole: int) -> str:
    return f"{100 * done / whole:.0f} %" if whole else "100 %"
