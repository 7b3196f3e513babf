"""What operators do with datasets: withhold, remove, put back, each with a reason that is shown; and find them."""

from django.db import transaction
from django.db.models import Q

from commonhold.server.catalogue.actions import NotAllowedError, set_status
from commonhold.server.catalogue.models import Dataset, Sample
from commonhold.server.catalogue.states import PUBLISHED, STATUSES
from commonhold.server.config.environment import environment
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.interface import ObjectNotFoundError
from commonhold.server.storage.store import object_store

LONGEST_REASON = 2000


class FilesGoneError(ValueError):
    """A removed dataset whose files have been deleted cannot be put back: there is nothing left to download."""


class ReasonMissingError(ValueError):
    """Nothing is taken from people without saying why."""


@transaction.atomic
def moderate(viewer: Viewer | None, dataset: int, status: str, reason: str = "") -> Dataset:
    """Publish a dataset (row id) again, remove or withhold it.

    Args:
        viewer: the operator (None: at the command line).
        dataset: row id.
        status: ``published``, ``removed`` or ``withheld``.
        reason: shown to everybody who could have seen the dataset; none for one that is put back.

    Raises:
        NotAllowedError: the viewer is no operator.
        ReasonMissingError: it is taken away without a reason.
        FilesGoneError: it is put back after its files were deleted.
    """
    if viewer is not None and not viewer.is_operator:
        raise NotAllowedError
    if status not in STATUSES:
        raise ValueError(status)
    row = Dataset.objects.select_for_update(of=("self",)).select_related("organization").get(pk=dataset)
    reason = "" if status == PUBLISHED else reason.strip()
    if status != PUBLISHED and not reason:
        raise ReasonMissingError
    if status == PUBLISHED and row.status != PUBLISHED and not has_files(row):
        raise FilesGoneError
    set_status(viewer, row, status, reason)
    return row


def has_files(dataset: Dataset) -> bool:
    """Whether everything that the dataset's rows name still lies in the store."""
    store = object_store(environment(), public_url="")
    keys = [*dataset.versions.values_list("object_key", flat=True)]
    keys += Sample.objects.filter(dataset=dataset).values_list("object_key", flat=True)
    try:
        for key in keys:
            store.stat(key)
    except ObjectNotFoundError:
        return False
    return True


def datasets(
    viewer: Viewer, *, words: str = "", status: str = "", before: int | None = None, limit: int
) -> list[Dataset]:
    """Return datasets by newest row first, whatever their visibility; none to those who are no operators.

    Args:
        viewer: who asks.
        words: an id, or part of a slug, or an organization's slug.
        status: one of the statuses; empty for all.
        before: row id to go on from.
        limit: how many at most.
    """
    if not viewer.is_operator:
        return []
    found = Dataset.objects.select_related("organization")
    if words:
        found = found.filter(
            Q(public_id=words) | Q(slug__icontains=words.lower()) | Q(organization__slug=words)
        )
    if status in STATUSES:
        found = found.filter(status=status)
    if before:
        found = found.filter(pk__lt=before)
    return list(found.order_by("-pk")[:limit])


def dataset(viewer: Viewer, name: str) -> Dataset | None:
    """Return the dataset with this id or slug, whatever its state; none to those who are no operators."""
    if not viewer.is_operator:
        return None
    found = Dataset.objects.select_related("organization").filter(Q(public_id=name) | Q(slug=name))
    return next(iter(sorted(found[:2], key=lambda row: row.public_id != name)), None)
