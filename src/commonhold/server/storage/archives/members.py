"""Members of archives, and what is refused about them whatever the format."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from posixpath import normpath

MAX_MEMBERS = 10_000_000
MAX_NAME_BYTES = 4096
MAX_DEPTH = 255
# So many names of one archive are told apart; the memory that takes must have an end.
MAX_NAMES_COMPARED = 500_000
MAX_LINKS = 100_000
# Text and silence do compress ten- to thirtyfold; fifty over a whole archive is a bomb or a mistake.
MAX_RATIO = 50
ALWAYS_ALLOWED_BYTES = 64 * 1024 * 1024

# Controls, line and paragraph separators, and what turns the text after it around: none belongs to a file's name.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

FILE = "file"
FOLDER = "folder"
LINK = "link"


class BrokenArchiveError(Exception):
    """The archive cannot be accepted.

    Attributes:
        reason: a sentence for its publisher.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an archive.

    Attributes:
        name: its path, as the archive has it.
        kind: :data:`FILE`, :data:`FOLDER` or :data:`LINK`.
        size: bytes of its content, unpacked.
        offset: in a zip archive, where its local header begins in the archive; in a tar archive, where its
            content begins in the unpacked stream.
        packed_size: in a zip archive, the bytes of its content as stored; in a tar archive, `size`.
        data: in a zip archive, where its content begins in the archive; in a tar archive, `offset`.
        deflated: whether its content is deflated by itself.
    """

    name: str
    kind: str
    size: int
    offset: int
    packed_size: int
    data: int = 0
    deflated: bool = False


class Rules:
    """Judges members one after the other, and how much they unpack to.

    Args:
        archive_size: bytes of the archive.
        wanted: says of a file's name and size whether its content is to be kept in ``contents``.
    """

    def __init__(self, archive_size: int, wanted: Callable[[str, int], bool] | None = None) -> None:
        self.contents: dict[str, bytes] = {}
        self._wanted = wanted
        self._allowed = max(ALWAYS_ALLOWED_BYTES, MAX_RATIO * archive_size)
        self._unpacked = 0
        self._members = 0
        self._links: set[str] = set()
        self._names: set[int] = set()

    def unpacked(self, count: int) -> None:
        """Count bytes that were unpacked.

        Raises:
            BrokenArchiveError: by now they are too many for the archive's size.
        """
        self._unpacked += count
        if self._unpacked > self._allowed:
            raise BrokenArchiveError(
                f"The archive unpacks to more than {MAX_RATIO} times its size, which is refused as a danger "
                "to those who unpack it. If it is honest, pack its largest files by themselves first."
            )

    def member(self, name: str) -> None:
        """Judge a member's name.

        Raises:
            BrokenArchiveError: it may not be in an archive.
        """
        self._members += 1
        if self._members > MAX_MEMBERS:
            raise BrokenArchiveError(f"The archive has more than {MAX_MEMBERS:,} members.")
        if not name or len(name.encode(errors="surrogateescape")) > MAX_NAME_BYTES:
            raise BrokenArchiveError(f"A member's name is empty or longer than {MAX_NAME_BYTES} bytes.")
        if _UNSAFE.search(name):
            raise BrokenArchiveError(f"The name of {shown(name)} holds a control character.")
        if name.startswith("/") or "\\" in name or name[1:2] == ":":
            raise BrokenArchiveError(
                f"{shown(name)} has an absolute path or a backslash in its name; names must be relative, "
                "with forward slashes."
            )
        if ".." in name.split("/"):
            raise BrokenArchiveError(f"{shown(name)} leads out of the archive ('..').")
        if name.count("/") > MAX_DEPTH:
            raise BrokenArchiveError(f"{shown(name)} lies more than {MAX_DEPTH} folders deep.")
        self._refuse_below_link(normpath(name))

    def once(self, name: str) -> None:
        """See that a name comes but once, where tools differ in which of two members they take.

        Raises:
            BrokenArchiveError: it came before.
        """
        # Hashes alone, of a bounded number: in memory, names would be ten times as large. Python salts them anew in
        # each process, so that two names with one hash cannot be made; by chance they meet once in 10^8 archives.
        name_hash = hash(normpath(name))
        if name_hash in self._names:
            raise BrokenArchiveError(f"The archive holds {shown(name)} twice.")
        if len(self._names) < MAX_NAMES_COMPARED:
            self._names.add(name_hash)

    def wants(self, name: str, size: int) -> bool:
        """Whether a file's content is to be kept."""
        return self._wanted is not None and self._wanted(name, size)

    def symbolic_link(self, name: str, target: str) -> None:
        """Judge a symbolic link, which leads on from the folder it lies in.

        Raises:
            BrokenArchiveError: it may lead out of the archive.
        """
        name = normpath(name)
        steps = [step for step in target.split("/") if step not in {"", "."}]
        ups = 0
        while ups < len(steps) and steps[ups] == "..":
            ups += 1
        # '..' after a name could come back out through another link: only leading ones can be counted.
        if (
            not target
            or target.startswith("/")
            or "\\" in target
            or ".." in steps[ups:]
            or ups > name.count("/")
        ):
            raise BrokenArchiveError(f"The link {shown(name)} leads, or may lead, out of the archive.")
        if len(self._links) >= MAX_LINKS:
            raise BrokenArchiveError(f"The archive has more than {MAX_LINKS:,} links.")
        self._links.add(name)

    def hard_link(self, name: str, target: str) -> None:
        """Judge a hard link, which names another member.

        Raises:
            BrokenArchiveError: it may lead out of the archive.
        """
        if not target or target.startswith("/") or "\\" in target or ".." in target.split("/"):
            raise BrokenArchiveError(f"The link {shown(name)} leads out of the archive.")
        target = normpath(target)
        if target in self._links:
            raise BrokenArchiveError(f"The link {shown(name)} leads to another link.")
        self._refuse_below_link(target)

    def _refuse_below_link(self, name: str) -> None:
        if not self._links:
            return
        position = name.find("/")
        while position >= 0:
            if name[:position] in self._links:
                raise BrokenArchiveError(f"{shown(name)} lies behind a link, which may lead anywhere.")
            position = name.find("/", position + 1)


def shown(name: str) -> str:
    """Return a member's name as it can stand in a sentence, whatever is in it."""
    text = name.encode(errors="surrogateescape").decode(errors="replace")
    text = "".join(letter if letter.isprintable() else "\ufffd" for letter in text)
    return f"'{text}'" if len(text) <= 120 else f"'{text[:117]}…'"
