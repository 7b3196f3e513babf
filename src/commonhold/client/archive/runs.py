"""Which members are read in one go: a request for each of a thousand neighbors would fetch the same again."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from commonhold.client.archive.models import Member

# Passing over so much costs less than asking anew.
_GAP_ZIP = 256 << 10
_GAP_TAR = 1 << 20
# After the content of a zip's member its CRC-32 may stand.
_DESCRIPTOR = 24


@dataclass(frozen=True)
class Run:
    """Members that are read in one go, in the archive's order.

    Attributes:
        members: at least one.
        is_zip: of which kind the archive is.
    """

    members: tuple[Member, ...]
    is_zip: bool

    @property
    def start(self) -> int:
        """The first byte of the archive that is needed."""
        first = self.members[0]
        return first.offset if self.is_zip and first.offset is not None else first.start

    def end(self, size: int) -> int:
        """Return the byte after the last that may be needed, of an archive of ``size`` bytes."""
        last = max(member.end for member in self.members)
        return min(size, last + _DESCRIPTOR) if self.is_zip else last

    @property
    def base(self) -> int:
        """In a tar.gz: where unpacking begins, in the unpacked archive."""
        first = self.members[0]
        return 0 if first.offset is None else first.offset - first.skip

    @property
    def most_packed(self) -> int:
        """The most bytes of the archive that are needed if packing gained nothing."""
        last = self.members[-1]
        if self.is_zip:
            return last.end - self.start + _DESCRIPTOR
        if last.offset is None:
            return last.skip + last.size
        return last.offset + last.size - self.base


def runs_of(members: Iterable[Member], *, is_zip: bool) -> Iterator[Run]:
    """Gather members into runs."""
    in_order = sorted(members, key=lambda member: (member.start, member.skip, member.number))
    run: list[Member] = []
    for member in in_order:
        if run and not _follows(run[-1], member, is_zip=is_zip):
            yield Run(tuple(run), is_zip)
            run = []
        run.append(member)
    if run:
        yield Run(tuple(run), is_zip)


def _follows(before: Member, member: Member, *, is_zip: bool) -> bool:
    if before.offset is None or member.offset is None:
        return False
    if is_zip:
        return 0 <= member.offset - before.end <= _GAP_ZIP
    passed_over = member.offset - (before.offset + before.size)
    return 0 <= passed_over <= member.skip + _GAP_TAR
