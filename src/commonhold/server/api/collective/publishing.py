"""What the endpoints of publishing have in common: refusals as answers, and what they show."""

import logging
from typing import Any

import msgspec

from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import Endpoint
from commonhold.server.api.collective.problems import Problem
from commonhold.server.api.collective.shapes import Digits, Moment, Shape
from commonhold.server.kit import clock
from commonhold.server.storage.interface import StorageError
from commonhold.server.submissions import fields, rules
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.rules import Reason
from commonhold.server.submissions.translations import TRANSLATED

_log = logging.getLogger(__name__)

NOT_FOUND = "Not found"
DELETED = "This submission has been deleted."
SESSION_GONE = "This upload session no longer exists."
DENIED = "Access denied."
CONFLICT = "Conflict"
STORE_FAILED = "The object store cannot do that now."

_ANSWERS = {
    Reason.NOT_FOUND: (404, NOT_FOUND),
    Reason.GONE: (410, DELETED),
    Reason.SESSION_GONE: (410, SESSION_GONE),
    Reason.SCOPE: (403, problems.MISSING_SCOPE),
    Reason.FOREIGN: (403, DENIED),
    Reason.ROLE: (403, DENIED),
    Reason.CANNOT_PUBLISH: (403, DENIED),
    Reason.NOT_REVIEWER: (403, DENIED),
    Reason.OWN_SUBMISSION: (403, DENIED),
    Reason.STATE: (409, CONFLICT),
    Reason.MISMATCH: (409, CONFLICT),
    Reason.NOT_VERIFIED: (409, CONFLICT),
    Reason.TOO_MANY: (409, CONFLICT),
}


class PublishingEndpoint(Endpoint):
    """An endpoint about submissions: what their rules refuse becomes the API's kind of error."""

    def understood(self, error: Exception) -> Problem | None:
        """Return the answer to what the rules refuse."""
        if isinstance(error, rules.Refused):
            status, text = _ANSWERS[error.reason]
            return Problem(status, text, error.message, reason=str(error.reason))
        if isinstance(error, rules.InvalidError):
            return problems.invalid(error.mistakes)
        if isinstance(error, StorageError):
            _log.error("the object store failed: %s", error)
            return Problem(503, STORE_FAILED, "Try again in a moment.", headers={"Retry-After": "30"})
        return super().understood(error)

    @property
    def organization(self) -> int:
        """The organization that the caller acts for."""
        return self.caller.viewer.organization or 0


def text_of(body: dict[str, Any], name: str, mistakes: dict[str, str], *, required: bool = True) -> str:
    """Return a text of a request body, noting what is wrong with it."""
    value = body.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        mistakes[name] = "Is missing." if value is None else "Must be text that is not empty."
        return ""
    return value


def number_of(body: dict[str, Any], name: str, mistakes: dict[str, str]) -> int:
    """Return a whole number of a request body, noting what is wrong with it."""
    value = body.get(name)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        mistakes[name] = "Is missing." if value is None else "Must be a whole number."
        return 0
    return value


class SentFile(Shape):
    """A file that was sent for a submission."""

    id: str
    filename: str
    size_bytes: Digits
    status: str
    verification: str | None
    reasons: list[str]
    virus_scanned: bool | None
    version: int | None


class FileVersion(Shape):
    """A version of a file reference."""

    id: str
    file_upload: SentFile


class FileReference(Shape):
    """A file of a submission, whichever version of it is current."""

    current_version: FileVersion | None


class FeeRate(Shape):
    """What the platform adds to prices of an organization."""

    platform_fee_rate: str


class DatasetReference(Shape):
    """The dataset that a submission became."""

    id: str


_TYPES: dict[str, Any] = {fields.BOOLEAN: bool, fields.CENTS: int | None}
_FIELDS: list[tuple[str, Any]] = [
    (field.column, str if field.name == "name" else _TYPES.get(field.kind, str | None))
    for field in fields.FIELDS
]

