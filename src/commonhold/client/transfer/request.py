"""What is asked of a download, what it tells meanwhile, and what it leaves."""

from dataclasses import dataclass, field
from pathlib import Path

from commonhold.client.transfer.engine import Options


class Watcher:
    """Whom a download tells what it does. This one listens to nothing; override what is of interest."""

    def begin(self, name: str, size: int, present: int) -> None:
        """Work on a file begins; ``present`` bytes of ``size`` are here already."""

    def advance(self, done: int, connections: int) -> None:
        """So many bytes are here now, and so many connections bring more."""

    def note(self, text: str) -> None:
        """Something worth knowing, in one sentence."""

    def end(self) -> None:
        """Work on the file has ended, one way or another."""


@dataclass(frozen=True)
class Outcome:
    """A file that is here.

    Attributes:
        path: where it is.
        dataset: the id of its dataset.
        version: the version, None where the site does not number them.
        size: bytes.
        checksum: SHA-256 in hex, None where the site tells none.
        is_verified: whether it was held against a hash, now or by an earlier run.
        was_present: whether it was here before.
        received: bytes that came over the network.
        seconds: how long it took.
        sessions: how many downloads the site granted for it, each of which counts against the quota of the
            day.
        links: how many links of an archive were left out when it was unpacked.
    """

    path: Path
    dataset: str
    version: int | None
    size: int
    checksum: str | None
    is_verified: bool
    was_present: bool = False
    received: int = 0
    seconds: float = 0.0
    sessions: int = 0
    links: int = 0


@dataclass(frozen=True)
class Request:
    """What to fetch, and how.

    Attributes:
        name: id or slug of the dataset.
        folder: where the file goes.
        version: a version, or None for the current one.
        sample: the sample instead of the whole.
        filename: a name of our own for the file, instead of the one the site gives it.
        overwrite: fetch it although a file of its name is there, which is replaced once the new one is
            proven.
        update: ask the site for news although a proven file is here.
        extract: unpack the archive while it comes, into a folder of its name; the archive itself is not kept.
    """

    name: str
    folder: Path
    version: int | None = None
    sample: bool = False
    filename: str | None = None
    overwrite: bool = False
    update: bool = False
    extract: bool = False
    options: Options = field(default_factory=Options)

    @property
    def kind(self) -> str:
        """What the records call it."""
        return ("sample" if self.sample else "dataset") + ("-extracted" if self.extract else "")
