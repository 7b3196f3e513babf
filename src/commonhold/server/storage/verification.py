"""One read of a stored file for everything that must be known before anybody may have it (decision 17)."""

import hmac
import time
from collections.abc import Callable
from contextlib import closing, nullcontext, suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

from commonhold.server.config.environment import environment
from commonhold.server.storage.archives.check import read_members
from commonhold.server.storage.archives.index import TAR_GZ, ZIP, ArchiveIndex
from commonhold.server.storage.archives.members import BrokenArchiveError, Rules
from commonhold.server.storage.archives.points import PointKeeper
from commonhold.server.storage.hashed import HashedFile
from commonhold.server.storage.interface import ObjectStore, StorageError
from commonhold.server.storage.keys import archive_suffix
from commonhold.server.storage.pieces import FileHashes
from commonhold.server.storage.scanning import InfectedError, Scanner

MAX_SCHEMA_BYTES = 256 * 1024
SCHEMA_NAME = "schema.yaml"

# Far above what any working disk or bucket needs: what takes longer hangs.
_LEAST_SECONDS = 600
_LEAST_BYTES_PER_SECOND = 1024 * 1024

Progress = Callable[[int, int], None]


class ArchiveRejectedError(Exception):
    """The file cannot be accepted.

    Attributes:
        reasons: sentences for its publisher.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        self.reasons = reasons
        super().__init__(" ".join(reasons))


class VerificationTimeoutError(StorageError):
    """Reading took longer than any file may; the file is not to blame."""

    def __init__(self) -> None:
        super().__init__("The file could not be read in time.")


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in a file that may be accepted.

    Attributes:
        hashes: of the whole and of its pieces.
        members: what lies where in it.
        schema: the text of the ``schema.yaml`` in it, or None.
        scanned: whether a virus scanner saw all of it.
    """

    hashes: FileHashes
    members: ArchiveIndex
    schema: str | None
    scanned: bool = False


def verify(
    store: ObjectStore,
    key: str,
    *,
    filename: str,
    claimed_sha256: str | None,
    progress: Progress | None = None,
    clamd_url: str | None = None,
    time_limit: float | None = None,
) -> Verified:
    """Read a stored archive through.

    Args:
        store: where it is.
        key: under which.
        filename: whose ending says what it is.
        claimed_sha256: what its publisher says it is: 64 hexadecimal digits, or None.
        progress: called now and then with bytes read and bytes in all; what it raises stops the reading.
        clamd_url: the virus scanner; None for the site's own setting, empty for none.
        time_limit: seconds; without one, ten minutes and a second for each MiB.

    Raises:
        ArchiveRejectedError: it is not what was claimed, not what its name says, not whole, or not harmless.
        ObjectNotFoundError: there is none.
        VerificationTimeoutError: it took too long.
        ScannerError: the virus scanner does not answer.
        OSError: it could not be read.
    """
    url = environment().clamd_url if clamd_url is None else clamd_url
    with closing(store.open(key)) as file, closing(Scanner(url)) if url else nullcontext() as scanner:
        return verify_file(
            file,
            filename=filename,
            claimed_sha256=claimed_sha256,
            progress=progress,
            time_limit=time_limit,
            scanner=scanner,
        )


def verify_file(
    file: BinaryIO,
    *,
    filename: str,
    claimed_sha256: str | None = None,
    progress: Progress | None = None,
    time_limit: float | None = None,
    scanner: Scanner | None = None,
) -> Verified:
    """Read an open archive through; see :func:`verify`."""
    reasons: list[str] = []
    index = ArchiveIndex(ZIP if archive_suffix(filename) == ".zip" else TAR_GZ)
    schema: str | None = None
    with closing(_hashed(file, progress, time_limit, scanner)) as hashed:
        try:
            schema = _walk(hashed, filename, index)
        except BrokenArchiveError as error:
            reasons.append(error.reason)
        try:
            # To the end in any case: that its bytes are not those announced explains the rest.
            hashes = hashed.result() if not reasons or claimed_sha256 else None
            if scanner and not reasons:
                scanner.finish()
        except InfectedError as error:
            raise ArchiveRejectedError((_infected(error),)) from None
    if claimed_sha256 and hashes and not hmac.compare_digest(hashes.sha256, claimed_sha256.lower()):
        reasons.insert(
            0, f"The file's SHA-256 is {hashes.sha256}, and not {claimed_sha256}, as was announced."
        )
    if reasons or hashes is None:
        raise ArchiveRejectedError(tuple(reasons))
    index.archive_size = hashes.size
    return Verified(hashes, index, schema, scanned=bool(scanner and scanner.is_complete))


def _hashed(
    file: BinaryIO, progress: Progress | None, time_limit: float | None, scanner: Scanner | None
) -> HashedFile:
    size = file.seek(0, 2)
    limit = time_limit if time_limit is not None else _LEAST_SECONDS + size / _LEAST_BYTES_PER_SECOND
    deadline = time.monotonic() + limit

    def tick(done: int) -> None:
        if time.monotonic() > deadline:
            raise VerificationTimeoutError
        if progress is not None:
            progress(done, size)

    return HashedFile(file, observe=scanner.send if scanner else None, tick=tick)


def _walk(file: HashedFile, filename: str, index: ArchiveIndex) -> str | None:
    """Read every member, fill the index, and return the text of the schema."""
    keeper = PointKeeper()
    judge: Rules | None = None

    def rules(size: int) -> Rules:
        nonlocal judge
        judge = Rules(size, _is_schema)
        return judge

    for member in read_members(cast("BinaryIO", file), filename, rules=rules, keeper=keeper):
        index.add(member)
    index.finish()
    index.points = keeper.points
    return _schema_of(judge.contents if judge else {})


def _is_schema(name: str, size: int) -> bool:
    """Whether a member may be the schema: at the top, or in the one folder that many archives begin with."""
    *folders, last = name.removeprefix("./").split("/")
    return last == SCHEMA_NAME and len(folders) <= 1 and 0 < size <= MAX_SCHEMA_BYTES


def _schema_of(contents: dict[str, bytes]) -> str | None:
    """Return the text of the topmost schema, if it is text."""
    for name in sorted(contents, key=lambda name: (name.count("/"), name)):
        with suppress(UnicodeDecodeError):
            return contents[name].decode()
    return None


def _infected(error: InfectedError) -> str:
    shown = "".join(letter for letter in error.signature if letter.isprintable())
    return f"The virus scanner found something in the file: {shown}."
