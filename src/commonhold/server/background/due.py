"""Is anything due? Asked a few times a second, so without Django and with one statement on an index."""

import contextlib
import datetime as dt
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from commonhold.server.config.environment import Environment

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSED = "SELECT 1 FROM site_sitestate WHERE read_only"
_DUE = """
SELECT 1 FROM background_job WHERE lane = {mark}
AND ((status = 'waiting' AND run_at <= {mark}) OR (status = 'running' AND lease_until < {mark})) LIMIT 1
"""


class Unavailable(Exception):  # noqa: N818  it passes
    """The database cannot be asked now."""


class Due:
    """Asks the site's database, over a connection of its own that is opened again when it breaks."""

    def __init__(self, environment: Environment) -> None:
        self._forced = environment.read_only
        url = environment.database_url
        if url.startswith(("postgresql:", "postgres:")):
            self._connect: Callable[[], Any] = lambda: _postgresql(url)
            self._mark, self._moment = "%s", lambda: dt.datetime.now(dt.UTC)
        else:
            path = Path(url.removeprefix("sqlite://")) if url else environment.data / "commonhold.sqlite3"
            self._connect = lambda: _sqlite(path)
            # As Django writes times into SQLite: naive, in UTC.
            self._mark, self._moment = (
                "?",
                lambda: dt.datetime.now(dt.UTC).replace(tzinfo=None).isoformat(" "),
            )
        self._connection: Any = None

    def __call__(self, lane: str) -> bool:
        """Return whether a job of ``lane`` is due; never while the site is read-only.

        Raises:
            Unavailable: the database cannot be asked now.
        """
        moment = self._moment()
        return self._found(_DUE.format(mark=self._mark), (lane, moment, moment)) and not self.paused()

    def paused(self) -> bool:
        """Return whether the site is read-only: the environment has the last word, both ways.

        Raises:
            Unavailable: the database cannot be asked now.
        """
        return self._found(_PAUSED, ()) if self._forced is None else self._forced

    def _found(self, question: str, values: tuple[str, ...]) -> bool:
        try:
            if self._connection is None:
                self._connection = self._connect()
            return self._connection.execute(question, values).fetchone() is not None
        except Exception as error:
            self.close()
            raise Unavailable(type(error).__name__) from error

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            with contextlib.suppress(Exception):
                self._connection.close()
            self._connection = None


def _sqlite(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=5, isolation_level=None)


def _postgresql(url: str) -> Any:
    import psycopg  # noqa: PLC0415  only where it is used: it costs more memory than the rest of this process

    return psycopg.connect(url, autocommit=True, connect_timeout=10)
