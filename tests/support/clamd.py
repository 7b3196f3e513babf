"""What speaks to a site like ClamAV's daemon: the protocol is real, the finding is one word."""

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Clamd(socketserver.ThreadingTCPServer):
    """Speaks clamd's INSTREAM: finds the word EICAR, takes 20 MB at most, falls silent at MUTE."""

    allow_reuse_address = True
    daemon_threads = True
    limit = 20_000_000
    streams: list[bytes]

    @classmethod
    @contextmanager
    def running(cls) -> Iterator["Clamd"]:
        """Run one."""
        with cls(("127.0.0.1", 0), cls.Handler) as server:
            server.streams = []
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server
            server.shutdown()

    @property
    def url(self) -> str:
        """Its address, as a setting."""
        return f"tcp://127.0.0.1:{self.server_address[1]}"

    class Handler(socketserver.StreamRequestHandler):
        """One stream, one verdict."""

        server: "Clamd"

        def handle(self) -> None:
            """Take the stream in."""
            assert self.rfile.read(10) == b"zINSTREAM\0"
            data = b""
            while size := struct.unpack("!I", self.rfile.read(4))[0]:
                data += self.rfile.read(size)
                if len(data) > self.server.limit:
                    self.wfile.write(b"INSTREAM size limit exceeded. ERROR\0")
                    return
            self.server.streams.append(data)
            if b"MUTE" in data:
                return
            self.wfile.write(b"stream: Eicar-Signature FOUND\0" if b"EICAR" in data else b"stream: OK\0")
