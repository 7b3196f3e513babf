"""Runs every measurement: ``python -m benchmarks`` (``make bench``), or those whose names begin with what is given."""

import shlex
import subprocess
import sys

ALL = (
    "hot_reads",
    "catalogue",
    "slow_downloads",
    "embedded_store",
    "download",
    "download --from embedded",
    "download --cap 60 --rounds 3",
    "download --tls --rounds 3",
    "members",
    "signing",
    "verification",
    "uploads",
    "publishing",
)


def main() -> int:
    """Run them one after the other; return the first exit code that is not 0."""
    codes = []
    for line in ALL:
        if line.startswith(tuple(sys.argv[1:]) or ""):
            print(f"== {line}", flush=True)
            name, *options = shlex.split(line)
            command = [sys.executable, "-m", f"benchmarks.{name}", *options]
            codes.append(subprocess.run(command, check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
