"""The reviewer's side: take up, ask for edits, reject, approve; and the same for a new version of what is published."""

from django.db import transaction
from django.utils.translation import gettext as _

from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.submissions import fields, letters, rules, states
from commonhold.server.submissions.actions import publication
from commonhold.server.submissions.actions.common import fields_of, locked, note, refuse, review_facts
from commonhold.server.submissions.actions.drafts import drop, has_file, move
from commonhold.server.submissions.models import Submission, Upload

LONGEST_NOTE = 7500


@transaction.atomic
def start(viewer: Viewer | None, public_id: str) -> Submission:
    """Take a submission up: its publisher cannot change it meanwhile.

    Raises:
        Refused: not there, not the viewer's to review, or in no state for it.
    """
    submission = _reviewable(viewer, public_id)
    if submission.status != states.IN_REVIEW:
        _decide(viewer, submission, states.IN_REVIEW, "")
    return submission


@transaction.atomic
def request_edits(viewer: Viewer | None, public_id: str, note_text: str) -> Submission:
    """Give a submission back to its publisher, saying what to change.

    Raises:
        Refused: as for :func:`start`.
        InvalidError: the note is missing or too long.
    """
    submission = _reviewable(viewer, public_id)
    _decide(viewer, submission, states.EDITS_REQUESTED, _note(note_text))
    letters.tell_author(submission)
    return submission


@transaction.atomic
def reject(viewer: Viewer | None, public_id: str, note_text: str) -> Submission:
    """Turn a submission down for good, saying why.

    Raises:
        Refused: as for :func:`start`.
        InvalidError: the note is missing or too long.
    """
    submission = _reviewable(viewer, public_id)
    _decide(viewer, submission, states.REJECTED, _note(note_text))
    letters.tell_author(submission)
    return submission


@transaction.atomic
def approve(viewer: Viewer | None, public_id: str) -> Submission:
    """Publish a submission whose file is verified: make its dataset, or change it.

    Raises:
        Refused: as for :func:`start`, or the file is not verified (yet).
        InvalidError: something is missing that was there when it was submitted.
    """
    submission = _reviewable(viewer, public_id)
    _require_verified(submission)
    mistakes = fields.missing(fields_of(submission), has_file=has_file(submission))
    if mistakes:
        raise rules.InvalidError(mistakes)
    # Approved first: news of the version must find it so.
    _decide(viewer, submission, states.APPROVED, "")
    publication.publish(viewer, submission)
    letters.tell_author(submission)
    return submission


@transaction.atomic
def release_version(viewer: Viewer | None, upload_id: str) -> Upload:
    """Let a new version of a published dataset go live.

    Raises:
        Refused: not there, not the viewer's to review, or not waiting for review.
    """
    upload = _awaiting(viewer, upload_id)
    version = publication.release(viewer, upload.submission, upload)
    letters.tell_of_version(upload.submission, upload, version)
    return upload


@transaction.atomic
def turn_down_version(viewer: Viewer | None, upload_id: str, note_text: str) -> Upload:
    """Keep a new version from going live, saying why; its bytes are removed.

    Raises:
        Refused: as for :func:`release_version`.
        InvalidError: the note is missing or too long.
    """
    upload = _awaiting(viewer, upload_id)
    upload.release, upload.reasons = states.TURNED_DOWN, [_note(note_text)]
    upload.save(update_fields=["release", "reasons"])
    drop(upload)
    note(viewer, "version_turned_down", upload.submission, upload=upload.public_id)
    letters.tell_of_rejected_file(upload.submission, upload)
    return upload


def _awaiting(viewer: Viewer | None, upload_id: str) -> Upload:
    found = Upload.objects.filter(public_id=upload_id).values_list("submission__public_id", flat=True).first()
    if found is None:
        raise rules.NOT_FOUND
    submission = _allowed(viewer, found)
    upload = Upload.objects.select_for_update().get(public_id=upload_id)
    upload.submission = submission
    if upload.release != states.AWAITS_REVIEW:
        raise rules.Refused(rules.Reason.STATE, _("This version does not wait for review."))
    return upload


def _reviewable(viewer: Viewer | None, public_id: str) -> Submission:
    submission = _allowed(viewer, public_id)
    refuse(rules.decide(submission.status))
    return submission


def _allowed(viewer: Viewer | None, public_id: str) -> Submission:
    if viewer is not None and not rules.is_reviewer(viewer):
        refuse(rules.review(viewer, rules.ReviewFacts(is_member=False, has_others=False)))
    submission = locked(public_id)
    if viewer is not None:
        refuse(rules.review(viewer, review_facts(viewer, submission)))
    if submission.deleted_at is not None:
        raise rules.GONE
    return submission


def _decide(viewer: Viewer | None, submission: Submission, status: str, note_text: str) -> None:
    submission.reviewed_by = viewer.person if viewer else None
    submission.reviewed_at = clock.now()
    submission.review_note = note_text
    move(viewer, submission, status, "reviewed_by", "reviewed_at", "review_note")


def _require_verified(submission: Submission) -> None:
    for upload in (submission.archive, submission.sample):
        if upload is None or upload.verification == states.VERIFIED:
            continue
        if upload.verification == states.REFUSED:
            told = _("The file “%(filename)s” was found faulty: its publisher has to send another.")
        else:
            told = _("The file “%(filename)s” is still being verified; try again in a moment.")
        raise rules.Refused(rules.Reason.NOT_VERIFIED, told % {"filename": upload.filename})


def _note(text: str) -> str:
    text = text.strip()
    if not text:
        raise rules.InvalidError({"note": _("Is missing: tell the publisher why.")})
    if len(text) > LONGEST_NOTE:
        told = _("Must have at most %(limit)d characters, not %(length)d.")
        raise rules.InvalidError({"note": told % {"limit": LONGEST_NOTE, "length": len(text)}})
    return text
