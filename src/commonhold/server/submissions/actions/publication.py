"""From an approved submission to a dataset, and from a proven file to a version of it."""

from collections.abc import Collection

from django.db import transaction

from commonhold.server.access.actions import publish_terms
from commonhold.server.catalogue.actions import (
    StoredArchive,
    add_version,
    save_dataset,
    set_loading_schema,
    set_sample,
)
from commonhold.server.catalogue.models import Dataset, DatasetVersion
from commonhold.server.catalogue.removal import delete_later
from commonhold.server.catalogue.states import PUBLISHED
from commonhold.server.kit import events
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.keys import archive_suffix
from commonhold.server.storage.pieces import FileHashes
from commonhold.server.submissions import states
from commonhold.server.submissions.actions.common import note, save, texts_of
from commonhold.server.submissions.fields import FIELDS
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.news import VersionReleased
from commonhold.server.submissions.translations import Written

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
    "terms": "publisher_terms",
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
    changes = {column: getattr(submission, name) for name, column in (_LIVE | _SETTLED).items()}
    for name, column in _TEXTS.items():
        changes[column] = _text(submission, dataset, name, column, stale=False)
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


def edit_live(
    viewer: Viewer | None, submission: Submission, changed: Collection[str], former: Written
) -> None:
    """Show what may be changed without another review on the dataset at once (decision 13).

    Only what was changed: the rest may have been edited on the dataset itself since.

    Args:
        viewer: who changed it.
        submission: as it is now.
        changed: columns of it.
        former: its texts before.
    """
    if submission.dataset is None or submission.dataset.status != PUBLISHED:
        return
    dataset = Dataset.objects.select_for_update().get(pk=submission.dataset.pk)
    changes = {column: getattr(submission, name) for name, column in _LIVE.items() if name in changed}
    now = texts_of(submission)
    for name, column in _TEXTS.items():
        changes[column] = _edited(getattr(dataset, column), former.texts(name), now.texts(name))
    save_dataset(viewer, dataset, changes)


def _edited(shown: dict[str, str], former: dict[str, str], now: dict[str, str]) -> dict[str, str]:
    """Return the dataset's texts with what was changed from ``former`` to ``now``."""
    if not now:
        return {} if former else shown
    kept = {locale: text for locale, text in shown.items() if locale in now or locale not in former}
    return kept | {locale: text for locale, text in now.items() if former.get(locale) != text}


def take_over(submission: Submission, dataset: Dataset) -> None:
    """Fill a draft with what a dataset says now."""
    submission.dataset = dataset
    submission.text_locale = dataset.default_locale
    for name, column in (_TEXTS | _TERMS_TEXTS).items():
        texts = {locale: text[: LIMITS[name]] for locale, text in getattr(dataset, column).items() if text}
        setattr(submission, name, texts.pop(dataset.default_locale, ""))
        submission.translations = {**submission.translations, name: texts}
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
    upload.version = version
    _released(upload, "version")
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
    _released(upload)


def _released(upload: Upload, *names: str) -> None:
    """Note that the catalogue has the file now, and the index of its members with it: a second copy is not kept."""
    upload.release = states.RELEASED
    upload.members = upload.member_windows = None
    upload.save(update_fields=["release", "members", "member_windows", *names])


def _archive(upload: Upload, stem: str) -> StoredArchive:
    suffix = archive_suffix(upload.filename) or ".tar.gz"
    hashes = FileHashes(upload.size_bytes, upload.sha256, bytes(upload.piece_digests or b""))
    filename = f"{stem}{'.tar.gz' if suffix == '.tgz' else suffix}"
    members, windows = bytes(upload.members or b""), bytes(upload.member_windows or b"")
    return StoredArchive(upload.object_key, filename, upload.content_type, hashes, members, windows)


def _text(submission: Submission, dataset: Dataset, name: str, column: str, *, stale: bool) -> dict[str, str]:
    """Return the submission's text in every language; where it says nothing about translations, the dataset's stay.

    ``stale``: but translations of another text must not stay, because they would be agreed to.
    """
    said, text, locale = submission.translations.get(name), getattr(submission, name), dataset.default_locale
    kept = dict(getattr(dataset, column) if said is None else said)
    if said is None and stale and kept.get(locale) != text:
        kept = {}
    kept.pop(locale, None)
    return {**kept, locale: text} if text else kept
