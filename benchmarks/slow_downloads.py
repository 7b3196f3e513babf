"""How fast the site answers while 200 slow downloads run from its embedded store."""

import http.client
import os
import socket
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

READERS, QUESTIONS, MEBIBYTES = 200, 300, 64


def main() -> None:
    """Measure and print."""
    folder = Path(tempfile.mkdtemp(prefix="commonhold-bench-"))
    os.environ["COMMONHOLD_DATA"] = str(folder / "data")
    os.environ["DJANGO_SETTINGS_MODULE"] = "commonhold.server.config.settings"
    import django  # noqa: PLC0415  after the environment

    django.setup()
    from tests.support.collection import Maker  # noqa: PLC0415
    from tests.support.site import start_site  # noqa: PLC0415

    from commonhold.server.config.prepare import prepare  # noqa: PLC0415

    prepare()
    make = Maker(folder / "collection")
    organization = make.organization()
    email, key = make.person(organization)
    dataset = make.dataset(organization, agreed_by=[email], content=os.urandom(MEBIBYTES << 20))
    make.load()
    with start_site() as site:
        url = urlsplit(site.post(f"/api/datasets/{dataset}/download", key=key).json()["downloadUrl"])
        quiet = ask(site.url)
        readers = [reader(url) for _ in range(READERS)]
        time.sleep(2)
        during = []
        for _ in range(5):
            for slow in readers:
                slow.recv(16384)  # each keeps reading, a little at a time
            during += ask(site.url, QUESTIONS // 5)
        for slow in readers:
            slow.close()
    for name, found in (("no downloads", quiet), (f"{READERS} slow downloads", during)):
        found.sort()
        print(
            f"/api/health with {name}: p50 {statistics.median(found):.1f} ms, "
            f"p95 {found[int(len(found) * 0.95)]:.1f} ms, max {found[-1]:.1f} ms"
        )


def reader(url: SplitResult) -> socket.socket:
    """Start a download and read no more than its beginning."""
    slow = socket.create_connection((url.hostname, url.port))
    slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
    slow.sendall(f"GET {url.path}?{url.query} HTTP/1.1\r\nHost: {url.netloc}\r\n\r\n".encode())
    slow.recv(4096)
    return slow


def ask(site: str, times: int = QUESTIONS) -> list[float]:
    """Return how many milliseconds each answer took."""
    connection = http.client.HTTPConnection(urlsplit(site).netloc)
    found = []
    for _ in range(times):
        began = time.perf_counter()
        connection.request("GET", "/api/health")
        connection.getresponse().read()
        found.append((time.perf_counter() - began) * 1000)
    return found


if __name__ == "__main__":
    main()
