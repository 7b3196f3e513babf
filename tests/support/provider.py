"""A real OpenID Connect provider beside a site that signs people in with it."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.contract.sdk.environments import python_of
from tests.support.ports import free_port
from tests.support.processes import end
from tests.support.site import Site, start_site, unique

PASSWORD = "correct horse battery"
_PROGRAM = Path(__file__).parent / "provider_program.py"


@dataclass(frozen=True, slots=True)
class Provided:
    """A site with its provider; people there are ``olga-<word>``, ``rita-<word>`` and ``vague-<word>``."""

    site: Site
    word: str
    issuer: str


@contextlib.contextmanager
def provided_site() -> Iterator[Provided]:
    """Run both until the block ends."""
    port, word = free_port(), unique("run")
    python = python_of("canaille")
    settings = {
        "COMMONHOLD_OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "COMMONHOLD_OIDC_CLIENT_ID": "commonhold",
        "COMMONHOLD_OIDC_CLIENT_SECRET": "known to both",
    }
    with start_site(**settings) as site:
        log = site.log.with_suffix(".provider.log")
        with log.open("wb") as output:
            redirect = f"{site.url}/sign-in/provider/callback"
            process = subprocess.Popen(
                [python, _PROGRAM, str(port), redirect, word],
                cwd=site.log.parent,
                stdout=output,
                stderr=output,
            )
        try:
            _wait_until_up(settings["COMMONHOLD_OIDC_ISSUER"], process, log)
            yield Provided(site, word, settings["COMMONHOLD_OIDC_ISSUER"])
        finally:
            end(process)


def _wait_until_up(issuer: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while True:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{issuer}/.well-known/openid-configuration", timeout=30).status_code == 200:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            message = f"the provider did not start:\n{log.read_text()[-4000:]}"
            raise RuntimeError(message)
        time.sleep(0.1)
