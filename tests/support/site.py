"""A site under test: the real servers, started as an operator starts them, and quick ways to fill it and to ask it."""

import contextlib
import os
import secrets
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.ports import free_pair

START_SECONDS = 120
_END_SECONDS = 60
# Read once: httpx reads all authorities anew for each request that names none, which takes longer than most requests.
TRUST = ssl.create_default_context()
_running: "list[Site]" = []


@dataclass(frozen=True, slots=True)
class Site:
    """Where a running site answers.

    Attributes:
        url: of the site.
        storage_url: of the embedded store; empty where objects lie in S3.
        process: the supervisor, ``commonhold serve``.
    """

    url: str
    storage_url: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def api(self) -> str:
        """Address of the Data Collective API."""
        return f"{self.url}/api"

    def request(self, method: str, path: str, *, key: str | None = None, **arguments: Any) -> httpx.Response:
        """Send one request to the site; ``path`` begins with a slash; ``key`` is sent as a Bearer token."""
        headers = dict(arguments.pop("headers", {}))
        if key:
            headers["Authorization"] = f"Bearer {key}"
        return httpx.request(method, self.url + path, headers=headers, timeout=60, verify=TRUST, **arguments)

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        """Send a GET."""
        return self.request("GET", path, **arguments)

    def post(self, path: str, **arguments: Any) -> httpx.Response:
        """Send a POST."""
        return self.request("POST", path, **arguments)


@contextlib.contextmanager
def start_site(*arguments: str, **environment: str) -> Iterator[Site]:
    """Run `commonhold serve` with this process's settings, and more given here, until the block ends."""
    port = free_pair()
    log = Path(os.environ["COMMONHOLD_DATA"]).parent / f"serve-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "commonhold", "serve", "--bind", f"127.0.0.1:{port}", *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    objects = {**os.environ, **environment}.get("COMMONHOLD_STORAGE_URL", "")
    store = "" if objects.startswith("s3://") else f"http://127.0.0.1:{port + 1}"
    site = Site(f"http://127.0.0.1:{port}", store, process, log)
    try:
        _wait_until_up(site)
        if "COMMONHOLD_READ_ONLY" not in environment:
            _running.append(site)
        yield site
    finally:
        if site in _running:
            _running.remove(site)
        _stop(process)


def _wait_until_up(site: Site) -> None:
    deadline = time.monotonic() + START_SECONDS
    for address in filter(None, (f"{site.api}/health", site.storage_url and f"{site.storage_url}/health")):
        while True:
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(address, timeout=30, verify=TRUST).status_code == 200:
                    break
            if site.process.poll() is not None or time.monotonic() > deadline:
                message = f"the site did not start:\n{site.log.read_text()[-4000:]}"
                raise RuntimeError(message)
            time.sleep(0.05)


def wait_until_writable() -> None:
    """Wait until the sites beside this process see that they are read-only no more: within a second of its end."""
    deadline = time.monotonic() + START_SECONDS
    for site in _running:
        while site.get("/api/v4/site/").json()["read_only"]:
            if time.monotonic() > deadline:
                message = "the site stays read-only"
                raise RuntimeError(message)
            time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def unique(stem: str) -> str:
    """Return a name nobody else in this run uses."""
    return f"{stem}-{secrets.token_hex(5)}"
