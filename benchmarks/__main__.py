"""Runs every measurement: ``python -m benchmarks`` (``make bench``), or those that are named."""

import subprocess
import sys

ALL = (
    "hot_reads",
    "catalogue",
    "slow_downloads",
    "embedded_store",
    "download",
    "members",
    "signing",
    "verification",
    "uploads",
    "publishing",
)


def main() -> int:
    """Run them one after the other; return the first exit code that is not 0."""
    codes = []
    for name in sys.argv[1:] or ALL:
        print(f"== {name}", flush=True)
        codes.append(subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
