"""Hashing a file beside its sending: the whole of it, and each part, so that a change in between is seen."""

import hashlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path

from commonhold.client.errors import LocalFileError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Look:
    """What a file is at one moment, as far as its folder tells."""

    size: int
    modified: int
    inode: int

    @classmethod
    def at(cls, path: Path) -> "Look":
        """Look at a file."""
        try:
            status = path.stat()
        except OSError as error:
            raise LocalFileError(f"{path} cannot be read: {error.strerror}.") from error
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


@dataclass(frozen=True, slots=True)
class Hashes:
    """SHA-256 of the whole and of each part, in hex, and what the file looked like before it was read."""

    whole: str
    parts: tuple[str, ...]
    look: Look


class Hashing(threading.Thread):
    """Reads the file once from end to end, while its parts are being sent."""

    def __init__(self, path: Path, part_size: int) -> None:
        super().__init__(name="upload-hashing", daemon=True)
        self._path, self._part_size = path, part_size
        self._hashes: Hashes | None = None
        self._fault: OSError | None = None
        self._stopping = threading.Event()

    def run(self) -> None:
        """Read and hash."""
        try:
            self._hashes = self._read()
        except OSError as error:
            self._fault = error

    def stop(self) -> None:
        """Give up."""
        self._stopping.set()

    def result(self) -> Hashes:
        """Wait for the end and return the hashes.

        Raises:
            LocalFileError: the file could not be read to its end.
        """
        while self.is_alive():
            self.join(0.2)
        if self._hashes is None:
            told = self._fault.strerror if self._fault else "it was given up"
            raise LocalFileError(f"{self._path} cannot be read: {told}.")
        return self._hashes

    def _read(self) -> Hashes:
        look = Look.at(self._path)
        whole, parts = hashlib.sha256(), []
        with self._path.open("rb", buffering=0) as file:
            buffer = bytearray(_CHUNK)
            view = memoryview(buffer)
            part, room = hashlib.sha256(), self._part_size
            while count := file.readinto(view[: min(_CHUNK, room)]):
                if self._stopping.is_set():
                    raise InterruptedError(os.strerror(4))
                whole.update(view[:count])
                part.update(view[:count])
                room -= count
                if not room:
                    parts.append(part.hexdigest())
                    part, room = hashlib.sha256(), self._part_size
            if room != self._part_size:
                parts.append(part.hexdigest())
        return Hashes(whole.hexdigest(), tuple(parts), look)
