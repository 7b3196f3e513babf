"""A small data collective over real sockets that can be told to misbehave.

It speaks the contract (details, sessions, pieces, account) under ``/api`` and holds files under ``/storage``,
all from threads of the test's own process. What goes wrong with a request for bytes is decided by
``site.on_storage``, a function from the request to a :class:`Fault` or None, which is asked before the request is looked
at: it may expire addresses or replace files just as well.
"""

import hashlib
import json
import re
import secrets
import socket
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

PIECE = 8 << 20
_BITE = 64 << 10
_FAR_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Fault:
    """One way to misbehave.

    ``after`` counts bytes of the body that are still sent rightly; what follows depends on ``kind``. A ``stall`` lasts
    as long as the site.
    """

    kind: str
    after: int = 0
    header: str = ""
    status: int = 503


@dataclass
class File:
    """A dataset with its bytes. ``known_pieces`` False plays a site without hashes of pieces."""

    content: bytes = field(repr=False)
    filename: str = "greetings.tar.gz"
    id: str = "cm0greetings000000000000000"
    slug: str = "greetings"
    version: int | None = 1
    known_pieces: bool = True
    piece_size: int = PIECE
    checksum: str | None = ""
    refusal: tuple[int, dict, dict] | None = None
    sample: bytes | None = None
    tells_little: bool = False
    #: What lies in the archive, where the site tells it: each member as an answer shows it.
    members: list[dict] | None = None

    def __post_init__(self) -> None:
        if self.checksum == "":
            self.checksum = "sha256:" + hashlib.sha256(self.content).hexdigest()
        self.etag = f'"{hashlib.sha256(self.content).hexdigest()[:24]}"'

    def pieces(self) -> list[str]:
        step = self.piece_size
        return [
            hashlib.sha256(self.content[i : i + step]).hexdigest() for i in range(0, len(self.content), step)
        ]


@dataclass
class Seen:
    """One request that arrived: the ``number``-th of all from 0, the ``turn``-th for bytes from 1."""

    method: str
    path: str
    headers: dict[str, str]
    first: int = 0
    last: int = 0
    number: int = 0
    turn: int = 0
    sent: int = 0


