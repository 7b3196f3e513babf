"""Taking files: sessions in parts straight to the store, completion that answers at once, what came of verification."""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from commonhold.server.background.actions import enqueue
from commonhold.server.background.models import HEAVY
from commonhold.server.kit import clock
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.keys import (
    InvalidFilenameError,
    archive_content_type,
    archive_suffix,
    bare_filename,
)
from commonhold.server.storage.multipart import MAX_PARTS, PartMismatchError, UploadGoneError
from commonhold.server.storage.pieces import FileHashes
from commonhold.server.storage.store import Store
from commonhold.server.submissions import letters, rules, states
from commonhold.server.submissions.actions import publication
from commonhold.server.submissions.actions.common import locked, note, own, refuse, save
from commonhold.server.submissions.actions.drafts import drop, move
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.queries import versions_wait
from commonhold.server.submissions.tasks import VERIFY

LARGEST_FILE = 1 << 40
MOST_OPEN_UPLOADS = 50
LONGEST_ETAG = 256
LONGEST_NOTES = 7500
SESSION_LIFETIME = dt.timedelta(days=14)
PART_URL_LIFETIME = dt.timedelta(hours=2)
MOST_SIGNED_AT_ONCE = 1000
_MEBIBYTE = 1024 * 1024
_SMALLEST_PART = 10 * _MEBIBYTE
_GZIP_TYPES = {"application/gzip", "application/x-gzip", "application/tar", "application/x-tar"}
_TYPES = {
    ".tar.gz": _GZIP_TYPES,
    ".tgz": _GZIP_TYPES,
    ".zip": {"application/zip", "application/x-zip-compressed"},
}
_CHECKSUM = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_SESSION_GONE = "This upload was ended, or lay unfinished for too long. Begin a new one."


@dataclass(frozen=True, slots=True)
class Completion:
    """What a client says about the file it has sent.

    Attributes:
        upload_id: as it was given at the beginning.
        parts: number and ETag of each.
        checksum: SHA-256 of the whole file, as it claims; None where it claims nothing.
    """

    upload_id: str
    parts: Sequence[tuple[int, str]]
    checksum: str | None


@dataclass(frozen=True, slots=True)
class Findings:
    """What reading a file has shown: hashes, and what of it is kept; or ``reasons`` why it cannot be published."""

    hashes: FileHashes | None = None
    members: bytes | None = None
    windows: bytes | None = None
    schema: str = ""
    scanned: bool | None = None
    reasons: Sequence[str] = field(default_factory=tuple)


def begin(
    viewer: Viewer,
    store: Store,
    submission_id: str,
    *,
    filename: str,
    size: int,
    content_type: str,
    kind: str,
    notes: str = "",
) -> Upload:
    """Begin to send a file for a submission.

    A process that dies in the middle leaves a row that the daily cleaning takes away, and an upload that the store
    sweeps: nothing was promised yet.

    Raises:
        Refused: the submission is not there, not the viewer's, or in no state for it; or too many are under way.
        InvalidError: the name, the size or the type is not one of an archive.
    """
    suffix = _check_file(filename, size, content_type)
    with transaction.atomic():
        submission = own(viewer, submission_id)
        refuse(
            rules.create(viewer, submission.organization_id, can_publish=submission.organization.can_publish)
        )
        refuse(rules.upload(submission.status))
        under_way = Upload.objects.filter(
            submission__organization_id=submission.organization_id,
            status__in=[states.INITIATING, states.UPLOADING],
        )
        if under_way.count() >= MOST_OPEN_UPLOADS:
            message = f"Your organization has {MOST_OPEN_UPLOADS} uploads under way; finish some first."
            raise rules.Refused(rules.Reason.TOO_MANY, message)
        public_id = new_id()
        upload = Upload.objects.create(
            public_id=public_id,
            submission=submission,
            kind=kind,
            author=viewer.person,
            filename=bare_filename(filename),
            content_type=archive_content_type(filename),
            size_bytes=size,
            notes=notes.replace("\0", "")[:LONGEST_NOTES],
            object_key=f"uploads/{submission.public_id}/{public_id}{suffix}",
        )
    upload.upload_id = store.begin_upload(upload.object_key, content_type=upload.content_type)
    upload.status = states.UPLOADING
    with transaction.atomic():
        upload.save(update_fields=["upload_id", "status"])
        note(viewer, "upload_begun", submission, upload=public_id, kind=kind, size=size)
    return upload


