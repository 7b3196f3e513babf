"""A real S3 of the tests' own: SeaweedFS from its wheel, an empty folder, free ports, the loopback only."""

import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.support.ports import free_port
from tests.support.processes import end

BUCKET = "commonhold"
DOMAIN = "localhost"
_SERVERS = ("master", "volume", "filer", "s3", "admin")
_START_SECONDS = 120


class SeaweedFS:
    """One server, started by :meth:`start` and gone without a trace after :meth:`stop`."""

    def __init__(self) -> None:
        self.access_key, self.secret_key = f"AK{secrets.token_hex(8)}", secrets.token_urlsafe(30)
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """Address of its S3."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, prefix: str = "", **changes: str) -> dict[str, str]:
        """Return a site's settings that keep its objects here."""
        return {
            "COMMONHOLD_STORAGE_URL": f"s3://{BUCKET}/{prefix}",
            "COMMONHOLD_S3_ENDPOINT_URL": self.url,
            "COMMONHOLD_S3_ACCESS_KEY_ID": self.access_key,
            "COMMONHOLD_S3_SECRET_ACCESS_KEY": self.secret_key,
            **changes,
        }

    def start(self) -> None:
        """Start it and wait until it answers."""
        self._folder = Path(tempfile.mkdtemp(prefix="commonhold-seaweedfs-"))
        ports = {f"-{name}.port={free_port()}" for name in _SERVERS if name != "s3"}
        ports |= {f"-{name}.port.grpc={free_port()}" for name in _SERVERS}
        self.port = free_port()
        credentials = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        identities = {
            "identities": [
                {"name": "tests", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
            ]
        }
        (self._folder / "identities.json").write_text(json.dumps(identities))
        (self._folder / "data").mkdir()
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [
                    Path(sys.executable).with_name("weed"), "mini", f"-dir={self._folder}/data", "-ip=127.0.0.1",
                    "-ip.bind=127.0.0.1", f"-s3.port={self.port}", *sorted(ports), f"-bucket={BUCKET}",
                    f"-s3.config={self._folder}/identities.json", f"-s3.domainName={DOMAIN}", "-s3.iam=false",
                    # As with other S3s, browsers from elsewhere have only what the bucket's own rules give them.
                    "-s3.allowedOrigins=http://nobody.invalid",
                    "-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false",
                    "-master.telemetry=false", f"-filer.localSocket={self._folder}/filer.sock",
                    f"-s3.localSocket={self._folder}/s3.sock",
                ],
                stdout=log, stderr=log, cwd=self._folder,
            )  # fmt: skip
        self._wait()

    def stop(self) -> None:
        """Stop it and remove everything it had."""
        end(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait(self) -> None:
        """Wait until the bucket is there: only then are strangers refused, not unknown."""
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_up():
            if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                message = f"SeaweedFS did not start: {(self._folder / 'log').read_text()[-3000:]}"
                raise RuntimeError(message)
            time.sleep(0.1)

    def _is_up(self) -> bool:
        from commonhold.server.config.environment import read
        from commonhold.server.storage.s3_client import make_client
        from commonhold.server.storage.store import s3_settings

        with (
            contextlib.suppress(OSError),
            contextlib.closing(HTTPConnection("127.0.0.1", self.port, 30)) as connection,
        ):
            connection.request("GET", "/")
            connection.getresponse().read()
            settings = read({"COMMONHOLD_DATA": str(self._folder), **self.settings()})
            client = make_client(s3_settings(settings))
            return BUCKET in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
        return False
