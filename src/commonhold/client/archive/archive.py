"""The members of one dataset's archive: listed, opened one at a time, or read in one go."""

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Self

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.archive.models import ZIP, Member, MemberPage
from commonhold.client.archive.ranges import Ranges
from commonhold.client.archive.runs import Run, runs_of
from commonhold.client.archive.sessions import SessionStore
from commonhold.client.archive.unpack import Flow, damaged, gunzip
from commonhold.client.archive.zipped import read_zip_member
from commonhold.client.cache import cache_folder
from commonhold.client.transfer.engine import Options

#: How much must be proven of what is read: ``auto`` where that costs little, ``always``, or ``never``.
Proof = Literal["auto", "always", "never"]

#: What a content was held against: SHA-256 of pieces, the CRC-32 of a zip's member, or nothing but its form.
Held = Literal["pieces", "crc", ""]

# Two pieces of the usual size and a little: one small member out of any archive stays below 20 MB.
_CHEAP = 18 << 20
_CHEAP_SHARE = 1.25
# What deflate may add to what it cannot pack, and the headers around it.
_MARGIN = 64 << 10
_BUFFER = 256 << 10


@dataclass(frozen=True)
class Content:
    """What lies in one member, to be read once; ``proof`` says against what it is held."""

    member: Member
    chunks: Iterator[bytes]
    proof: Held


@dataclass
class Tally:
    """What reading has cost so far: bytes from the storage, and sessions, which count against the quota."""

    received: int
    sessions: int


