"""What a backup file is: a plain tar whose every byte is foreseen, in this order.

``manifest.json`` (padded with spaces to a fixed size, since it is written last), ``manifest.sha256``, one
``tables/<app>.<Model>.jsonl.gz`` for each table, ``secret-key`` where it was asked for, ``objects.jsonl.gz`` (the list
of objects), and the objects of that list, each as ``objects/<key>``, or as an empty ``missing/<key>``.

The manifest tells size and SHA-256 of everything but the objects, and the list those of the objects. So a reader knows
each header before it reads it, and refuses whatever differs: there is nothing in the file that nobody looks at.
``docs/reference/backup-file.md`` is the reference.
"""

import tarfile
from typing import Annotated

import msgspec

from commonhold.server.kit.secrets import derive

FORMAT = 1

MANIFEST = "manifest.json"
MANIFEST_BYTES = 64 * 1024
MANIFEST_SUM = "manifest.sha256"
SECRET_KEY = "secret-key"  # noqa: S105  a file's name
OBJECT_LIST = "objects.jsonl.gz"
BLOCK = 512
END = bytes(2 * BLOCK)

# One row as a line. The widest are the windows into an archive, some 45 MiB.
MAX_LINE_BYTES = 256 * 1024 * 1024
MAX_SECRET_BYTES = 4096

_PURPOSE = "backup fingerprint"

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class BackupError(Exception):
    """A backup cannot be made or restored.

    Attributes:
        hint: one sentence that says what to do next, or an empty text.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class DamagedError(BackupError):
    """The file is not as it was written, or was never a backup."""


class WritingError(BackupError):
    """The file cannot be written; ``is_full`` where that is for want of room."""

    def __init__(self, message: str, *, is_full: bool) -> None:
        super().__init__(message)
        self.is_full = is_full


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of the file: its bytes and their SHA-256 (hex)."""

    size: Number
    sha256: str


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The member that holds a table.

    Attributes:
        name: of the model, ``app.Model``.
        rows: how many lines it has.
        last_id: the highest number ever given to a row, also to one that is gone; null where numbers are not given.
        size: bytes, packed.
        sha256: of these.
    """

    name: str
    rows: Number
    last_id: Number | None
    size: Number
    sha256: str


class Objects(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The objects of the store: how many are listed, how many bytes they have, whether the file holds them."""

    included: bool
    count: Number
    bytes: Number
    list: Part


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the file holds.

    Attributes:
        format: the number of this layout.
        commonhold: the version that wrote it.
        made_at: the moment of the snapshot.
        database: ``sqlite`` or ``postgresql``: where it came from, which restricts nothing.
        migrations: the last one of each app.
        secrets: fingerprints of the secret keys it was written under, the current one first.
        tables: in the order of the file.
        secret_key: the generated secret key's member, or null.
        objects: about the objects.
    """

    format: int
    commonhold: str
    made_at: str
    database: str
    migrations: dict[str, str]
    secrets: list[str]
    tables: list[Table]
    secret_key: Part | None
    objects: Objects


class ListedObject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the list of objects.

    Attributes:
        key: where it lies in the store; lines are in the order of keys.
        size: bytes.
        sha256: hex.
        needed: whether a site lacks something without it; not so for a removed dataset's.
    """

    key: str
    size: Number
    sha256: str
    needed: bool


def table_member(name: str) -> str:
    """Return the name of the member that holds a table."""
    return f"tables/{name}.jsonl.gz"


def object_member(key: str) -> str:
    """Return the name of the member that holds an object."""
    return f"objects/{key}"


def missing_member(key: str) -> str:
    """Return the name of the empty member that stands for an object that could not be copied."""
    return f"missing/{key}"


def header(name: str, size: int) -> bytes:
    """Return the one header that a member of this name and size has."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "strict")


def padding(size: int) -> int:
    """Return how many zeros follow a member of ``size`` bytes."""
    return -size % BLOCK


def fingerprints(secrets: tuple[str, ...]) -> list[str]:
    """Return what tells secret keys apart, and from which none can be found."""
    return [derive(secret, _PURPOSE).hex() for secret in secrets]
