"""Runs the whole suite: ``python -m tests`` (``make test``).

Everything once on SQLite with the embedded store, then once more on PostgreSQL whatever a database can change the outcome
of, and with a real S3 on both the contracts that a store can; a browser takes part once, and once more where it sends to
S3. Before, what the tests need beside Python packages is fetched where that is possible; at the end, in a line each, what
could not be had.
"""

import compileall
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.contract.sdk.environments import VERSIONS, python_of

RUNS = (("sqlite", "embedded"), ("postgresql", "embedded"), ("postgresql", "s3"), ("sqlite", "s3"))
# The runs that a browser takes part in.
BROWSED = (("sqlite", "embedded"), ("sqlite", "s3"))
_NOTHING_COLLECTED = 5
# Names the file in which each run leaves a line for what it skipped.
SKIPPED = "TESTS_SKIPPED"


def main(arguments: list[str]) -> int:
    """Run and return the exit code."""
    missing = [] if _chromium() else ["Chromium (browser tests)"]
    _environments()
    workers = str(max(1, os.cpu_count() or 1))
    started = time.monotonic()
    codes = []
    notes = Path(tempfile.mkdtemp(prefix="commonhold-skipped-")) / "skipped"
    # The tests start thousands of processes: each would compile the package again where nobody may keep the outcome.
    compileall.compile_dir("src", quiet=1)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for engine, store in RUNS:
        print(f"== {engine}, {store}", flush=True)
        skip = ["-m", "not browser"] if missing or (engine, store) not in BROWSED else []
        command = [
            sys.executable, "-m", "pytest", "-q", "-n", workers, "--dist", "loadgroup",
            f"--engine={engine}", f"--store={store}",
        ]  # fmt: skip
        environment = {**kept, SKIPPED: str(notes)}
        code = subprocess.run([*command, *skip, *arguments], check=False, env=environment).returncode
        # Of the tests that were asked for, none may concern this database, or this store.
        codes.append(0 if code == _NOTHING_COLLECTED and (engine, store) != RUNS[0] else code)
    print(f"== {time.monotonic() - started:.0f} s on {workers} processors")
    for what in missing:
        print(f"== not there, so not run: {what}")
    for line in dict.fromkeys(notes.read_text().splitlines() if notes.exists() else ()):
        print(f"== skipped: {line}")
    shutil.rmtree(notes.parent)
    return next((code for code in codes if code), 0)


def _environments() -> None:
    """Build what programs of others run in: a test that waited for a package registry would run out of time."""
    for name in (*(f"sdk-{version}" for version in VERSIONS), "canaille"):
        # Where that is not possible, the tests that run them say why.
        with contextlib.suppress(subprocess.CalledProcessError):
            python_of(name)


def _chromium() -> bool:
    """Whether a Chromium is there, after fetching Debian's where this user may."""
    if shutil.which("chromium"):
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run(["apt-get", *command], check=False, env=quiet, stdout=subprocess.DEVNULL)
    return shutil.which("chromium") is not None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
