"""Which function does which job. Each room keeps its own in a module ``jobs.py``, loaded by the runner."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.module_loading import autodiscover_modules

from commonhold.server.background.models import QUICK

Handler = Callable[..., None]


class RetryLater(Exception):  # noqa: N818  not a fault: the job asks for another time
    """The job cannot be done yet: try again after ``seconds``. It counts as no attempt."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        super().__init__(f"again in {seconds:.0f} s")


@dataclass(frozen=True, slots=True)
class Task:
    """How a kind of job is done.

    Attributes:
        name: as jobs carry it.
        handler: called with the job's arguments as keywords; may run twice, and must not mind.
        lane: see ``Job.lane``.
        attempts: how often it is tried before it counts as failed.
        every: it comes again after that long.
        given_up: called with the job's arguments once no attempt is left.
    """

    name: str
    handler: Handler
    lane: str
    attempts: int
    every: dt.timedelta | None = None
    given_up: Callable[..., None] | None = None


_tasks: dict[str, Task] = {}


def task(
    name: str,
    *,
    lane: str = QUICK,
    attempts: int = 8,
    every: dt.timedelta | None = None,
    given_up: Callable[..., None] | None = None,
) -> Callable[[Handler], Handler]:
    """Make a function the handler of the jobs of this name."""

    def register(handler: Handler) -> Handler:
        _tasks[name] = Task(name, handler, lane, attempts, every, given_up)
        return handler

    return register


def tasks() -> dict[str, Task]:
    """Return every task of every room."""
    autodiscover_modules("jobs")
    return _tasks


def arguments_of(values: Any) -> dict[str, Any]:
    """Return a job's arguments as keywords; whatever else stands there is none of ours."""
    return dict(values) if isinstance(values, dict) else {}