class Site:
    """The server and everything a test may ask or change. Use as a context manager."""

    def __init__(self, *files: File, rate: int | None = None) -> None:
        self.files = {file.id: file for file in files}
        self.key: str | None = None
        self.rate = rate
        self.lifetime = 43_200.0
        self.seen: list[Seen] = []
        self.addresses: dict[str, str] = {}
        #: What was granted to each question that came with a key.
        self.granted: dict[tuple[str, str], dict] = {}
        #: How many sessions were charged.
        self.sessions = 0
        self.on_storage: Callable[[Seen], Fault | None] = lambda _seen: None
        self.on_api: Callable[[Seen], tuple[int, dict, dict] | None] = lambda _seen: None
        #: Called when a session was charged, and before the answer leaves.
        self.on_grant: Callable[[], None] = lambda: None
        self.storage_host: str | None = None
        self.account: dict = ACCOUNT
        self.lock = threading.Lock()
        self._closing = threading.Event()
        self._flow = threading.Condition()
        self._passed = 0
        self._most: int | None = None
        site = self

        class Handler(_Handler):
            pass

        Handler.site = site
        self._server = _Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.let_through(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def api(self) -> str:
        return f"{self.origin}/api"

    def expire(self) -> None:
        """Let every address granted so far die."""
        self.addresses.clear()

    def replace(self, file: File) -> None:
        """Publish another file in the place of one with the same id."""
        self.files[file.id] = file

    def let_through(self, most: int | None) -> None:
        """Send so many more bytes of files and then hold what is left, until this is called again; None for all."""
        with self._flow:
            self._most = None if most is None else self._passed + most
            self._flow.notify_all()

    def pass_on(self, count: int) -> None:
        """Wait until so many bytes of a file may be sent."""
        with self._flow:
            self._flow.wait_for(lambda: self._most is None or self._passed + count <= self._most)
            self._passed += count

    def wait_for_the_end(self) -> None:
        """Wait until nobody needs this site any more."""
        self._closing.wait()

    def in_the_kernel(self) -> int:
        """Count the bytes that were sent, and that the client has not read yet."""
        port, count = f":{self._server.server_address[1]:04X}", 0
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, here, there, _, queues, *_ = line.split()
            if here.endswith(port) or there.endswith(port):
                count += sum(int(queue, 16) for queue in queues.split(":"))
        return count

    def count(self, method: str, ending: str) -> int:
        return sum(seen.method == method and urlsplit(seen.path).path.endswith(ending) for seen in self.seen)

    @property
    def asked(self) -> int:
        """How often a session was asked for, whatever the answer."""
        return self.count("POST", "/download")

    @property
    def storage(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.path.startswith("/storage/")]

    def find(self, name: str) -> File | None:
        return next((file for file in self.files.values() if name in {file.id, file.slug}), None)


FILTERS = {
    "/datasets/filters": {
        "tasks": ["ASR", "NLP"],
        "locales": ["en"],
        "licenses": ["CC0-1.0"],
        "formats": ["TSV"],
    }
}
_DAY = {"period": "daily", "resetsAt": "2030-01-02T00:00:00Z"}
ACCOUNT = {
    "person": {"name": "Example Owner", "email": "owner@example.org"},
    "organization": {"name": "Mozilla", "slug": "mozilla"},
    "key": {"name": "laptop", "prefix": "chk_abc", "scopes": ["read", "download"], "expiresAt": None},
    "limits": {
        "downloads": {**_DAY, "limit": 30, "used": 2, "remaining": 28},
        "bandwidth": {**_DAY, "limit": None, "used": 5, "remaining": None},
        "requests": {"limit": "1000/minute"},
    },
}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients that go away in the middle are what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    site: Site
    protocol_version = "HTTP/1.1"
    wbufsize = 65_536

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer()

    def _answer(self) -> None:
        seen = Seen(self.command, self.path, dict(self.headers.items()))
        path = urlsplit(self.path).path
        with self.site.lock:
            seen.number = len(self.site.seen)
            self.site.seen.append(seen)
            if path.startswith("/storage/"):
                seen.turn = len(self.site.storage)
        if path.startswith("/storage/"):
            self._storage(seen, path.removeprefix("/storage/"))
        elif path.startswith("/api/"):
            self._api(seen, path.removeprefix("/api"))
        else:
            self._json(404, {"error": "Not found."})
        self.wfile.flush()

    # -- the API

    def _api(self, seen: Seen, path: str) -> None:
        site = self.site
        told = site.on_api(seen)
        if told:
            self._json(*told)
            return
        if site.key is not None and self.headers.get("Authorization") != f"Bearer {site.key}":
            self._json(401, {"error": "Authentication required."})
            return
        if path.startswith("/datasets/") and path != "/datasets/filters":
            self._dataset(*path.split("/")[2:])
            return
        words = parse_qs(urlsplit(self.path).query).get("q", [""])[0]
        items = [self._details(file) for file in site.files.values() if words in file.slug]
        answers = {"/account": site.account, "/datasets": {"items": items, "total": len(items)}, **FILTERS}
        self._json(200, answers[path]) if path in answers else self._json(404, {"error": "Not found."})

    def _dataset(self, name: str, *rest: str) -> None:
        file = self.site.find(name)
        if file is None:
            self._json(404, {"error": "Dataset not found"})
        elif file.refusal and (rest or file.refusal[0] in {410, 451}):
            self._json(*file.refusal)
        elif not rest:
            self._json(200, self._details(file))
        elif rest == ("pieces",) and file.known_pieces:
            self._json(200, self._pieces(file))
        elif rest == ("members",) and file.members is not None:
            self._json(*self._members(file))
        elif rest == ("download",) and self.command == "POST":
            self._json(200, self._charged(file))
        elif rest == ("sample-download",) and self.command == "POST" and file.sample is not None:
            self._json(200, self._session(file, file.sample, f"sample-{file.filename}"))
        else:
            self._json(404, {"error": "Not found."})

    def _details(self, file: File) -> dict:
        details = {
            "id": file.id,
            "slug": file.slug,
            "name": "Greetings in fifty languages",
            "shortDescription": "Short greetings",
            "longDescription": "Greetings, read aloud.",
            "locale": "mul",
            "sizeBytes": str(len(file.content)),
            "createdAt": "2025-08-26T12:00:00Z",
            "organization": {"name": "Mozilla", "slug": "mozilla"},
            "license": "CC0-1.0",
            "task": "NLP",
            "format": "TSV",
            "datasetUrl": f"{self.site.origin}/datasets/{file.id}",
        }
        if not file.tells_little:
            details |= {"filename": file.filename, "checksum": file.checksum, "surprise": {"of": "tomorrow"}}
            if file.version is not None:
                details["version"] = file.version
        return details

    def _pieces(self, file: File) -> dict:
        return {
            "datasetId": file.id,
            "version": file.version,
            "filename": file.filename,
            "sizeBytes": str(len(file.content)),
            "checksum": file.checksum,
            "algorithm": "sha256",
            "pieceSize": file.piece_size,
            "pieces": file.pieces(),
        }

    def _members(self, file: File) -> tuple[int, dict]:
        name = parse_qs(urlsplit(self.path).query).get("name", [None])[0]
        named = [one for one in file.members or [] if name in {None, one["name"]}]
        if name and not named:
            return 404, {"error": "The archive has no member of this name."}
        about = {
            key: value for key, value in self._pieces(file).items() if key not in {"pieces", "pieceSize"}
        }
        kind = "zip" if file.filename.endswith(".zip") else "tar.gz"
        items = named if name else [{**one, "point": None} for one in named]
        return 200, {**about, "archive": kind, "total": len(file.members or []), "items": items, "next": None}

    def _charged(self, file: File) -> dict:
        """Grant a download, or the one that the same question was granted, while its address lives."""
        site, key = self.site, self.headers.get("Idempotency-Key", "")
        with site.lock:
            before = site.granted.get((file.id, key)) if key else None
            if before and before["downloadToken"].removeprefix("tok_") in site.addresses:
                return before
            site.sessions += 1
            site.granted[file.id, key] = session = self._session(file, file.content, file.filename)
        site.on_grant()
        return session

    def _session(self, file: File, content: bytes, filename: str) -> dict:
        site = self.site
        token = secrets.token_urlsafe(12)
        kind = "sample" if content is file.sample else "file"
        site.addresses[token] = f"{file.id}/{kind}"
        checksum = file.checksum if kind == "file" else "sha256:" + hashlib.sha256(content).hexdigest()
        return {
            "accessRecordId": "a1",
            "downloadToken": f"tok_{token}",
            "downloadUrl": f"{site.storage_host or site.origin}/storage/{file.id}/{kind}?signature={token}",
            "expiresAt": (datetime.now(UTC) + timedelta(seconds=site.lifetime)).isoformat(),
            "sizeBytes": str(len(content)),
            "contentType": "application/gzip",
            "filename": filename,
            "checksum": checksum,
            **({"version": file.version} if file.version is not None else {}),
        }

    def _json(self, status: int, content: dict, headers: dict | None = None) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    # -- the storage

    def _storage(self, seen: Seen, key: str) -> None:
        site = self.site
        self._locate(seen, key)
        fault = site.on_storage(seen) or Fault("none")
        token = parse_qs(urlsplit(self.path).query).get("signature", [""])[0]
        if site.addresses.get(token) != key:
            self._plain(403)
            return
        file, content, asked = self._locate(seen, key)
        first, last = seen.first, seen.last
        if self._refuses(fault, file, asked, first, len(content)):
            return
        if self.headers.get("If-Range", file.etag) != file.etag or fault.kind == "whole":
            asked, first, last = False, 0, len(content) - 1
        total = len(content) // 2 if fault.kind == "truncated" else len(content)
        self.send_response(206 if asked else 200)
        shift = 1 if fault.kind == "wrong-range" else 0
        if asked:
            self.send_header("Content-Range", f"bytes {first + shift}-{last + shift}/{total}")
        length = last + 1 - first + {"long": 1000, "short": -min(1000, last - first)}.get(fault.kind, 0)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", {"other-tag": '"another"'}.get(fault.kind, file.etag))
        if fault.kind == "gzip":
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self._body(seen, content[first : last + 1], fault, first)

    def _locate(self, seen: Seen, key: str) -> tuple[File, memoryview, bool]:
        """Find the file as it is now, its bytes, and whether a part of them is asked for, which is noted."""
        file = self.site.files[key.partition("/")[0]]
        content = memoryview(file.sample if key.endswith("/sample") else file.content)
        asked = _FAR_RANGE.fullmatch(self.headers.get("Range", ""))
        end = len(content) - 1
        seen.first = int(asked[1]) if asked else 0
        seen.last = min(int(asked[2] or end), end) if asked else end
        return file, content, asked is not None

    def _refuses(self, fault: Fault, file: File, is_part: bool, first: int, size: int) -> bool:
        if fault.kind == "status":
            self._plain(fault.status, {"Retry-After": fault.header} if fault.header else {})
        elif fault.kind == "redirect":
            self._plain(302, {"Location": fault.header})
        elif fault.kind == "close":
            self._hang_up()
        elif self.headers.get("If-Match", file.etag) != file.etag:
            self._plain(412)
        elif is_part and first >= size:
            self._plain(416, {"Content-Range": f"bytes */{size}"})
        else:
            return False
        return True

    def _plain(self, status: int, headers: dict | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()

    def _body(self, seen: Seen, content: memoryview, fault: Fault, first: int) -> None:
        sent, began = 0, time.monotonic()
        while sent < len(content):
            bite = bytes(content[sent : sent + _BITE])
            if fault.kind in {"cut", "stall"} and sent + len(bite) > fault.after:
                self.wfile.write(bite[: fault.after - sent])
                self.wfile.flush()
                if fault.kind == "stall":
                    self.site.wait_for_the_end()
                self._hang_up()
                return
            if fault.kind == "flip" and first + sent <= fault.after < first + sent + len(bite):
                place = fault.after - first - sent
                bite = bite[:place] + bytes([bite[place] ^ 1]) + bite[place + 1 :]
            self.site.pass_on(len(bite))
            self.wfile.write(bite)
            sent += len(bite)
            seen.sent = sent
            if self.site.rate:
                self.wfile.flush()
                time.sleep(max(0.0, began + sent / self.site.rate - time.monotonic()))

    def _hang_up(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
