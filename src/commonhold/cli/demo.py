"""``commonhold demo``: a whole site with a small real collection, from one command."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from commonhold.cli.serve import start

_SAMPLE_DOWNLOAD = "parallel-locale-terms"


@click.command("demo")
@click.option(
    "--data", metavar="DIR", help="Folder for everything.  [default: COMMONHOLD_DATA, else ./commonhold-demo]"
)
@click.option(
    "--bind", metavar="HOST:PORT", default="127.0.0.1:8000", show_default=True, help="Where to listen."
)
def command(data: str | None, bind: str) -> None:
    """Start a whole site with a small real collection: three organizations, eleven datasets, eleven languages.

    It prints its address, an account, an API key and the one command that downloads and verifies a dataset. Run it
    again to find everything as it was; delete the folder to be rid of it.
    """
    folder = Path(data or os.environ.get("COMMONHOLD_DATA") or "./commonhold-demo").expanduser().absolute()
    os.environ["COMMONHOLD_DATA"] = str(folder)
    click.echo(f"Preparing the demo in {folder} …", err=True)
    secrets = _fill(folder)
    threading.Thread(target=_tell_when_up, args=(bind, secrets), daemon=True).start()
    sys.exit(start(bind, announce=False))


def _fill(folder: Path) -> dict[str, Any]:
    """Write the collection, load it, and return the secrets of its people; in processes of their own, for memory."""
    from commonhold.server.collection.demo import DemoSecrets, write_demo  # noqa: PLC0415  used only here

    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / "demo-secrets.json"
    if kept.exists():
        secrets = DemoSecrets(**json.loads(kept.read_text()))
    else:
        secrets = DemoSecrets.generate()
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(secrets), file)
    collection = write_demo(folder / "collection", secrets)
    loading = [sys.executable, "-m", "commonhold", "admin", "load", str(collection), "--quiet"]
    done = subprocess.run(loading, check=False, stdout=subprocess.DEVNULL)
    if done.returncode:
        sys.exit(done.returncode)
    return asdict(secrets)


def _tell_when_up(bind: str, secrets: dict[str, Any]) -> None:
    from commonhold.server.config.addresses import WILDCARDS, split_bind  # noqa: PLC0415  used only here

    host, port = split_bind(bind)
    shown = "127.0.0.1" if host in WILDCARDS else host
    site = f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
    for _ in range(600):
        try:
            with urllib.request.urlopen(f"{site}/api/health", timeout=2):  # noqa: S310  our own address
                break
        except (OSError, urllib.error.URLError):
            time.sleep(0.1)
    program = shutil.which("commonhold") or str(Path(sys.argv[0]))
    if Path(program).is_relative_to(Path.cwd()):
        program = str(Path(program).relative_to(Path.cwd()))
    elif shutil.which("commonhold"):
        program = "commonhold"
    lines = [
        "",
        f"Commonhold is running:  {site}",
        "",
        f"Sign in there:          demo@example.org   password: {secrets['demo_password']}",
        f"An API key of theirs:   {secrets['demo_api_key']}",
        "",
        "Download a dataset and have it verified (in another terminal):",
        "",
        f"  COMMONHOLD_API_URL={site}/api COMMONHOLD_API_KEY={secrets['demo_api_key']} \\",
        f"  {shlex.quote(program)} download {_SAMPLE_DOWNLOAD}",
        "",
        f"The API, described:     {site}/api-reference",
        "Stop with Ctrl-C.",
        "",
    ]
    click.echo("\n".join(lines))
