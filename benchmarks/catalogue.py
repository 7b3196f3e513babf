"""Pages, lists and searches of a large catalogue: time to answer, CPU and size, against the smallest answer of all.

``python -m benchmarks catalogue`` makes up 10,000 datasets; ``COMMONHOLD_BENCH_DATASETS=1000000`` as many as that.
"""

import http.client
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from benchmarks.processes import cpu_seconds_by_process

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 60
WORDS = (
    "speech", "kannada speech", "parallel sentences", "swahili", "news france", "conversations", "habla leída",
    "日本の会話", "hours", "identification", "kannda", "voices studio germany", "朗读", "वाचन",
)  # fmt: skip


def ask(port: int, path: str) -> tuple[float, int]:
    """Return the milliseconds until the whole answer was read, and its size."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    start = time.perf_counter()
    connection.request("GET", path, headers={"Accept-Encoding": "identity"})
    response = connection.getresponse()
    size = len(response.read())
    taken = (time.perf_counter() - start) * 1e3
    connection.close()
    if response.status != 200:
        sys.exit(f"{path}: {response.status}")
    return taken, size


def main() -> None:
    """Make the catalogue, measure and print."""
    count = int(os.environ.get("COMMONHOLD_BENCH_DATASETS", "10000"))
    folder = Path(tempfile.mkdtemp(prefix="commonhold-bench-"))
    os.environ["COMMONHOLD_DATA"] = str(folder)
    os.environ |= {"COMMONHOLD_REQUEST_LIMIT": "100000000/day", "COMMONHOLD_OPEN_CATALOGUE": "true"}
    made = ("admin", "generate", "--datasets", str(count))
    subprocess.run([sys.executable, "-m", "commonhold", *made], check=True, stdout=sys.stderr)
    from tests.support.site import start_site  # noqa: PLC0415  after the environment

    drawn = random.Random(1)
    with start_site() as site:
        port = int(site.url.rpartition(":")[2])
        slugs = [entry["slug"] for entry in site.get("/api/v4/datasets/?page_size=50").json()["results"]]
        pages = -(-site.get("/api/v4/datasets/").json()["count"] // 25)
        kinds: dict[str, Callable[[], str]] = {
            "health": lambda: "/api/health",
            "details": lambda: f"/api/datasets/{drawn.choice(slugs)}",
            "list of 24": lambda: "/api/datasets",
            "v4 list, any page": lambda: f"/api/v4/datasets/?page={drawn.randint(1, pages)}",
            "v4 search": lambda: f"/api/v4/datasets/search/?facets=false&q={quote(drawn.choice(WORDS))}",
            "v4 search with facets": lambda: f"/api/v4/datasets/search/?q={quote(drawn.choice(WORDS))}",
            "home page": lambda: "/",
            "catalogue page": lambda: f"/datasets?page={drawn.randint(1, 20)}",
            "search page": lambda: f"/datasets?q={quote(drawn.choice(WORDS))}",
            "dataset page": lambda: f"/datasets/{drawn.choice(slugs)}",
        }
        print(
            f"{count:,} datasets; milliseconds from request to last byte, CPU of the site, size of the answer"
        )
        for name, path in kinds.items():
            for _ in range(5):
                ask(port, path())
            before = cpu_seconds_by_process(site.process.pid)
            answers = [ask(port, path()) for _ in range(ROUNDS)]
            after = cpu_seconds_by_process(site.process.pid)
            spent = sum(seconds - before[process] for process, seconds in after.items() if process in before)
            cpu = spent / ROUNDS * 1e3
            times = sorted(taken for taken, _ in answers)
            print(
                f"{name:21} p50 {statistics.median(times):7.1f}  p95 {times[int(ROUNDS * 0.95)]:7.1f}  "
                f"CPU {cpu:6.1f} ms  {max(size for _, size in answers):7,} bytes"
            )


if __name__ == "__main__":
    main()
