"""What lies in a dataset's archive, and which bytes of it to fetch for one member alone (decision 18)."""

import base64
from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse

from commonhold.server.access import queries, rules
from commonhold.server.api.collective import problems, shapes
from commonhold.server.api.collective.downloads import allowed
from commonhold.server.api.collective.endpoint import Endpoint, answer
from commonhold.server.api.collective.parameters import MemberQuery, asked_members, asked_version
from commonhold.server.storage.archives.index import ZIP, ArchiveIndex
from commonhold.server.storage.archives.members import FILE, Member
from commonhold.server.storage.archives.points import Point, alignment

# How far one request looks for names that begin as asked; the next goes on from there.
_LOOKED_AT = 200_000


class Members(Endpoint):
    """``GET /datasets/{id}/members``."""

    def get(self, request: HttpRequest, dataset: str) -> HttpResponse:
        """Return a page of the archive's members: key and terms as for a download, free of quota."""
        viewer = self.caller.viewer
        asked = asked_members(request.GET)
        target = queries.download_target(viewer, dataset, asked_version(request.GET))
        target = allowed(request, dataset, target, rules.download(viewer, target.facts if target else None))
        found = queries.members_of(target.version_id or 0, with_windows=asked.windows)
        if found is None:
            raise problems.Problem(
                404, problems.DATASET_NOT_FOUND, "No list of members is kept for this version."
            )
        index = ArchiveIndex.from_parts(*found)
        page, following = _page(index, asked)
        points: dict[int, Point] = {}
        members = [_shown(index, member, points) for member in page]
        return answer(
            shapes.Members(
                dataset_id=target.public_id,
                version=target.version or 1,
                filename=target.filename,
                size_bytes=str(target.size_bytes),
                checksum=f"sha256:{target.sha256}",
                format=index.kind,
                total=index.count,
                listed=index.listed,
                members=members,
                restarts=_restarts(points.items(), windows=asked.windows),
                next=following,
            )
        )


def _page(index: ArchiveIndex, asked: MemberQuery) -> tuple[list[Member], int | None]:
    """Return the members asked for, and the number after which the next page begins; None at the end."""
    page: list[Member] = []
    number = asked.after
    for number, member in index.members(asked.after):
        if member.name.startswith(asked.prefix):
            page.append(member)
        if len(page) == asked.limit or number - asked.after >= _LOOKED_AT:
            break
    return page, number if number < index.listed else None


def _shown(index: ArchiveIndex, member: Member, points: dict[int, Point]) -> shapes.Member:
    # A name that is no Unicode cannot stand in JSON; its bytes are in the archive.
    name = member.name.encode(errors="surrogateescape").decode(errors="replace")
    if member.kind != FILE:
        return shapes.Member(name, member.kind, member.size)
    access = index.ranges_for(member)
    if index.kind == ZIP:
        compression = "deflate" if access.deflated else "stored"
        return shapes.Member(name, member.kind, member.size, access.start, access.end, compression)
    restart = None
    if access.point is not None:
        restart, point = access.point
        points[restart] = point
    return shapes.Member(
        name, member.kind, member.size, access.start, access.end, restart=restart, skip=access.skip
    )


def _restarts(points: Iterable[tuple[int, Point]], *, windows: bool) -> list[shapes.Restart]:
    return [
        shapes.Restart(
            number,
            point.bit,
            point.offset,
            base64.b64encode(alignment(point.bit)).decode(),
            0xFF << point.bit % 8 & 0xFF,
            base64.b64encode(point.window).decode() if windows else None,
        )
        for number, point in points
    ]
