"""The members of an archive, with what to fetch for each: one file out of 100 GB by one range (decision 18)."""

from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from commonhold.server.access import queries, rules
from commonhold.server.api.collective import problems
from commonhold.server.api.collective.downloads import allowed
from commonhold.server.api.collective.endpoint import Endpoint, answer
from commonhold.server.api.collective.parameters import Parameters, asked_version
from commonhold.server.api.collective.shapes import Checksum, Digits, Shape
from commonhold.server.storage.archives.index import ArchiveIndex, describe_point
from commonhold.server.storage.archives.members import Member

PAGE, LARGEST_PAGE = 1000, 5000
LONGEST_NAME = 4096
# How far one request looks for names that begin as asked; the next goes on from there.
LOOKED_AT = 200_000


class ArchiveMember(Shape):
    """A member and how to fetch it: bytes ``start`` to ``end`` (not included) of the archive.

    In a zip, what was fetched is raw deflate where ``deflated``. In a tar.gz, unpacking begins at ``point`` (asked for
    with ``name``; null: at the archive's beginning); ``skip`` unpacked bytes are passed over, then ``size`` are the
    file. ``offset`` is where the content begins in the whole archive, unpacked, so that neighbors can be read in one
    go; in a zip, where the member's local header begins, which tells its CRC-32.
    """

    number: int
    name: str
    kind: str
    size: Digits
    start: Digits
    end: Digits
    deflated: bool
    skip: Digits
    offset: Digits
    point: dict[str, Any] | msgspec.UnsetType | None = msgspec.UNSET


class MemberList(Shape):
    """A page of an archive's members; ``next`` is the ``after`` of the page that follows."""

    dataset_id: str
    version: int
    filename: str
    size_bytes: Digits
    checksum: Checksum
    archive: str
    total: int
    items: list[ArchiveMember]
    next: int | None


class Members(Endpoint):
    """``GET /datasets/{id}/members``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return members with their ranges: key and terms as for a download, free of quota."""
        parameters = Parameters(request.GET)
        after = parameters.integer("after", 0, lowest=0, highest=10_000_000) or 0
        limit = parameters.integer("limit", PAGE, highest=LARGEST_PAGE) or PAGE
        name, prefix = request.GET.get("name"), parameters.text("prefix")
        if name is not None and not 0 < len(name) <= LONGEST_NAME:
            parameters.mistakes["name"] = f"Must have 1 to {LONGEST_NAME} characters."
        parameters.check()
        viewer = self.caller.viewer
        target = queries.download_target(viewer, dataset, asked_version(request.GET))
        target = allowed(request, dataset, target, rules.download(viewer, target.facts if target else None))
        found = queries.members_of(target.version_id or 0, with_windows=name is not None)
        if found is None:
            raise problems.Problem(404, problems.DATASET_NOT_FOUND, "No members are listed for this version.")
        kept = ArchiveIndex.load(*found)
        items, following = _named(kept, name) if name is not None else _page(kept, after, limit, prefix or "")
        return answer(
            MemberList(
                dataset_id=target.public_id,
                version=target.version or 1,
                filename=target.filename,
                size_bytes=str(target.size_bytes),
                checksum=f"sha256:{target.sha256}",
                archive=kept.kind,
                total=kept.count,
                items=items,
                next=following,
            )
        )


def _page(index: ArchiveIndex, after: int, limit: int, prefix: str) -> tuple[list[ArchiveMember], int | None]:
    """Return the members that follow ``after``, and the number to go on from; None at the end."""
    items: list[ArchiveMember] = []
    number = after
    for number, member in index.members(after):
        if member.name.startswith(prefix):
            items.append(_shown(index, number, member))
        if len(items) == limit or number - after >= LOOKED_AT:
            break
    return items, number if number < index.listed else None


def _named(index: ArchiveIndex, name: str) -> tuple[list[ArchiveMember], None]:
    found = index.find(name)
    if found is None:
        raise problems.Problem(404, problems.DATASET_NOT_FOUND, "The archive has no member of this name.")
    access = index.ranges_for(found[1])
    point = describe_point(access.point[1]) if access.point else None
    return [msgspec.structs.replace(_shown(index, *found), point=point)], None


def _shown(index: ArchiveIndex, number: int, member: Member) -> ArchiveMember:
    access = index.ranges_for(member)
    return ArchiveMember(
        number=number,
        # Names that are no UTF-8 cannot stand in JSON.
        name=member.name.encode(errors="surrogateescape").decode(errors="replace"),
        kind=member.kind,
        size=str(member.size),
        start=str(access.start),
        end=str(access.end),
        deflated=access.deflated,
        skip=str(access.skip),
        offset=str(member.offset),
    )
