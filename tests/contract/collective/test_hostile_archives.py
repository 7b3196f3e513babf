"""Archives made to harm, sent as anybody would: refused with a reason, in little memory, and nothing else suffers."""

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from tests.support.collection import Maker
from tests.support.hostile import Hostile, corpus
from tests.support.publishing import Publisher, file, publisher
from tests.support.site import Site

MOST_MEMORY = 200 << 20


class MemoryOfReaders(threading.Thread):
    """Watches the processes that read archives and remembers the most memory that one of them ever held."""

    def __init__(self, site: Site) -> None:
        super().__init__(daemon=True)
        self._site, self._stopping = psutil.Process(site.process.pid), threading.Event()
        self.peak, self.seen = 0, set[int]()

    def __enter__(self) -> "MemoryOfReaders":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join()

    def run(self) -> None:
        while not self._stopping.wait(0.1):
            for process in self._site.children(recursive=True):
                try:
                    if process.cmdline()[-2:] == ["commonhold.server.background.runner", "heavy"]:
                        self._look(process.pid)
                except (psutil.NoSuchProcess, psutil.ZombieProcess, FileNotFoundError, ProcessLookupError):
                    continue  # ended meanwhile; a runner idles for seconds first, so its peak was seen

    def _look(self, pid: int) -> None:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                self.peak = max(self.peak, int(line.split()[1]) << 10)
                self.seen.add(pid)


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def test_every_one_is_refused_with_its_reason(
    one: Publisher, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    where = (request.config.getoption("--engine"), request.config.getoption("--store"))
    # All of them on each database and each store; where both come in another pairing, a few.
    chosen = list(corpus())[:: 1 if where in {("sqlite", "embedded"), ("postgresql", "s3")} else 6]

    def send(hostile: Hostile) -> tuple[Hostile, str]:
        folder = tmp_path / hashlib.sha256(hostile.filename.encode() + hostile.name.encode()).hexdigest()
        folder.mkdir()
        path = folder / hostile.filename
        path.write_bytes(hostile.content)
        return hostile, one.send(one.draft(), path)

    with MemoryOfReaders(one.site) as memory:
        with ThreadPoolExecutor(4) as threads:
            sent = list(threads.map(send, chosen))
        found = [(hostile, one.verified(upload)) for hostile, upload in sent]
        sound = one.verified(one.send(one.draft(), file(tmp_path)))
    wrong = {
        (hostile.filename, hostile.name): state["reasons"] or state["verification"]
        for hostile, state in found
        if state["verification"] != ("rejected" if hostile.word else "verified")
        or hostile.word not in " ".join(state["reasons"])
    }
    assert wrong == {}
    for hostile, state in found:
        for reason in state["reasons"]:
            assert reason.isprintable(), (hostile.name, reason)
            assert len(reason) < 500
    assert sound["verification"] == "verified", "the file after them is read as ever"
    assert memory.seen
    assert memory.peak < MOST_MEMORY, f"{memory.peak >> 20} MiB"
    print(f"the readers held {memory.peak >> 20} MiB at most")
