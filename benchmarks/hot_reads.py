"""CPU per request of the hot reads, against a constant answer of the same size from the same server.

The processes' own CPU time is counted, so what else the machine does disturbs little; both servers are asked in turns.
"""

import http.client
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.processes import cpu_seconds, descendants, resident_mebibytes

ROUNDS, REQUESTS = 7, 800


class Asker:
    """Sends one request over and over through one connection."""

    def __init__(self, port: int, method: str, path: str, key: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.request = (method, path, None, {"Authorization": f"Bearer {key}"} if key else {})

    def ask(self, times: int) -> bytes:
        """Send it, and return the last body."""
        for _ in range(times):
            self.connection.request(*self.request)
            response = self.connection.getresponse()
            body = response.read()
            if response.status != 200:
                sys.exit(f"unexpected answer {response.status}: {body[:500]!r}")
        return body


def cost(asker: Asker, pids: list[int]) -> float:
    """Return microseconds of CPU per request."""
    before = cpu_seconds(pids)
    asker.ask(REQUESTS)
    return (cpu_seconds(pids) - before) / REQUESTS * 1e6


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="commonhold-bench-"))
    os.environ["COMMONHOLD_DATA"] = str(folder / "data")
    os.environ["COMMONHOLD_REQUEST_LIMIT"] = "100000000/day"
    os.environ["DJANGO_SETTINGS_MODULE"] = "commonhold.server.config.settings"
    import django  # noqa: PLC0415  after the environment

    django.setup()
    from tests.support.collection import Maker  # noqa: PLC0415
    from tests.support.ports import free_port  # noqa: PLC0415
    from tests.support.site import start_site  # noqa: PLC0415

    from commonhold.server.config.prepare import prepare  # noqa: PLC0415

    prepare()
    make = Maker(folder / "collection")
    organization = make.organization(daily_download_limit=None)
    email, key = make.person(organization)
    datasets = [
        make.dataset(organization, agreed_by=[email], long_description="words " * 50) for _ in range(100)
    ]
    make.load()
    port = free_port()
    # Background work comes and goes, and answers no request.
    with start_site(COMMONHOLD_BACKGROUND="worker") as site:
        site_port = int(site.url.rpartition(":")[2])
        details = Asker(site_port, "GET", f"/api/datasets/{datasets[0]}", key)
        size = len(details.ask(50))
        constant_process = subprocess.Popen(
            [Path(sys.executable).parent / "granian", "--interface", "wsgi", "--port", str(port), "--log-level", "error",
             "--blocking-threads", "5", "benchmarks.constant:application"],
            env={**os.environ, "CONSTANT_BYTES": str(size)},
        )  # fmt: skip
        try:
            time.sleep(2)
            constant = Asker(port, "GET", "/")
            constant.ask(50)
            reads = {
                "details": details,
                "list of 24": Asker(site_port, "GET", "/api/datasets", key),
                "search": Asker(site_port, "GET", "/api/datasets?q=words", key),
                "download session": Asker(site_port, "POST", f"/api/datasets/{datasets[0]}/download", key),
            }
            site_pids, constant_pids = descendants(site.process.pid), descendants(constant_process.pid)
            print(
                f"memory at rest, store included: {resident_mebibytes(site_pids):.0f} MiB in {len(site_pids)} processes"
            )
            base: list[float] = []
            costs: dict[str, list[float]] = {name: [] for name in reads}
            for _ in range(ROUNDS):
                base.append(cost(constant, constant_pids))
                for name, asker in reads.items():
                    costs[name].append(cost(asker, site_pids))
        finally:
            constant_process.terminate()
            constant_process.wait()
    print(f"constant answer of {size} bytes: {statistics.median(base):.0f} us CPU")
    for name, found in costs.items():
        ratios = sorted(one / other for one, other in zip(found, base, strict=True))
        print(
            f"{name}: {statistics.median(found):.0f} us CPU, {statistics.median(ratios):.1f} times the constant "
            f"({ratios[0]:.1f} to {ratios[-1]:.1f})"
        )


if __name__ == "__main__":
    main()
