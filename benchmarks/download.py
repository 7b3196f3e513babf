"""A verified download of one archive, beside what people use instead.

``python -m benchmarks.download`` makes an archive of random bytes, serves it on the loopback, and lets every
contestant fetch and verify it, several rounds over, each in an order of its own. Rivals that are not installed are named.
Figures are ratios within one run; on another day the machine is another one.

    --from SERVER   nginx (where it is installed, else :mod:`benchmarks.range_server`), or our embedded store (nginx)
    --size MIB      size of the archive (1024)
    --rounds N      how often each runs (5)
    --cap MIB       bound on each connection, in MiB per second (none)
    --tls           over HTTPS, with a certificate made for the occasion (needs nginx and openssl)
    --folder DIR    where files go (memory, where the system has it)
    --json FILE     write the figures there too
"""

import argparse
import compileall
import contextlib
import datetime as dt
import hashlib
import json
import os
import random
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.certificate import make_certificate
from tests.support.ports import free_port

from benchmarks.processes import running

ROOT = Path(__file__).resolve().parent.parent
PIECE = 8 << 20
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{ access_log off; sendfile on; tcp_nopush on; etag on; client_body_temp_path {folder}/body;
proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi;
scgi_temp_path {folder}/scgi;
server {{ listen 127.0.0.1:{port}{tls}; root {folder}; {cap} }} }}
"""
_TLS = " ssl; ssl_certificate {authority}; ssl_certificate_key {folder}/key.pem"


@dataclass
class Contestant:
    """One way to get the archive, and what it took."""

    name: str
    command: Callable[[Path], str]
    is_verified: bool = True
    seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)


def make_archive(path: Path, mebibytes: int) -> tuple[str, list[str]]:
    """Write random bytes; return the hash of the whole and of each piece."""
    whole, pieces = hashlib.sha256(), []
    with path.open("wb") as file:
        for _ in range(mebibytes * (1 << 20) // PIECE):
            block = os.urandom(PIECE)
            whole.update(block)
            pieces.append(hashlib.sha256(block).hexdigest())
            file.write(block)
    return whole.hexdigest(), pieces


@contextlib.contextmanager
def web_server(folder: Path, archive: Path, cap: int, authority: Path | None = None) -> Iterator[str]:
    """Serve the archive by nginx, or what stands in for it; yield its address.

    Args:
        folder: where the server's files go.
        archive: what it serves.
        cap: bound on each connection, in MiB per second, or 0.
        authority: the certificate that it serves with over HTTPS, its key beside it; None for HTTP.
    """
    nginx = shutil.which("nginx")
    if nginx:
        port = free_port()
        settings = folder / "nginx.conf"
        limit = f"limit_rate {cap}m;" if cap else ""
        tls = _TLS.format(authority=authority, folder=folder) if authority else ""
        settings.write_text(_NGINX.format(folder=folder, port=port, cap=limit, tls=tls))
        with running([nginx, "-p", str(folder), "-c", str(settings)], port):
            yield f"{'https' if authority else 'http'}://127.0.0.1:{port}/{archive.name}"
        return
    command = [sys.executable, "-m", "benchmarks.range_server", str(archive), str(cap << 20)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdout is None:
            raise RuntimeError("the server tells its port to nobody")
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/{archive.name}"
        process.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def embedded_store(folder: Path, archive: Path) -> Iterator[str]:
    """Serve the archive by our own store; yield an address that it signed."""
    # Loaded where they are used: what is measured starts as a copy of this process, and peaks no lower.
    from commonhold.server.config.environment import read  # noqa: PLC0415
    from commonhold.server.storage.store import object_store  # noqa: PLC0415

    port = free_port()
    settings = {"COMMONHOLD_DATA": f"{folder}/data", "COMMONHOLD_SECRET_KEY": "benchmark" * 5}
    store = object_store(read(settings), public_url=f"http://127.0.0.1:{port}")
    key = f"datasets/benchmark/1/{archive.name}"
    with archive.open("rb") as file:
        store.put(key, file)
    end = dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)
    command = [sys.executable, "-m", "commonhold.server.storage.embedded", "--bind", f"127.0.0.1:{port}"]
    with running(command, port, **settings):
        yield store.download_url(key, filename=archive.name, content_type="application/gzip", expires_at=end)


@contextlib.contextmanager
def site(address: str, name: str, size: int, checksum: str, pieces: list[str] | None) -> Iterator[str]:
    """Play the API of a data collective for this one archive; yield its address."""
    about = {
        "id": "archive",
        "slug": "archive",
        "filename": name,
        "sizeBytes": str(size),
        "checksum": f"sha256:{checksum}",
        "version": 1,
    }
    answers = {
        ("GET", "/api/datasets/archive"): about,
        ("POST", "/api/datasets/archive/download"): {
            **about,
            "downloadUrl": address,
            "expiresAt": "2100-01-01T00:00:00Z",
        },
        ("GET", "/api/datasets/archive/pieces"): pieces
        and {**about, "algorithm": "sha256", "pieceSize": PIECE, "pieces": pieces},
    }

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65_536

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
            """Stay quiet."""

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            content = answers.get((self.command, self.path.partition("?")[0]))
            body = json.dumps(content or {"error": "Not found."}).encode()
            self.send_response(200 if content else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/api"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def contestants(
    address: str, name: str, checksum: str, with_pieces: str, without: str, authority: Path | None = None
) -> tuple[list[Contestant], list[str]]:
    """Return who runs here, and who is absent; each trusts the ``authority`` named."""
    trusting = f"REQUESTS_CA_BUNDLE={authority} " if authority else ""
    ours = f"{trusting}{sys.executable} -m commonhold download archive --quiet --api-url"
    aria2c, curl, rclone = (
        f"{tool} {option} {authority}" if authority else tool
        for tool, option in (("aria2c", "--ca-certificate"), ("curl", "--cacert"), ("rclone", "--ca-cert"))
    )
    check = f"echo '{checksum}  {name}' | sha256sum --check --quiet"
    # A signed address is one file and no folder: rclone takes that over one connection.
    several = "--multi-thread-streams 16 --multi-thread-cutoff 64M"
    copy = (
        f"copyurl '{address}' {name}"
        if "?" in address
        else f"copy {several} --http-url {address.removesuffix(name)} :http:{name} ."
    )
    everyone = {
        "aria2c": [
            Contestant(
                "aria2c -x16 --checksum",
                lambda _: (
                    f"{aria2c} -q -x16 -s16 -k1M --file-allocation=none --checksum=sha-256={checksum} -o {name} "
                    f"'{address}'"
                ),
            )
        ],
        "curl": [
            Contestant("curl + sha256sum", lambda _: f"{curl} -s -o {name} '{address}' && {check}"),
            Contestant(
                "curl (proves nothing)", lambda _: f"{curl} -s -o {name} '{address}'", is_verified=False
            ),
        ],
        "rclone": [
            Contestant("rclone + sha256sum", lambda _: f"{rclone} -q --config /dev/null {copy} && {check}")
        ],
    }
    found = [
        Contestant("commonhold download", lambda folder: f"{ours} {with_pieces} --output {folder}"),
        Contestant("commonhold, no piece hashes", lambda folder: f"{ours} {without} --output {folder}"),
    ]
    absent = []
    for tool, entries in everyone.items():
        if shutil.which(tool):
            found += entries
        else:
            absent.append(tool)
    return found, absent


def run(contestant: Contestant, folder: Path, archive: Path) -> None:
    """Let one run once, in an empty folder, and note time and peak memory.

    A virtual machine gives memory back to its host some seconds after it was freed, and who uses it next pays for having
    it again, which may be as long as the download. So that nobody inherits that from who ran before, a file as large is
    written and removed before each run.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copyfile(archive, folder / archive.name)
    (folder / archive.name).unlink()
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_PROXY": "*"}
    began = time.monotonic()
    process = subprocess.Popen(
        contestant.command(folder), shell=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if process.returncode:
        raise SystemExit(f"{contestant.name} failed with {process.returncode}")
    contestant.seconds.append(seconds)
    contestant.memory.append(used.ru_maxrss << 10)


def show(everyone: list[Contestant], absent: list[str], size: int) -> dict[str, object]:
    """Print the table and return the figures."""
    ours, rivals = everyone[0], [c for c in everyone[2:] if c.is_verified]
    figures: dict[str, object] = {}
    print(f"{'':<28}{'MB/s':>8}{'best':>8}{'peak MiB':>10}   commonhold is faster by (median of pairs)")
    for one in everyone:
        pace = [size / seconds / 1e6 for seconds in one.seconds]
        ratio = statistics.median(
            theirs / mine for theirs, mine in zip(one.seconds, ours.seconds, strict=True)
        )
        memory = max(one.memory) / (1 << 20)
        print(f"{one.name:<28}{statistics.median(pace):>8.0f}{max(pace):>8.0f}{memory:>10.0f}   {ratio:.2f}")
        figures[one.name] = {
            "MB/s": round(statistics.median(pace)),
            "peakMiB": round(memory),
            "ratio": round(ratio, 2),
        }
    if rivals:
        rounds = zip(*(c.seconds for c in rivals), strict=True)
        best = statistics.median(min(times) / mine for times, mine in zip(rounds, ours.seconds, strict=True))
        print(f"against the best verified rival of each round: {best:.2f} times as fast")
        figures["against the best verified rival"] = round(best, 2)
    for tool in absent:
        print(f"absent: {tool}")
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--from", dest="server", choices=["nginx", "embedded"], default="nginx")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cap", type=int, default=0, metavar="MIB")
    parser.add_argument(
        "--folder", type=Path, default=Path("/dev/shm") if Path("/dev/shm").is_dir() else None
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--tls", action="store_true")
    given = parser.parse_args()
    if (given.cap or given.tls) and given.server == "embedded":
        parser.error("the embedded store knows no bound on a connection, and no TLS: use --from nginx")
    if given.tls and not (shutil.which("nginx") and shutil.which("openssl")):
        parser.error("HTTPS needs nginx and openssl installed")
    # As an installation does: else each start compiles the command anew where nobody may keep the outcome.
    compileall.compile_dir(ROOT / "src", quiet=1)
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="commonhold-bench-") as name:
        folder = Path(name)
        archive = folder / "archive.tar.gz"
        checksum, pieces = make_archive(archive, given.size)
        size = archive.stat().st_size
        authority = make_certificate(folder)[0] if given.tls else None
        with (
            (
                embedded_store(folder, archive)
                if given.server == "embedded"
                else web_server(folder, archive, given.cap, authority)
            ) as address,
            site(address, archive.name, size, checksum, pieces) as with_pieces,
            site(address, archive.name, size, checksum, None) as without,
        ):
            everyone, absent = contestants(address, archive.name, checksum, with_pieces, without, authority)
            # The same orders each time; but nobody always comes after the same other.
            chance = random.Random(given.rounds)
            for _ in range(given.rounds):
                for contestant in chance.sample(everyone, len(everyone)):
                    run(contestant, folder / "out", archive)
        cap = f", each connection bounded to {given.cap} MiB/s" if given.cap else ""
        print(
            f"{given.size} MiB from {given.server} over the loopback{' by HTTPS' if given.tls else ''}{cap}, "
            f"{given.rounds} rounds, {os.cpu_count()} cores"
        )
        figures = show(everyone, absent, size)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
