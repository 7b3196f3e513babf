"""Asking ClamAV's daemon about bytes, over its own protocol (``INSTREAM`` of clamd)."""

import contextlib
import socket
import struct
from urllib.parse import urlsplit

from commonhold.server.storage.interface import StorageError

_TIMEOUT_SECONDS = 60
_PART = 1024 * 1024
_LONGEST_ANSWER = 4096


class ScannerError(StorageError):
    """The scanner cannot be asked, or does not answer: try again later."""


class InfectedError(Exception):
    """The scanner found something.

    Attributes:
        signature: what, in its words.
    """

    def __init__(self, signature: str) -> None:
        self.signature = signature
        super().__init__(signature)


class Scanner:
    """One stream of bytes on its way through clamd.

    Args:
        url: ``tcp://host:port`` or ``unix:///path``.

    Raises:
        ScannerError: it cannot be reached.
    """

    def __init__(self, url: str) -> None:
        self.is_complete = True
        try:
            self._socket = _connect(url)
            self._socket.sendall(b"zINSTREAM\0")
        except OSError as error:
            raise ScannerError(f"The virus scanner cannot be reached: {error.strerror or error}.") from error

    def send(self, data: bytes) -> None:
        """Show it the next bytes. Past the size that it takes, nothing more is shown (``is_complete``)."""
        if not self.is_complete:
            return
        try:
            for start in range(0, len(data), _PART):
                part = data[start : start + _PART]
                self._socket.sendall(struct.pack("!I", len(part)) + part)
        except OSError:
            self._judge(self._answer())
            self.is_complete = False

    def finish(self) -> None:
        """Ask for its verdict on all that was shown.

        Raises:
            InfectedError: it found something.
            ScannerError: it gave none.
        """
        if self.is_complete:
            with contextlib.suppress(OSError):
                self._socket.sendall(struct.pack("!I", 0))
            self._judge(self._answer())

    def close(self) -> None:
        """End the conversation."""
        self._socket.close()

    def _answer(self) -> str:
        answer = b""
        try:
            while len(answer) < _LONGEST_ANSWER and b"\0" not in answer and (part := self._socket.recv(1024)):
                answer += part
        except OSError as error:
            raise ScannerError("The virus scanner broke off.") from error
        return answer.partition(b"\0")[0].decode(errors="replace").strip()

    def _judge(self, answer: str) -> None:
        verdict = answer.removeprefix("stream: ")
        if verdict.endswith(" FOUND"):
            raise InfectedError(verdict.removesuffix(" FOUND")[:200])
        if "size limit exceeded" in verdict:
            self.is_complete = False
        elif verdict != "OK":
            raise ScannerError(f"The virus scanner gave no verdict: {verdict[:200] or 'nothing'}.")


def _connect(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(_TIMEOUT_SECONDS)
        try:
            connection.connect(parts.path)
        except OSError:
            connection.close()
            raise
        return connection
    return socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 3310), _TIMEOUT_SECONDS)
