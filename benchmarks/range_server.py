"""A plain file server with byte ranges, in a process of its own, for machines without nginx.

``python -m benchmarks.range_server FILE [BYTES_PER_SECOND]`` prints its port and serves FILE under any path.
"""

import os
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    descriptor = -1
    size = 0
    rate = 0

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Stay quiet."""

    def do_HEAD(self) -> None:
        self._head()

    def do_GET(self) -> None:
        at, end = self._head()
        step = min(4 << 20, self.rate // 20) if self.rate else 64 << 20
        began, start = time.monotonic(), at
        while at < end:
            at += os.sendfile(self.connection.fileno(), self.descriptor, at, min(step, end - at))
            if self.rate:
                time.sleep(max(0.0, began + (at - start) / self.rate - time.monotonic()))

    def _head(self) -> tuple[int, int]:
        asked = _RANGE.fullmatch(self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        last = min(int(asked[2] or self.size - 1), self.size - 1) if asked else self.size - 1
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {first}-{last}/{self.size}")
        self.send_header("Content-Length", str(last + 1 - first))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", '"benchmark"')
        self.end_headers()
        self.wfile.flush()
        return first, last + 1


def main() -> None:
    """Serve until the parent closes our standard input."""
    _Handler.descriptor = os.open(sys.argv[1], os.O_RDONLY)
    _Handler.size = os.fstat(_Handler.descriptor).st_size
    _Handler.rate = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