def session(viewer: Viewer, upload_id: str, kind: str | None = None) -> Upload:
    """Return an upload of the viewer's organization, whatever became of it.

    Raises:
        Refused: there is none, it is another's, or its submission was deleted.
    """
    found = Upload.objects.select_related("submission").filter(public_id=upload_id).first()
    if found is None or (kind is not None and found.kind != kind):
        raise rules.Refused(rules.Reason.NOT_FOUND, "There is no upload with this id.")
    refuse(rules.handle(viewer, found.submission.organization_id))
    if found.submission.deleted_at is not None or found.status == states.FAILED:
        raise rules.Refused(rules.Reason.SESSION_GONE, _SESSION_GONE)
    return found


def running(upload: Upload) -> Upload:
    """Return the upload if parts can be sent for it.

    Raises:
        Refused: it is complete already, or has not begun.
    """
    if upload.status != states.UPLOADING:
        message = (
            "This upload is complete." if upload.status == states.COMPLETED else "This upload has not begun."
        )
        raise rules.Refused(rules.Reason.STATE, message)
    return upload


def complete(
    viewer: Viewer, store: Store, upload_id: str, said: Completion, kind: str | None = None
) -> Upload:
    """Make the parts that were sent the submission's file, and have it verified. Saying it again changes nothing.

    Raises:
        Refused: no such session, dead (``session_gone``), or in no state for it.
        InvalidError: the parts are not those that arrived, or their sizes or the form of the checksum are wrong.
    """
    upload = session(viewer, upload_id, kind)
    checksum = _check_completion(upload, said)
    if upload.status == states.COMPLETED:
        return _again(upload, checksum)
    running(upload)
    refuse(rules.upload(upload.submission.status))
    _assemble(store, upload, said)
    with transaction.atomic():
        submission = own(viewer, upload.submission.public_id)
        upload = Upload.objects.select_for_update().get(pk=upload.pk)
        if upload.status == states.COMPLETED:
            return _again(upload, checksum)
        if upload.status == states.FAILED:
            raise rules.Refused(rules.Reason.SESSION_GONE, _SESSION_GONE)
        _attach(viewer, submission, upload, checksum)
    return upload


def settle(upload_pk: int, findings: Findings) -> None:
    """Note what reading a file has shown, and do what follows: publish a new version, or tell why not."""
    with transaction.atomic():
        named = Upload.objects.filter(pk=upload_pk).values_list("submission__public_id", flat=True).first()
        if named is None:
            return
        submission = locked(named)
        upload = Upload.objects.select_for_update().get(pk=upload_pk)
        if upload.verification not in {states.WAITING, states.VERIFYING}:
            return
        upload.verified_at = clock.now()
        if findings.hashes is None:
            _refuse_file(submission, upload, list(findings.reasons))
        else:
            _accept_file(submission, upload, findings)


def expire(upload: Upload) -> None:
    """End an upload that was never finished."""
    with transaction.atomic():
        held = Upload.objects.select_for_update().get(pk=upload.pk)
        if held.status in {states.INITIATING, states.UPLOADING}:
            held.status = states.FAILED
            held.save(update_fields=["status"])
            drop(held)


def end(viewer: Viewer, upload_id: str) -> None:
    """End an upload that its publisher does not want to finish.

    Raises:
        Refused: there is none, it is another's, or it is complete already.
    """
    upload = session(viewer, upload_id)
    running(upload)
    expire(upload)
    note(viewer, "upload_ended", upload.submission, upload=upload.public_id)