class Archive:
    """The archive of one version of a dataset, without fetching it. Use as a context manager.

    Listing is free of quota. The first member that is read asks for a download session, which is kept in the
    cache folder and serves all that is read of this version while it lives, from any process. Belongs to one
    thread at a time.

    Args:
        site: the site.
        name: id or slug of the dataset.
        version: a version, None for the current one; it stays the same from here on.
        proof: how much must be proven by the hashes of the file's pieces. ``auto`` proves where whole pieces
            cost little more than what is needed anyway; the CRC-32 of a zip's members is checked in any case.
        options: rate and patience.
        sessions: where sessions are kept; the cache folder, when not told.
        note: told what takes so long.

    Raises:
        NotFoundError: there is no such dataset, or its site lists no members of it.
        CommonholdError: it may not be had; see :mod:`commonhold.client.errors`.
    """

    def __init__(
        self,
        site: Client,
        name: str,
        *,
        version: int | None = None,
        proof: Proof = "auto",
        options: Options | None = None,
        sessions: SessionStore | None = None,
        note: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self._site = site
        #: The first page of members, which says which file it is.
        self.about: MemberPage = site.members_page(name, version=version)
        self._proof = proof
        self._ranges = Ranges(
            site,
            self.about,
            sessions or SessionStore(cache_folder() / "sessions"),
            options or Options(),
            note,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return self.about.total

    def __iter__(self) -> Iterator[Member]:
        return self.list()

    def close(self) -> None:
        """Close the connection to the storage; the session stays for the next."""
        self._ranges.close()

    @property
    def cost(self) -> Tally:
        """What reading has cost so far."""
        return Tally(self._ranges.received, self._ranges.granted)

    def list(self, prefix: str = "") -> Iterator[Member]:
        """Yield the members in the archive's order, those whose names begin with ``prefix``."""
        page = self.about if not prefix else self._page(0, prefix)
        while True:
            yield from page.items
            if page.following is None:
                return
            page = self._page(page.following, prefix)

    def find(self, name: str) -> Member:
        """Return the member of that name, the last one where there are several.

        Raises:
            NotFoundError: there is none.
        """
        page = self._site.members_page(self.about.dataset, version=self.about.version, member=name)
        self._must_be_the_same(page)
        if len(page.items) != 1:
            raise errors.ProtocolError(f"The site lists {len(page.items)} members where one was asked for.")
        return page.items[0]

    def open(self, member: Member | str) -> io.BufferedReader:
        """Open a member for reading from its front; seeking back reads it from its front again.

        Raises:
            NotFoundError: there is none of that name.
            UsageError: it is no file.
        """
        found = self._placed(self.find(member) if isinstance(member, str) else member)
        if not found.is_file:
            raise errors.UsageError(f"{found.name} is a {found.kind}, which has no content.")
        return io.BufferedReader(_MemberFile(self, found), _BUFFER)

    def read(self, member: Member | str, start: int = 0, end: int | None = None) -> bytes:
        """Return the content of a member, or its bytes from ``start`` to ``end`` (not included)."""
        with self.open(member) as file:
            if start:
                file.seek(start)
            return file.read() if end is None else file.read(max(0, end - start))

    def contents(self, members: Iterable[Member]) -> Iterator[Content]:
        """Yield the content of each of these members, in the archive's order; neighbors are read in one go.

        A content that is not read to its end is passed over.
        """
        # Of several with one name the last counts: it is what unpacking leaves.
        last = {member.name: member for member in sorted(members, key=lambda member: member.number)}
        for run in runs_of(last.values(), is_zip=self.about.archive == ZIP):
            yield from self._run(run)

    def proof_of(self, member: Member) -> Held:
        """Return against what the content of a member, read by itself, is held."""
        return self._held(by_pieces=self._proves(Run((member,), is_zip=self.about.archive == ZIP)))

    # -- the inside

    def _page(self, after: int, prefix: str) -> MemberPage:
        page = self._site.members_page(
            self.about.dataset, version=self.about.version, after=after, prefix=prefix or None
        )
        self._must_be_the_same(page)
        return page

    def _must_be_the_same(self, page: MemberPage) -> None:
        if (page.version, page.checksum, page.size_bytes) != (
            self.about.version,
            self.about.checksum,
            self.about.size_bytes,
        ):
            raise errors.CorruptError(
                "The archive is another one now.", hint="A version was published just now; try again."
            )

    def _placed(self, member: Member) -> Member:
        """Return a member with what is needed to begin unpacking at it."""
        if self.about.archive == ZIP or member.point is not None or member.start == 0:
            return member
        found = self.find(member.name)
        if found.number != member.number:
            raise errors.UsageError(f"A later member is named {member.name} too; only that one can be read.")
        return found

    def _held(self, *, by_pieces: bool) -> Held:
        if by_pieces:
            return "pieces"
        return "crc" if self.about.archive == ZIP else ""

    def _run(self, run: Run) -> Iterator[Content]:
        by_pieces = self._proves(run)
        if self.about.archive == ZIP:
            flow = self._packed(run, by_pieces=by_pieces)
            read = read_zip_member
        else:
            first = self._placed(run.members[0])
            base = run.base
            packed = self._packed(run, by_pieces=by_pieces)
            flow = Flow(gunzip(iter(lambda: packed.take(_BUFFER), b""), first.point), base)
            read = _read_tar_member
        for member in run.members:
            content = Content(member, read(flow, member), self._held(by_pieces=by_pieces))
            yield content
            for _ in content.chunks:
                pass

    def _packed(self, run: Run, *, by_pieces: bool) -> Flow:
        if by_pieces:
            return Flow(self._ranges.proven(run.start, run.end(self.about.size_bytes)), run.start)
        return Flow(self._plain(run), run.start)

    def _plain(self, run: Run) -> Iterator[bytes]:
        """Ask for what is surely enough first, and for the rest only where it was not."""
        end = run.end(self.about.size_bytes)
        enough = min(end, run.start + run.most_packed + _MARGIN)
        yield from self._ranges.plain(run.start, enough)
        if enough < end:
            yield from self._ranges.plain(enough, end)

    def _proves(self, run: Run) -> bool:
        if self._proof == "never":
            return False
        piece = self._ranges.piece_size
        if piece is None:
            if self._proof == "always":
                raise errors.UsageError(
                    "The site tells no hashes of this archive's pieces, so that nothing can be proven by them.",
                    hint="Leave the demand out, or download the whole archive.",
                )
            return False
        end = min(run.end(self.about.size_bytes), run.start + run.most_packed + _MARGIN)
        widened = min(-(-end // piece) * piece, self.about.size_bytes) - run.start // piece * piece
        is_cheap = widened <= max(_CHEAP, _CHEAP_SHARE * (end - run.start))
        return self._proof == "always" or is_cheap


def members(site: Client, name: str, *, version: int | None = None, proof: Proof = "auto") -> Archive:
    """Look into a dataset's archive; see :class:`Archive`, which this opens with its usual options."""
    return Archive(site, name, version=version, proof=proof)


def _read_tar_member(flow: Flow, member: Member) -> Iterator[bytes]:
    if member.is_file:
        flow.skip_to(member.skip if member.offset is None else member.offset, member.name)
        yield from flow.each(member.size, member.name)


class _MemberFile(io.RawIOBase):
    """One member's content as a file."""

    def __init__(self, archive: Archive, member: Member) -> None:
        self._archive = archive
        self._member = member
        self._at = 0
        self._content: Iterator[bytes] = iter(())
        self._flow: Flow | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._member.size}[whence]
        if origin + offset < 0:
            raise ValueError("there is nothing before the beginning")
        self._at = origin + offset
        return self._at

    def readinto(self, buffer: "memoryview | bytearray") -> int:  # type: ignore[override]
        if self._at >= self._member.size:
            return 0
        if self._flow is None or self._at < self._flow.position:
            self._begin()
        flow = self._flow
        if flow is None:
            raise AssertionError("reading has begun")
        flow.skip_to(self._at, self._member.name)
        found = flow.take(len(buffer))
        if not found:
            raise damaged(self._member.name)
        self._at += len(found)
        # The check of the whole stands behind the last byte: the end is not handed out before.
        if self._at == self._member.size and flow.take(1):
            raise damaged(self._member.name)
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        self._flow = None
        super().close()

    def _begin(self) -> None:
        self._flow = Flow(next(self._archive.contents([self._member])).chunks, 0)