SubmissionFields = msgspec.defstruct(
    "SubmissionFields",
    [(name, kind | msgspec.UnsetType, msgspec.UNSET) for name, kind in _FIELDS]
    + [
        ("exclusivity_opt_out", bool | None | msgspec.UnsetType, msgspec.UNSET),
        ("translations", dict[str, dict[str, str | None]] | msgspec.UnsetType, msgspec.UNSET),
        ("default_locale", str | msgspec.UnsetType, msgspec.UNSET),
    ],
    bases=(Shape,),
    namespace={
        "__doc__": "The fields of a submission that its publisher fills in; keys that are not named here are ignored."
    },
    rename="camel",
    frozen=True,
    kw_only=True,
    module=__name__,
)
SubmissionDescribed = msgspec.defstruct(
    "SubmissionDescribed",
    [
        *_FIELDS,
        ("exclusivity_opt_out", Moment | None),
        ("translations", dict[str, dict[str, str]]),
        ("default_locale", str),
        ("id", str),
        ("organization_id", str),
        ("created_by", str | None),
        ("file_reference_id", str),
        ("sample_file_reference_id", str),
        ("status", str),
        ("slug", str),
        ("agree_to_submit", Moment | None),
        ("submitted_at", Moment | None),
        ("approved_dataset_id", str | None),
        ("reviewed_by", str | None),
        ("review_note", str | None),
        ("created_at", Moment),
        ("updated_at", Moment),
        ("expires_at", Moment | None),
        ("file_upload_id", str | None),
        ("file_upload", SentFile | None),
        ("sample_file_reference", FileReference),
        ("organization", FeeRate),
        ("dataset", DatasetReference | None),
    ],
    bases=(Shape,),
    namespace={"__doc__": "A submission with everything that is known about it."},
    rename="camel",
    frozen=True,
    kw_only=True,
    module=__name__,
)


def described(submission: Submission) -> Any:
    """Return a submission as the API shows it: an empty text is null."""
    values: dict[str, Any] = {}
    for field in fields.FIELDS:
        value = getattr(submission, field.column)
        values[field.column] = value if field.kind in _TYPES or field.name == "name" else value or None
    sample = submission.sample
    return SubmissionDescribed(
        **values,
        exclusivity_opt_out=moment(submission.exclusivity_opt_out_at),
        translations={
            field.name: submission.translations[field.column]
            for field in TRANSLATED
            if submission.translations.get(field.column)
        },
        default_locale=submission.text_locale,
        id=submission.public_id,
        organization_id=submission.organization.public_id,
        created_by=_person(submission.author),
        file_reference_id=str(submission.file_reference),
        sample_file_reference_id=str(submission.sample_file_reference),
        status=submission.status,
        slug=submission.slug,
        agree_to_submit=moment(submission.agreed_to_submit_at),
        submitted_at=moment(submission.submitted_at),
        approved_dataset_id=_approved(submission),
        reviewed_by=_person(submission.reviewed_by),
        review_note=submission.review_note or None,
        created_at=clock.iso(submission.created_at),
        updated_at=clock.iso(submission.updated_at),
        expires_at=moment(submission.expires_at),
        file_upload_id=submission.archive.public_id if submission.archive else None,
        file_upload=sent(submission.archive) if submission.archive else None,
        sample_file_reference=FileReference(
            FileVersion(str(submission.sample_file_reference), sent(sample)) if sample else None
        ),
        organization=FeeRate(submission.organization.platform_fee_rate),
        dataset=DatasetReference(submission.dataset.public_id) if submission.dataset else None,
    )


def sent(upload: Upload) -> SentFile:
    """Return a file as the API shows it."""
    return SentFile(
        id=upload.public_id,
        filename=upload.filename,
        size_bytes=str(upload.size_bytes),
        status=upload.status,
        verification=upload.verification or None,
        reasons=list(upload.reasons),
        virus_scanned=upload.scanned,
        version=upload.version.number if upload.version else None,
    )


def moment(value: Any) -> str | None:
    """Return a moment as the API shows it, or None."""
    return clock.iso(value) if value else None


def _approved(submission: Submission) -> str | None:
    return submission.dataset.public_id if submission.dataset and submission.status == "approved" else None


def _person(person: int | None) -> str | None:
    return None if person is None else str(person)


class SubmissionReply(Shape):
    """A submission."""

    submission: SubmissionDescribed  # type: ignore[valid-type]


class SubmissionList(Shape):
    """A page of an organization's submissions, newest first."""

    items: list[SubmissionDescribed]  # type: ignore[valid-type]
    total: int


class NewSubmission(SubmissionFields):  # type: ignore[valid-type, misc]
    """The beginning of a submission."""

    dataset_id: str | msgspec.UnsetType = msgspec.UNSET


class Agreement(Shape):
    """That you agree to the terms for publishers."""

    agree_to_submit: bool