def proposed_part_size(size: int) -> int:
    """Return whole mebibytes, at least 10, of which no more than 10,000 make ``size``."""
    needed = -(-size // MAX_PARTS)
    return max(_SMALLEST_PART, -(-needed // _MEBIBYTE) * _MEBIBYTE)


def _check_file(filename: str, size: int, content_type: str) -> str:
    mistakes = {}
    suffix = archive_suffix(filename)
    try:
        bare_filename(filename)
    except InvalidFilenameError as error:
        mistakes["filename"] = str(error)
    if not 0 < size <= LARGEST_FILE:
        mistakes["fileSize"] = f"Must be between 1 and {LARGEST_FILE} bytes."
    if suffix and content_type.partition(";")[0].strip().lower() not in _TYPES[suffix]:
        mistakes["mimeType"] = f"Must be the type of a {suffix} file: {', '.join(sorted(_TYPES[suffix]))}."
    if mistakes or suffix is None:
        raise rules.InvalidError(mistakes)
    return suffix


def _check_completion(upload: Upload, said: Completion) -> str:
    mistakes = {}
    checksum = _CHECKSUM.fullmatch(said.checksum) if said.checksum is not None else None
    if said.checksum is not None and checksum is None:
        mistakes["checksum"] = "Must be the SHA-256 of the whole file: 64 lower-case hexadecimal digits."
    if said.upload_id != upload.upload_id:
        mistakes["uploadId"] = "Must be the uploadId of this upload."
    if not 1 <= len(said.parts) <= MAX_PARTS:
        mistakes["parts"] = f"Must list 1 to {MAX_PARTS} parts."
    if mistakes:
        raise rules.InvalidError(mistakes)
    return checksum[1] if checksum else ""


def _again(upload: Upload, checksum: str) -> Upload:
    if checksum and upload.claimed_sha256 and checksum != upload.claimed_sha256:
        message = (
            "This upload was completed before, with another checksum. Begin a new one to send another file."
        )
        raise rules.Refused(rules.Reason.MISMATCH, message)
    return upload


def _assemble(store: Store, upload: Upload, said: Completion) -> None:
    """Have the store make the object, outside of any transaction: it may take seconds."""
    try:
        sizes = {part.number: part.size for part in store.list_parts(upload.object_key, upload.upload_id)}
        total = sum(sizes.get(number, 0) for number in {number for number, _ in said.parts})
    except UploadGoneError:
        # A completion before this one came that far; its answer, or its process, was lost.
        total = upload.size_bytes
    if total != upload.size_bytes:
        message = f"Hold {total} bytes of the {upload.size_bytes} announced as fileSize."
        raise rules.InvalidError({"parts": message})
    try:
        stored = store.complete_upload(upload.object_key, upload.upload_id, said.parts)
    except PartMismatchError as error:
        raise rules.InvalidError({"parts": error.reason}) from None
    except UploadGoneError:
        stored = None
    if stored is None or stored.size != upload.size_bytes:
        expire(upload)
        raise rules.Refused(rules.Reason.SESSION_GONE, _SESSION_GONE)


def _attach(viewer: Viewer, submission: Submission, upload: Upload, checksum: str) -> None:
    upload.status, upload.verification = states.COMPLETED, states.WAITING
    upload.claimed_sha256, upload.completed_at = checksum, clock.now()
    upload.save(update_fields=["status", "verification", "claimed_sha256", "completed_at"])
    slot = "archive" if upload.kind == states.ARCHIVE else "sample"
    former: Upload | None = getattr(submission, slot)
    if former is not None and submission.status != states.APPROVED and not is_kept(former):
        drop(former)
    setattr(submission, slot, upload)
    save(submission, slot)
    enqueue(VERIFY, lane=HEAVY, key=f"{VERIFY}:{upload.pk}", upload=upload.pk)
    note(viewer, "upload_completed", submission, upload=upload.public_id, claimed_sha256=checksum)


def is_kept(upload: Upload) -> bool:
    """Whether the catalogue lives on this upload's bytes."""
    return upload.version_id is not None or upload.release == states.RELEASED


def _refuse_file(submission: Submission, upload: Upload, reasons: list[str]) -> None:
    upload.verification, upload.reasons = states.REFUSED, reasons
    upload.save(update_fields=["verification", "reasons", "verified_at"])
    note(None, "file_rejected", submission, upload=upload.public_id, reasons=reasons)
    if submission.deleted_at is not None:
        return
    current = upload.pk in {submission.archive_id, submission.sample_id}
    if current and submission.status in states.UNDER_REVIEW:
        submission.review_note = " ".join(reasons)
        move(None, submission, states.EDITS_REQUESTED, "review_note")
    letters.tell_of_rejected_file(submission, upload)


def _accept_file(submission: Submission, upload: Upload, findings: Findings) -> None:
    if findings.hashes is None:
        raise ValueError("a file without hashes was not verified")
    upload.verification, upload.sha256 = states.VERIFIED, findings.hashes.sha256
    upload.piece_digests, upload.schema = findings.hashes.pieces, findings.schema
    upload.members, upload.member_windows = findings.members, findings.windows
    upload.verified_bytes, upload.scanned = findings.hashes.size, findings.scanned
    names = [
        "verification",
        "sha256",
        "piece_digests",
        "members",
        "member_windows",
        "schema",
        "scanned",
        "verified_bytes",
    ]
    upload.save(update_fields=[*names, "verified_at"])
    note(None, "file_verified", submission, upload=upload.public_id, sha256=upload.sha256)
    if submission.deleted_at is not None or submission.status != states.APPROVED:
        return
    if upload.kind == states.SAMPLE:
        publication.release_sample(None, submission, upload)
    elif versions_wait(submission.organization_id):
        upload.release = states.AWAITS_REVIEW
        upload.save(update_fields=["release"])
        letters.tell_reviewers(submission)
    else:
        version = publication.release(None, submission, upload)
        letters.tell_of_version(submission, upload, version)
