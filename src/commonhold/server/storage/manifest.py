"""What an object is between the completion of its upload and the joining of its parts.

The manifest, a small file, lies under the object's key, and its twin (a hard link to it) in the folder of the
upload, beside the parts. An object is nothing else: content that merely looks like a manifest has no twin.
"""

import json
import os
from dataclasses import asdict, dataclass

MAX_MANIFEST_BYTES = 4096

_MAGIC = b"commonhold parts 1\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """Which parts make an object.

    Attributes:
        upload: the upload's id.
        key: of the object.
        size: bytes in all.
        part_size: bytes of each part but the last.
        count: how many parts there are.
        modified: nanoseconds since 1970: the object's moment, which makes its ETag.
    """

    upload: str
    key: str
    size: int
    part_size: int
    count: int
    modified: int

    def encode(self) -> bytes:
        """Return the manifest as it is stored."""
        return _MAGIC + json.dumps(asdict(self)).encode()

    def start(self, number: int) -> int:
        """Return where a part begins in the object."""
        return (number - 1) * self.part_size

    def end(self, number: int) -> int:
        """Return where a part ends in the object; 0 for "part 0"."""
        return min(number * self.part_size, self.size)


def decode(content: bytes) -> Manifest | None:
    """Read a manifest, or return None for what is none."""
    if not content.startswith(_MAGIC):
        return None
    try:
        values = json.loads(content[len(_MAGIC) :])
        return Manifest(**values)
    except (ValueError, TypeError):
        return None


def may_be_manifest(status: os.stat_result) -> bool:
    """Whether a file's status is a manifest's; finished objects are read-only, which makes them quick to tell."""
    return bool(status.st_mode & 0o200) and status.st_size <= MAX_MANIFEST_BYTES


def part_name(number: int) -> str:
    """Return the name of a part's file."""
    return f"{number:05d}"
