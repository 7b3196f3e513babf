"""Reads of submissions and of what was sent for them; the viewer decides what there is."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from commonhold.server.accounts.models import Person
from commonhold.server.audit.models import Entry
from commonhold.server.catalogue.models import VersionMembers
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions import rules, states
from commonhold.server.submissions.models import Comment, PublishingPolicy, Submission, Upload

_WITH = ("organization", "dataset", "archive__version", "sample__version")
# What was found in files is as large as their listings: nobody who reads a submission needs it.
_BULKY = ("piece_digests", "members", "member_windows")
_WITHOUT = tuple(f"{file}__{column}" for file in ("archive", "sample") for column in (*_BULKY, "schema"))


@dataclass(frozen=True, slots=True)
class Home:
    """An organization that somebody belongs to, as its publisher or not."""

    row_id: int
    slug: str
    can_publish: bool
    is_publisher: bool


def _known() -> QuerySet[Submission]:
    return Submission.objects.select_related(*_WITH).defer(*_WITHOUT)


def submission(viewer: Viewer, public_id: str) -> Submission:
    """Return a submission that the viewer may see.

    Raises:
        Refused: there is none, it is another organization's, or it was deleted.
    """
    found = _known().filter(public_id=public_id).first()
    if found is None:
        raise rules.NOT_FOUND
    refusal = rules.read(viewer, found.organization_id)
    if refusal is not None:
        raise refusal
    if found.deleted_at is not None:
        raise rules.GONE
    return found


def submissions_of(
    viewer: Viewer, organization: int, *, limit: int, offset: int = 0
) -> tuple[list[Submission], int]:
    """Return a page of an organization's submissions, newest first, and how many there are.

    Raises:
        Refused: the viewer does not publish for that organization.
    """
    refusal = rules.handle(viewer, organization)
    if refusal is not None:
        raise refusal
    found = _known().filter(organization_id=organization, deleted_at=None)
    page = found.order_by("-created_at", "-id")[offset : offset + limit]
    return list(page), found.count()


def all_submissions(viewer: Viewer, *, limit: int, offset: int = 0) -> tuple[list[Submission], int]:
    """Return a page of what every organization the viewer publishes for submits, last changed first, and how many."""
    found = handled(viewer).order_by("-updated_at", "-id")
    page = found[offset : offset + limit]
    return list(page), found.count()


def handled(viewer: Viewer, *, organization: str = "", status: str = "") -> QuerySet[Submission]:
    """Return the submissions that the viewer handles as a publisher, newest first; only some of them, if asked so.

    Args:
        viewer: who.
        organization: slug of the one whose they are; "": every organization the viewer publishes for.
        status: where they stand; "": anywhere.
    """
    own = [identity for identity in viewer.memberships if viewer.may_publish_for(identity)]
    found = _known().filter(organization_id__in=own, deleted_at=None)
    return _narrowed(found, organization, status).order_by("-created_at", "-id")


def _narrowed(found: QuerySet[Submission], organization: str, status: str) -> QuerySet[Submission]:
    if organization:
        found = found.filter(organization__slug=organization)
    return found.filter(status=status) if status else found


def homes(viewer: Viewer) -> list[Home]:
    """Return the organizations that the viewer belongs to, personal ones left out, by slug."""
    found = Organization.objects.filter(pk__in=viewer.memberships, personal_of=None).order_by("slug")
    return [
        Home(row.pk, row.slug, row.can_publish, viewer.may_publish_for(row.pk))
        for row in found.only("slug", "can_publish")
    ]


def queue(viewer: Viewer, *, organization: str = "", status: str = "") -> QuerySet[Submission]:
    """Return what waits for a reviewer, the longest waiting first; only some of it, if asked so.

    Raises:
        Refused: the viewer is no reviewer.
    """
    refusal = rules.review(viewer, rules.ReviewFacts(is_member=False, has_others=False))
    if refusal is not None:
        raise refusal
    found = _known().filter(status__in=states.UNDER_REVIEW, deleted_at=None)
    return _narrowed(found, organization, status).order_by("submitted_at", "id")


def awaiting_review(viewer: Viewer, *, limit: int, offset: int = 0) -> list[Submission]:
    """Return what waits for a reviewer, the longest waiting first; nothing to anybody else."""
    if not rules.is_reviewer(viewer):
        return []
    return list(queue(viewer)[offset : offset + limit])


def versions_awaiting_review(viewer: Viewer, *, limit: int) -> list[Upload]:
    """Return new versions of published datasets that wait for a reviewer; nothing to anybody else."""
    if not rules.is_reviewer(viewer):
        return []
    found = Upload.objects.filter(release=states.AWAITS_REVIEW, submission__deleted_at=None)
    found = found.select_related("submission__organization", "submission__dataset").defer(*_BULKY)
    return list(found.order_by("verified_at", "id")[:limit])


def uploads_of(viewer: Viewer, found: Submission, *, limit: int = 100) -> list[Upload]:
    """Return what was sent for a submission that the viewer was allowed to see, newest first."""
    if rules.read(viewer, found.organization_id) is not None:
        return []
    sent = Upload.objects.filter(submission=found).select_related("version")
    return list(sent.defer(*_BULKY).order_by("-id")[:limit])


def versions_wait(organization: int) -> bool:
    """Whether new versions of an organization's datasets wait for a reviewer before they go live."""
    return PublishingPolicy.objects.filter(organization_id=organization, review_new_versions=True).exists()


def members_of(viewer: Viewer, upload: Upload) -> bytes:
    """Return the index of the members of a file that the viewer may see; empty where nobody has read it yet.

    What became a version has its index in the catalogue.
    """
    if rules.read(viewer, upload.submission.organization_id) is not None:
        return b""
    found = Upload.objects.filter(pk=upload.pk).values_list("members", flat=True).first()
    if found is None and upload.version_id is not None:
        kept = VersionMembers.objects.filter(version=upload.version_id)
        found = kept.values_list("listing", flat=True).first()
    return bytes(found or b"")


def comments_on(viewer: Viewer, found: Submission, *, limit: int = 200) -> list[Comment]:
    """Return what was said about a submission, oldest first; remarks among reviewers only to reviewers."""
    said = Comment.objects.filter(submission=found)
    if not rules.is_reviewer(viewer):
        said = said.filter(is_internal=False)
    return list(said.order_by("-id")[:limit])[::-1]


def history_of(viewer: Viewer, found: Submission, *, limit: int = 100) -> list[Entry]:
    """Return what was done with a submission, newest first: for reviewers."""
    if not rules.is_reviewer(viewer):
        return []
    trail = Entry.objects.filter(object_kind="submission", object_id=found.public_id)
    return list(trail.order_by("-id")[:limit])


def people(ids: Iterable[int | None]) -> dict[int, Person]:
    """Return the people that a page about a submission names; those who left are not among them."""
    wanted = {one for one in ids if one is not None}
    return Person.objects.in_bulk(wanted) if wanted else {}


def revision_of(viewer: Viewer, dataset: int) -> Submission | None:
    """Return the unfinished submission that changes a published dataset (row id), if the viewer handles one."""
    found = Submission.objects.filter(
        dataset_id=dataset, deleted_at=None, status__in=[*states.OPEN, *states.UNDER_REVIEW]
    ).order_by("-id")
    first = found.first()
    return first if first and rules.handle(viewer, first.organization_id) is None else None
