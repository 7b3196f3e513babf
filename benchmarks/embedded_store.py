"""The embedded store beside nginx: speed of one download, patience of /health under slow ones, memory.

``python benchmarks/embedded_store.py [--rounds N] [--folder DIR]``. Each round asks both servers for the same
1 GiB, one after the other, in turns; what counts is the median of the rounds' ratios. Both read from the page
cache.
"""

import argparse
import datetime as dt
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from pathlib import Path

from tests.support.ports import free_port

from benchmarks.processes import running
from commonhold.server.config.environment import read
from commonhold.server.storage.store import object_store

GIB = 1 << 30
SLOW_READERS = 200
HEALTH_CHECKS = 500
BURST_SECONDS = 3
KEY = "datasets/benchmark/1/big.tar.gz"

NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; root {root}; }}
}}
"""


def ask(port: int, target: str, receive_buffer: int | None = None) -> socket.socket:
    """Send a request; the caller reads the answer, through a buffer as small as wished."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(120)
    connection.connect(("127.0.0.1", port))
    connection.sendall(f"GET {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    return connection


def speed(port: int, target: str) -> float:
    """Return the GB/s of one download over one connection, its bytes thrown away."""
    buffer, received, began = bytearray(1 << 20), 0, time.perf_counter()
    with closing(ask(port, target)) as connection:
        while count := connection.recv_into(buffer):
            received += count
    if received < GIB:
        raise SystemExit(f"{target}: {received} bytes only")
    return received / (time.perf_counter() - began) / 1e9


def health(port: int) -> float:
    """Return the milliseconds that /health takes, connection included."""
    began = time.perf_counter()
    with closing(ask(port, "/health")) as connection:
        if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
            raise SystemExit("/health is not well")
    return (time.perf_counter() - began) * 1000


def memory(process: subprocess.Popen[bytes]) -> str:
    """Say how much memory a process holds."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    now, peak = (int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
    return f"{now:.1f} MiB resident ({peak:.1f} at most)"


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Return the processor time a process has used."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def compare(port: int, target: str, nginx_port: int, rounds: int) -> None:
    """Measure pairs of downloads, from us and from nginx."""
    ours: list[float] = []
    theirs: list[float] = []
    for turn in range(rounds + 1):
        if turn % 2:
            theirs.append(speed(nginx_port, f"/{KEY}"))
        ours.append(speed(port, target))
        if not turn % 2:
            theirs.append(speed(nginx_port, f"/{KEY}"))
    del ours[0], theirs[0]  # the first turn warms up
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    print(
        f"1 GiB, one connection: {statistics.median(ours):.2f} GB/s; nginx sendfile "
        f"{statistics.median(theirs):.2f} GB/s; ratio {statistics.median(ratios):.2f} "
        f"(median of {rounds} pairs, {min(ratios):.2f} to {max(ratios):.2f}; aim 0.8)"
    )


def patience(port: int, target: str) -> None:
    """Measure /health while many downloads begin at once, then while they crawl."""
    with ExitStack() as readers:
        slow = [readers.enter_context(closing(ask(port, target, 4096))) for _ in range(SLOW_READERS)]
        began, burst = time.monotonic(), 0.0
        while time.monotonic() < began + BURST_SECONDS:
            burst = max(burst, health(port))
        times = []
        for check in range(HEALTH_CHECKS):
            for reader in slow[check % 10 :: 10]:  # each reads a little now and then, and never enough
                reader.recv(4096)
            times.append(health(port))
    times.sort()
    print(
        f"/health during {SLOW_READERS} slow downloads: p50 {times[len(times) // 2]:.1f} ms, "
        f"p95 {times[int(len(times) * 0.95)]:.1f} ms, max {times[-1]:.1f} ms (aim: under 100 ms); "
        f"while all {SLOW_READERS} begin in the same moment and fill the kernel's buffers: max {burst:.0f} ms"
    )


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--folder", help="where to put the gigabyte (default: the temporary folder)")
    options = parser.parse_args()
    nginx = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        Path(folder).chmod(0o755)
        port, nginx_port = free_port(), free_port()
        settings = {"COMMONHOLD_DATA": f"{folder}/data", "COMMONHOLD_SECRET_KEY": "benchmark" * 5}
        store = object_store(read(settings), public_url="")
        with tempfile.TemporaryFile(dir=folder) as source:
            block = os.urandom(1 << 20)
            for _ in range(GIB >> 20):
                source.write(block)
            source.seek(0)
            store.put(KEY, source)
        for path in [Path(folder, "data"), *Path(folder, "data").rglob("*")]:
            path.chmod(0o755)  # nginx's worker is another user
        moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)
        target = store.download_url(KEY, filename="a.zip", content_type="application/zip", expires_at=moment)
        command = [sys.executable, "-m", "commonhold.server.storage.embedded", "--bind", f"127.0.0.1:{port}"]
        with running(command, port, **settings) as process:
            print(f"at rest: {memory(process)} (aim: 35 MiB)")
            began = cpu_seconds(process)
            if nginx:
                config = Path(folder, "nginx.conf")
                root = f"{folder}/data/objects"
                config.write_text(NGINX.format(folder=folder, port=nginx_port, root=root))
                with running([nginx, "-c", str(config)], nginx_port):
                    compare(port, target, nginx_port, options.rounds)
            else:
                alone = statistics.median(speed(port, target) for _ in range(options.rounds))
                print(f"1 GiB, one connection: {alone:.2f} GB/s")
                print("nginx is NOT INSTALLED: there is nothing to compare with")
            spent = (cpu_seconds(process) - began) / (options.rounds + bool(nginx))
            print(f"processor time of the store: {spent:.2f} s a GiB")
            print(f"after full-speed downloads: {memory(process)}")
            patience(port, target)
            print(f"after slow downloads: {memory(process)}")


if __name__ == "__main__":
    main()
