"""A whole upload by our client, through a site into the embedded store, beside `aws s3 cp`-style multipart into SeaweedFS.

``python -m benchmarks.publishing [--rounds N] [--mebibytes N]``. One file of random bytes, the same machine, in turns.
Ours begins the upload at the site, has addresses signed, sends and completes, and hashes the file beside that (SHA-256 of
the whole and of each part); theirs is boto3's transfer manager with the settings of ``aws s3 cp``: parts of 8 MiB, 10
threads. What counts is the median of the rounds' ratios. Reading the archive afterwards, which only we do, is not counted.
"""

import argparse
import json
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
from boto3.s3.transfer import TransferConfig
from tests.support.ports import free_pair
from tests.support.seaweedfs import BUCKET, SeaweedFS

from commonhold.client.api import Client
from commonhold.client.settings import Settings
from commonhold.client.upload.send import Upload, send
from commonhold.server.config.environment import read
from commonhold.server.credentials.keys import new_key
from commonhold.server.storage.store import object_store

MIB = 1 << 20
LEAST_RATIO = 0.8
_AWS = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=10)


class Ours:
    """Our client and a site of its own."""

    def __init__(self, folder: Path) -> None:
        self._settings = {
            "COMMONHOLD_DATA": str(folder / "data"),
            "COMMONHOLD_SECRET_KEY": secrets.token_hex(32),
        }
        # Verification would run beside the next round, and nothing of the kind runs beside theirs.
        self._environment = {**os.environ, **self._settings, "COMMONHOLD_BACKGROUND": "worker"}
        (folder / "data").mkdir()
        self._port, self._key = free_pair(), new_key()
        (folder / "collection.yaml").write_text(
            json.dumps({
                "organizations": [{"slug": "org", "name": "Org", "can_publish": True}],
                "users": [{
                    "email": "a@example.org", "password": secrets.token_hex(), "memberships": {"org": "owner"},
                    "api_keys": [{"name": "bench", "organization": "org", "key": self._key}],
                }],
            })
        )  # fmt: skip
        self._collection = folder / "collection.yaml"

    @contextmanager
    def running(self) -> Iterator["Ours"]:
        """Run the site."""
        command = [sys.executable, "-m", "commonhold"]
        loading = [*command, "admin", "load", str(self._collection), "--quiet"]
        subprocess.run(loading, env=self._environment, check=True, stdout=subprocess.DEVNULL)
        serving = [*command, "serve", "--bind", f"127.0.0.1:{self._port}"]
        with subprocess.Popen(serving, env=self._environment, stderr=subprocess.DEVNULL) as process:
            try:
                for port in (self._port, self._port + 1):
                    while socket.socket().connect_ex(("127.0.0.1", port)):
                        time.sleep(0.05)
                yield self
            finally:
                process.terminate()

    def upload(self, path: Path) -> float:
        """Send the file and return the seconds that took."""
        site = Client(Settings(f"http://127.0.0.1:{self._port}/api", self._key, "", Path()))
        submission = site.create_submission("Benchmark").id
        begun = time.perf_counter()
        send(site, Upload(path, submission))
        return time.perf_counter() - begun

    def forget(self) -> None:
        """Remove what was sent."""
        store = object_store(read(self._settings), public_url="")
        for listed in list(store.list_objects()):
            store.delete(listed.key)


class Theirs:
    """boto3 and SeaweedFS."""

    def __init__(self, server: SeaweedFS) -> None:
        self._client = boto3.session.Session().client(
            "s3", endpoint_url=server.url, region_name="us-east-1", aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key,
        )  # fmt: skip

    def upload(self, path: Path) -> float:
        """Send the file and return the seconds that took."""
        begun = time.perf_counter()
        self._client.upload_file(str(path), BUCKET, "a.tar.gz", Config=_AWS)
        return time.perf_counter() - begun

    def forget(self) -> None:
        """Remove what was sent."""
        self._client.delete_object(Bucket=BUCKET, Key="a.tar.gz")


def main() -> int:
    """Measure, print, and return 1 if we are slower than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mebibytes", type=int, default=512)
    options = parser.parse_args()
    seaweedfs = SeaweedFS()
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tar.gz"
        with path.open("wb") as file:
            for _ in range(options.mebibytes):
                file.write(os.urandom(MIB))
        try:
            seaweedfs.start()
            with Ours(Path(folder)).running() as ours:
                theirs = Theirs(seaweedfs)
                for _ in range(options.rounds):
                    seconds = []
                    for contestant in (ours, theirs):
                        seconds.append(contestant.upload(path))
                        contestant.forget()
                    ratios.append(seconds[1] / seconds[0])
                    speeds = [path.stat().st_size / taken / 1e6 for taken in seconds]
                    print(
                        f"our client {speeds[0]:5.0f} MB/s   aws s3 cp {speeds[1]:5.0f} MB/s   ratio {ratios[-1]:.2f}",
                        flush=True,
                    )
        finally:
            seaweedfs.stop()
    ratio = statistics.median(ratios)
    print(f"median ratio {ratio:.2f}; at least {LEAST_RATIO} is asked")
    return int(ratio < LEAST_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
