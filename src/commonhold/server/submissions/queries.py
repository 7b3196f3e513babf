"""Reads of submissions and of what was sent for them; the viewer decides what there is."""

from commonhold.server.kit.viewer import Viewer
from commonhold.server.submissions import rules, states
from commonhold.server.submissions.models import Submission, Upload

_WITH = ("organization", "dataset", "archive", "sample")


def submission(viewer: Viewer, public_id: str) -> Submission:
    """Return a submission that the viewer may see.

    Raises:
        Refused: there is none, it is another organization's, or it was deleted.
    """
    found = Submission.objects.select_related(*_WITH).filter(public_id=public_id).first()
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
    found = Submission.objects.filter(organization_id=organization, deleted_at=None)
    page = found.select_related(*_WITH).order_by("-created_at", "-id")[offset : offset + limit]
    return list(page), found.count()


def awaiting_review(viewer: Viewer, *, limit: int, offset: int = 0) -> list[Submission]:
    """Return what waits for a reviewer, the longest waiting first; nothing to anybody else."""
    if not rules.is_reviewer(viewer):
        return []
    found = Submission.objects.filter(status__in=states.UNDER_REVIEW, deleted_at=None)
    return list(found.select_related(*_WITH).order_by("submitted_at", "id")[offset : offset + limit])


def versions_awaiting_review(viewer: Viewer, *, limit: int) -> list[Upload]:
    """Return new versions of published datasets that wait for a reviewer; nothing to anybody else."""
    if not rules.is_reviewer(viewer):
        return []
    found = Upload.objects.filter(release=states.AWAITS_REVIEW, submission__deleted_at=None)
    return list(found.select_related("submission__organization").order_by("verified_at", "id")[:limit])


def uploads_of(viewer: Viewer, found: Submission, *, limit: int = 100) -> list[Upload]:
    """Return what was sent for a submission that the viewer was allowed to see, newest first."""
    if rules.read(viewer, found.organization_id) is not None:
        return []
    return list(Upload.objects.filter(submission=found).select_related("version").order_by("-id")[:limit])
