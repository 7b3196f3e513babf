"""Changes to the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from commonhold.server.audit.actions import record
from commonhold.server.catalogue import rules, stretches
from commonhold.server.catalogue.models import (
    Dataset,
    DatasetVersion,
    LoadingSchema,
    Sample,
    VersionMembers,
    VersionPieces,
)
from commonhold.server.catalogue.search import indexing
from commonhold.server.catalogue.states import PUBLISHED, REMOVED
from commonhold.server.kit import clock, events
from commonhold.server.kit.translation import DefaultTextMissingError, merge
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.pieces import PIECE_SIZE, FileHashes


@dataclass(frozen=True, slots=True)
class StoredArchive:
    """A file that lies in the store and was read and proven there; the last two are its dumped ``ArchiveIndex``."""

    object_key: str
    filename: str
    content_type: str
    hashes: FileHashes
    members: bytes = b""
    member_windows: bytes = b""


@dataclass(frozen=True, slots=True)
class DatasetRemoved:
    """News: a dataset can no longer be had; ``object_keys`` are the files it had."""

    dataset: int
    public_id: str
    object_keys: tuple[str, ...]


@transaction.atomic
def save_dataset(viewer: Viewer | None, dataset: Dataset, changes: Mapping[str, Any]) -> bool:
    """Write ``changes`` to a dataset, new or known, and its texts to the index; return whether anything changed."""
    fresh = dataset.pk is None
    changed = {name: value for name, value in changes.items() if fresh or getattr(dataset, name) != value}
    if not changed and not fresh:
        return False
    for name, value in changed.items():
        setattr(dataset, name, value)
    dataset.updated_at = clock.now()
    dataset.save()
    indexing.put(dataset)
    stretches.keep_short(dataset.pk)
    action = "catalogue.dataset_created" if fresh else "catalogue.dataset_changed"
    record(viewer, action, "dataset", dataset.public_id, fields=sorted(changed))
    return True


class NotAllowedError(PermissionError):
    """The viewer's role does not let them do this."""


class NeedsSubmissionError(ValueError):
    """A field that only a reviewed submission changes (decision 13)."""

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(f"{field} changes through a submission only.")


class TextMissingError(ValueError):
    """A change would leave a translated field without its text in the default locale."""

    def __init__(self, field: str, cause: DefaultTextMissingError) -> None:
        self.field = field
        self.cause = cause
        super().__init__(f"{field}: {cause}")


# Translated columns that publishers edit live, and whether they must have a text.
LIVE_TEXTS = {"name": True, "short_description": False, "long_description": False}
_LIVE_PLAIN = {"contact_name", "contact_email", "show_contact", "visibility"}


@transaction.atomic
def edit_dataset(
    viewer: Viewer,
    dataset: int,
    *,
    texts: Mapping[str, Mapping[str, str | None] | None],
    plain: Mapping[str, Any],
) -> None:
    """Change what publishers change live: translations, descriptions, contact, narrower visibility (decision 13).

    Args:
        viewer: who changes it: an owner or publisher of its organization.
        dataset: row id.
        texts: translations to merge, by column; None takes all of a column away.
        plain: new values, by column.

    Raises:
        NotAllowedError: the viewer may not.
        NeedsSubmissionError: the visibility would become wider.
        TextMissingError: a translated field would lose its text in the default locale.
        ValueError: a column that is not edited live.
    """
    # Held until the end, so that two who each add a translation at once both keep theirs.
    row = Dataset.objects.select_for_update().get(pk=dataset)
    if not viewer.may_publish_for(row.organization_id):
        raise NotAllowedError
    if unknown := (set(texts) - set(LIVE_TEXTS)) | (set(plain) - _LIVE_PLAIN):
        message = f"not edited live: {sorted(unknown)}"
        raise ValueError(message)
    changes = dict(plain)
    for column, given in texts.items():
        try:
            changes[column] = merge(
                getattr(row, column), given, row.default_locale, required=LIVE_TEXTS[column]
            )
        except DefaultTextMissingError as error:
            raise TextMissingError(column, error) from error
    if rules.is_wider(changes.get("visibility", row.visibility), row.visibility):
        raise NeedsSubmissionError("visibility")
    save_dataset(viewer, row, changes)


