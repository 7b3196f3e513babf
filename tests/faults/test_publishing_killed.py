"""kill -9 of a site at twenty random moments of sending, completing and verifying: nothing lost, nothing doubled, no orphan
that `admin verify` does not find and the cleaning does not remove.

``KILL_SEED=N`` chooses other moments and other victims; what was chosen is printed.
"""

import contextlib
import datetime as dt
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
VICTIMS = ("all", "all", "site", "store", "store", "background")


def has_ended(member: psutil.Process) -> bool:
    """Whether a process is gone, or only waits for somebody to look at how it ended."""
    try:
        return not member.is_running() or member.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


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

    def kill(self, victim: str = "all") -> None:
        """Kill every process of the site at once, or those of one kind; none of them can do anything about it."""
        assert self.process is not None
        supervisor = psutil.Process(self.process.pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        killed = [member for member in family if victim in {"all", self._kind(member)}]
        if victim == "all":  # with whoever is started just now
            os.killpg(self.process.pid, signal.SIGKILL)
        for member in killed:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.send_signal(signal.SIGKILL)
        until(lambda: all(map(has_ended, killed)))
        if victim == "all":
            self.process.wait()

    def _kind(self, member: psutil.Process) -> str:
        """Tell the embedded store, background work and the site's own processes apart."""
        with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
            words = " ".join(member.cmdline())
            for kind, module in (("store", "storage.embedded"), ("background", "server.background")):
                if module in words:
                    return kind
        return "supervisor" if member.pid == self.process.pid else "site"


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
    seed = int(os.environ.get("KILL_SEED", "11"))
    chance = random.Random(seed)
    print(f"KILL_SEED={seed}")
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
        time.sleep(chance.uniform(0.0, 1.0))
        victim = chance.choice(VICTIMS)
        killable.kill(victim)
        if victim == "all":
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
    no_orphan_is_overlooked(
        environment().data / "objects", {one.object_key for one in uploads.filter(status="completed")}
    )


def no_orphan_is_overlooked(objects: Path, kept: set[str]) -> None:
    """Every file in the store is an object of these, part of one, or told as an orphan; cleaning leaves nothing else."""
    from commonhold.server.config.environment import environment
    from commonhold.server.storage.store import object_store
    from commonhold.server.submissions import inventory
    from commonhold.server.submissions.models import Upload

    store = object_store(environment(), public_url="")
    assert not {fault.name for fault in inventory.find_faults(store, deep=True)} & kept
    # Sessions that a client gave up are ended after their time; here that has passed.
    for row in Upload.objects.filter(object_key__startswith="uploads/", status="uploading"):
        Upload.objects.filter(pk=row.pk).update(status="failed")
    until(lambda: not list((objects / ".uploads").glob("*/joined")))  # what is complete is whole
    everything = {str(path.relative_to(objects)) for path in objects.rglob("*") if path.is_file()}
    found = inventory.find_orphans(store, dt.timedelta(seconds=-5))
    assert not found.more
    names = {finding.name for finding in found.findings}
    ended = tuple(f".uploads/{finding.upload}/" for finding in found.findings if finding.upload)
    known = {name for name in everything if inventory.needed([name], dt.timedelta())}
    overlooked = {
        name for name in everything - known - names if not name.startswith((*ended, ".uploads/.gone-"))
    }
    # What background work removed meanwhile was not overlooked, and what it is about to remove is not left.
    assert {name for name in overlooked if (objects / name).exists()} == set()
    inventory.clean(store, found, force=True)

    def left() -> set[str]:
        return {str(path.relative_to(objects)) for path in objects.rglob("*") if path.is_file()}

    assert kept <= left()
    until(lambda: left() <= known)
