"""Uploads in parts into the embedded store beside the same into SeaweedFS, on the same machine, in turns.

``python -m benchmarks.uploads [--rounds N] [--mebibytes N] [--part N] [--connections N]``. One client process sends
the parts to presigned URLs and completes the upload; what counts is the median of the rounds' ratios.
"""

import argparse
import http.client
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.support.ports import free_port
from tests.support.seaweedfs import SeaweedFS

from commonhold.server.config.environment import read
from commonhold.server.storage.store import object_store

MIB = 1 << 20
LEAST_RATIO = 0.8


def put(url: str, data: bytes) -> str:
    """Send one part and return its ETag."""
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.hostname or "", address.port, timeout=120)) as connection:
        connection.request("PUT", f"{address.path}?{address.query}", data)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"the part was answered with {answer.status}")
        return answer.headers["ETag"]


def upload(store: Any, data: bytes, parts: int, connections: int) -> float:
    """Upload ``data`` that many times as one object, remove it, and return the seconds that the upload took."""
    key = f"benchmark/{secrets.token_hex(8)}/a.tar.gz"
    begun = time.perf_counter()
    upload_id = store.begin_upload(key, content_type="application/gzip")
    moment = datetime.now(UTC) + timedelta(hours=1)

    def send(number: int) -> tuple[int, str]:
        return number, put(store.part_url(key, upload_id, number, expires_at=moment), data)

    with ThreadPoolExecutor(connections) as threads:
        etags = list(threads.map(send, range(1, parts + 1)))
    store.complete_upload(key, upload_id, etags)
    taken = time.perf_counter() - begun
    store.delete(key)
    return taken


def main() -> int:
    """Measure, print, and return 1 if the embedded store is slower than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mebibytes", type=int, default=512)
    parser.add_argument("--part", type=int, default=10, help="MiB")
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()
    data, parts = os.urandom(options.part * MIB), options.mebibytes // options.part
    seaweedfs = SeaweedFS()
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {"COMMONHOLD_DATA": f"{folder}/data", "COMMONHOLD_SECRET_KEY": "s" * 40}
        Path(f"{folder}/data").mkdir()
        command = [sys.executable, "-m", "commonhold.server.storage.embedded", "--bind", f"127.0.0.1:{port}"]
        with subprocess.Popen(command, env={**os.environ, **settings}) as process:
            try:
                seaweedfs.start()
                while socket.socket().connect_ex(("127.0.0.1", port)):
                    time.sleep(0.05)
                embedded = object_store(read(settings), public_url=f"http://127.0.0.1:{port}")
                other = object_store(read({**settings, **seaweedfs.settings()}), public_url="")
                ratios = []
                for _ in range(options.rounds):
                    ours, theirs = (
                        upload(store, data, parts, options.connections) for store in (embedded, other)
                    )
                    ratios.append(theirs / ours)
                    speeds = [parts * len(data) / seconds / 1e6 for seconds in (ours, theirs)]
                    print(
                        f"embedded {speeds[0]:5.0f} MB/s   SeaweedFS {speeds[1]:5.0f} MB/s   ratio {ratios[-1]:.2f}"
                    )
            finally:
                process.terminate()
                seaweedfs.stop()
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.2f}; at least {LEAST_RATIO} is asked")
    return int(ratio < LEAST_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