@transaction.atomic
def remove_dataset(viewer: Viewer, dataset: int, reason: str = "") -> None:
    """Remove a dataset, and its files with it: what only an owner of its organization does.

    Args:
        viewer: who removes it.
        dataset: row id.
        reason: what people are told.

    Raises:
        NotAllowedError: the viewer may not.
    """
    row = Dataset.objects.select_for_update().get(pk=dataset)
    if not rules.may_remove(viewer, row.organization_id):
        raise NotAllowedError
    set_status(viewer, row, REMOVED, reason)


@transaction.atomic
def add_version(
    viewer: Viewer | None,
    dataset: Dataset,
    archive: StoredArchive,
    *,
    notes: Mapping[str, str],
    **fields: Any,
) -> DatasetVersion:
    """Add a proven archive as the dataset's newest version and make it the current one."""
    newest = dataset.versions.aggregate(newest=Max("number"))["newest"] or 0
    version = DatasetVersion.objects.create(
        dataset=dataset, number=newest + 1, notes=notes, **_columns(archive), **fields
    )
    VersionPieces.objects.create(version=version, piece_size=PIECE_SIZE, digests=archive.hashes.pieces)
    if archive.members:
        VersionMembers.objects.create(
            version=version, listing=archive.members, windows=archive.member_windows
        )
    dataset.current_version = version
    dataset.updated_at = clock.now()
    dataset.save(update_fields=["current_version", "updated_at"])
    record(
        viewer, "catalogue.version_added", "dataset", dataset.public_id,
        number=version.number, sha256=version.sha256,
    )  # fmt: skip
    return version


@transaction.atomic
def set_sample(viewer: Viewer | None, dataset: Dataset, archive: StoredArchive | None) -> str | None:
    """Make ``archive`` the dataset's sample (None: it has none) and return the key that nothing names now."""
    former = Sample.objects.filter(dataset=dataset).first()
    if former:
        former.delete()
    if archive:
        Sample.objects.create(dataset=dataset, **_columns(archive))
    dataset.has_sample = archive is not None
    dataset.save(update_fields=["has_sample"])
    record(viewer, "catalogue.sample_set", "dataset", dataset.public_id, present=dataset.has_sample)
    return former.object_key if former else None


@transaction.atomic
def set_status(viewer: Viewer | None, dataset: Dataset, status: str, reason: str = "") -> None:
    """Publish, remove or withhold a dataset; files go with a removed one (decision 19)."""
    if (dataset.status, dataset.status_reason) == (status, reason):
        return
    left = dataset.status == PUBLISHED and status == REMOVED
    dataset.status, dataset.status_reason, dataset.updated_at = status, reason, clock.now()
    dataset.save(update_fields=["status", "status_reason", "updated_at"])
    record(viewer, f"catalogue.dataset_{status}", "dataset", dataset.public_id, reason=reason)
    if left:
        keys = [*dataset.versions.values_list("object_key", flat=True)]
        keys += Sample.objects.filter(dataset=dataset).values_list("object_key", flat=True)
        events.publish(DatasetRemoved(dataset.pk, dataset.public_id, tuple(keys)))


@transaction.atomic
def set_loading_schema(viewer: Viewer | None, dataset: Dataset, text: str | None) -> None:
    """Keep the dataset's loading schema, or drop it."""
    if text is None:
        dropped, _ = LoadingSchema.objects.filter(dataset=dataset).delete()
        if not dropped:
            return
    elif LoadingSchema.objects.filter(dataset=dataset, text=text).exists():
        return
    else:
        LoadingSchema.objects.update_or_create(dataset=dataset, defaults={"text": text})
    record(viewer, "catalogue.schema_set", "dataset", dataset.public_id, present=text is not None)


def _columns(archive: StoredArchive) -> dict[str, Any]:
    return {
        "object_key": archive.object_key,
        "filename": archive.filename,
        "content_type": archive.content_type,
        "size_bytes": archive.hashes.size,
        "sha256": archive.hashes.sha256,
    }
