"""kill -9 of the whole site at twenty random moments of sending, completing and verifying: nothing lost, nothing doubled."""

import contextlib
import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.collection import Maker
from tests.support.ports import free_pair
from tests.support.publishing import COMPLETE, file, until

KILLS = 20


class Killable:
    """A site at one address that is killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.port = free_pair()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "serve.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "commonhold", "serve", "--bind", f"127.0.0.1:{self.port}"],
                stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip

    def up(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/api/health", timeout=2).status_code == 200
        return False

    def kill(self) -> None:
        """Kill every process of the site at once, none of which can do anything about it."""
        assert self.process is not None
        family = [psutil.Process(self.process.pid)]
        family += family[0].children(recursive=True)
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, timeout=10)
        self.process.wait()


@pytest.fixture
def killable(database: None, tmp_path: Path):
    site = Killable(tmp_path)
    site.start()
    yield site
    site.kill()


@pytest.mark.timeout(600)
def test_killed_at_twenty_moments(killable: Killable, make: Maker, tmp_path: Path) -> None:
    from commonhold.server.catalogue.models import DatasetVersion
    from commonhold.server.config.environment import environment
    from commonhold.server.submissions.models import Submission, Upload

    organization = make.organization()
    _, key = make.person(organization, "publisher")
    make.load()
    chance = random.Random(11)
    archives = [file(tmp_path, f"n{n}.tar.gz", chance.randbytes(40 << 20)) for n in range(3)]
    metadata = tmp_path / "metadata.json"
    metadata.write_text(json.dumps(COMPLETE))
    environ = {**os.environ, "MDC_API_URL": f"{killable.url}/api", "MDC_API_KEY": key}

    def publish(path: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "commonhold", "publish", str(path), "--metadata", str(metadata),
             "--connections", "2", "--json", "--max-wait", "20"],
            env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path,
        )  # fmt: skip

    told: dict[str, dict] = {}
    running = {path: publish(path) for path in archives}
    for _ in range(KILLS):
        until(killable.up)
        time.sleep(chance.uniform(0.0, 1.5))
        killable.kill()
        killable.start()
        for path, process in list(running.items()):
            if process.poll() is not None:
                out, _ = process.communicate()
                if process.returncode == 0:
                    told[path.name] = json.loads(out)
                    del running[path]
                else:
                    running[path] = publish(path)
    until(killable.up)
    for path, process in running.items():
        while path.name not in told:
            out, err = process.communicate(timeout=240)
            if process.returncode == 0:
                told[path.name] = json.loads(out)
            else:
                assert process.returncode == 7, err.decode()
                process = publish(path)  # noqa: PLW2901

    mine = Submission.objects.filter(organization__slug=organization, deleted_at=None)
    for path in archives:
        answer = told[path.name]
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert (answer["verification"], answer["checksum"]) == ("verified", f"sha256:{digest}")
        row = mine.get(public_id=answer["submission"])
        assert row.archive is not None
        assert (row.archive.public_id, row.status) == (answer["upload"], "submitted")
    # A draft whose first answer was lost is all that can be left over: empty, and gone after its time.
    spare = mine.exclude(public_id__in=[answer["submission"] for answer in told.values()])
    assert not spare.filter(archive__isnull=False).exists()
    uploads = Upload.objects.filter(submission__organization__slug=organization)
    kept = {environment().data / "objects" / one.object_key for one in uploads.filter(status="completed")}
    assert len(kept) == len(archives)
    assert all(path.exists() for path in kept)
    assert not DatasetVersion.objects.filter(dataset__organization__slug=organization).exists()
