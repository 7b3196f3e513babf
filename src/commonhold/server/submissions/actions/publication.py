"""From an approved submission to a dataset, and from a proven file to a version of it."""

from typing import Any

from django.db import transaction

from commonhold.server.access.actions import publish_terms
from commonhold.server.catalogue.actions import (
    StoredArchive,
    add_version,
    save_dataset,
    set_loading_schema,
    set_sample,
)
from commonhold.server.catalogue.models import PUBLISHED, Dataset, DatasetVersion
from commonhold.server.catalogue.removal import delete_later
from commonhold.server.kit import events
from commonhold.server.kit.translation import pick
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.keys import archive_suffix
from commonhold.server.storage.pieces import FileHashes
from commonhold.server.submissions import states
from commonhold.server.submissions.actions.common import note, save
from commonhold.server.submissions.fields import FIELDS
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.news import VersionReleased

# What came with a collection file may be longer than what publishers can write.
LIMITS = {field.column: field.limit for field in FIELDS}
# Submission and dataset, column by column. Texts that belong to the terms go with a new version of them.
_TEXTS = {
    "name": "name",
    "short_description": "short_description",
    "long_description": "long_description",
}
_TERMS_TEXTS = {
    "restrictions": "restrictions",
    "forbidden_usage": "forbidden_usage",
    "additional_conditions": "additional_conditions",
}
_LIVE = {
    "locale": "locale",
    "task": "task",
    "format": "format",
    "visibility": "visibility",
    "auto_approve_access_requests": "auto_approve_access_requests",
    "point_of_contact_full_name": "contact_name",
    "point_of_contact_email": "contact_email",
    "show_contact_info": "show_contact",
}
_SETTLED = {
    "license_abbreviation": "license_abbreviation",
    "license": "license_name",
    "license_url": "license_url",
    "is_paid": "is_paid",
    "base_price_cents": "base_price_cents",
    "currency": "currency",
}


def publish(viewer: Viewer | None, submission: Submission) -> Dataset:
    """Make the dataset of a submission that is being approved, or bring it up to what the submission says now."""
    dataset = submission.dataset or Dataset(
        slug=submission.slug,
        organization_id=submission.organization_id,
        default_locale=submission.text_locale,
    )
    changes = _live_changes(submission, dataset)
    changes |= {column: getattr(submission, name) for name, column in _SETTLED.items()}
    for name, column in _TERMS_TEXTS.items():
        changes[column] = _text(submission, dataset, name, column, stale=True)
    changes["submission_public_id"] = submission.public_id
    save_dataset(viewer, dataset, changes)
    if submission.dataset_id is None:
        submission.dataset = dataset
        save(submission, "dataset")
    if submission.archive is not None:
        release(viewer, submission, submission.archive)
    if submission.sample is not None and submission.sample.verification == states.VERIFIED:
        release_sample(viewer, submission, submission.sample)
    # Last, so that the terms say what the dataset says.
    publish_terms(viewer, dataset)
    return dataset


def edit_live(viewer: Viewer | None, submission: Submission) -> None:
    """Show what may be changed without another review on the dataset at once (decision 13)."""
    if submission.dataset is not None and submission.dataset.status == PUBLISHED:
        save_dataset(viewer, submission.dataset, _live_changes(submission, submission.dataset))


def take_over(submission: Submission, dataset: Dataset) -> None:
    """Fill a draft with what a dataset says now."""
    submission.dataset = dataset
    submission.text_locale = dataset.default_locale
    for name, column in (_TEXTS | _TERMS_TEXTS).items():
        text = pick(getattr(dataset, column), None, dataset.default_locale) or ""
        setattr(submission, name, text[: LIMITS[name]])
    for name, column in (_LIVE | _SETTLED).items():
        setattr(submission, name, getattr(dataset, column))


@transaction.atomic
def release(viewer: Viewer | None, submission: Submission, upload: Upload) -> DatasetVersion:
    """Make a proven file the dataset's newest version; done twice, it is the same version.

    Bytes that are a version already stay that version: they become the current one again, and are not kept twice.
    """
    dataset = Dataset.objects.select_for_update().get(pk=submission.dataset_id)
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.version is not None:
        return upload.version
    if upload.verification != states.VERIFIED or upload.piece_digests is None:
        message = "only a verified file can be published"
        raise ValueError(message)
    version = dataset.versions.filter(sha256=upload.sha256).first()
    if version is None:
        newest = dataset.versions.order_by("-number").first()
        number = newest.number + 1 if newest else 1
        notes = {submission.text_locale: upload.notes} if upload.notes else {}
        version = add_version(viewer, dataset, _archive(upload, f"{dataset.slug}-v{number}"), notes=notes)
        if upload.schema:
            set_loading_schema(viewer, dataset, upload.schema)
    else:
        # The same bytes once more: nothing new to keep.
        delete_later([upload.object_key])
        if dataset.current_version_id != version.pk:
            dataset.current_version = version
            dataset.save(update_fields=["current_version"])
    upload.version, upload.release = version, states.RELEASED
    upload.save(update_fields=["version", "release"])
    note(viewer, "version_released", submission, upload=upload.public_id, number=version.number)
    events.publish(VersionReleased(dataset.pk, version.pk, upload.pk))
    return version


@transaction.atomic
def release_sample(viewer: Viewer | None, submission: Submission, upload: Upload) -> None:
    """Make a proven file the dataset's sample, in place of the former one."""
    dataset = Dataset.objects.select_for_update().get(pk=submission.dataset_id)
    upload = Upload.objects.select_for_update().get(pk=upload.pk)
    if upload.release == states.RELEASED:
        return
    former = set_sample(viewer, dataset, _archive(upload, f"{dataset.slug}-sample"))
    if former:
        delete_later([former])
    upload.release = states.RELEASED
    upload.save(update_fields=["release"])


def _archive(upload: Upload, stem: str) -> StoredArchive:
    suffix = archive_suffix(upload.filename) or ".tar.gz"
    hashes = FileHashes(upload.size_bytes, upload.sha256, bytes(upload.piece_digests or b""))
    filename = f"{stem}{'.tar.gz' if suffix == '.tgz' else suffix}"
    members, windows = bytes(upload.members or b""), bytes(upload.member_windows or b"")
    return StoredArchive(upload.object_key, filename, upload.content_type, hashes, members, windows)


def _live_changes(submission: Submission, dataset: Dataset) -> dict[str, Any]:
    changes = {column: getattr(submission, name) for name, column in _LIVE.items()}
    for name, column in _TEXTS.items():
        changes[column] = _text(submission, dataset, name, column, stale=False)
    return changes


def _text(submission: Submission, dataset: Dataset, name: str, column: str, *, stale: bool) -> dict[str, str]:
    """Return the dataset's text with the submission's in its default language.

    ``stale``: translations of another text must not stay, because they would be agreed to.
    """
    kept, text = dict(getattr(dataset, column)), getattr(submission, name)
    locale = dataset.default_locale
    if stale and kept.get(locale) != text:
        kept = {}
    kept.pop(locale, None)
    return {**kept, locale: text} if text else kept
