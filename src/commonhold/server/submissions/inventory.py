"""Does the store hold what the database says, that and nothing else? What differs, and what of it may go.

An orphan is something in the store that no row needs (any more). What was changed within the grace is none yet: it may
belong to something under way. That an upload runs is never told by time alone: its row says so, and is asked after the
store was listed and once more before anything goes, so that whatever began meanwhile is safe.
"""

import datetime as dt
import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.functions import Collate

from commonhold.server.catalogue.models import DatasetVersion, Sample
from commonhold.server.catalogue.states import REMOVED
from commonhold.server.config.environment import environment
from commonhold.server.kit import clock
from commonhold.server.storage.interface import ListedObject, ObjectNotFoundError
from commonhold.server.storage.multipart import UnfinishedUpload
from commonhold.server.storage.pieces import sha256_of
from commonhold.server.storage.store import Store
from commonhold.server.submissions import states
from commonhold.server.submissions.actions import files
from commonhold.server.submissions.models import Upload

UNKNOWN_OBJECT, UNKNOWN_UPLOAD = "unknown object", "unknown upload"
LEFTOVER, NOT_BEGUN = "leftover file", "upload never begun"
MISSING, WRONG_SIZE, WRONG_CONTENT = "missing", "wrong size", "wrong content"
FAULTS = (MISSING, WRONG_SIZE, WRONG_CONTENT)

GRACE = dt.timedelta(days=1)
# Where a site's own objects lie; whatever else a bucket holds is none of ours.
_OURS = ("check/", "datasets/", "uploads/")
_BATCH = 500
# As many unknown objects as that may simply be cleaned; more only if the database knows more of them still.
_MANY = 100
_LONGEST_LIST = 10_000
_Item = TypeVar("_Item")


class UnlikelyError(Exception):
    """So much of the store is unknown that this is hardly its database."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between the store and the database.

    Attributes:
        kind: one of the constants above.
        name: the object's key, or where the file lies.
        size: bytes that it takes up; of a fault, what the database says.
        at: when it was last changed.
        is_orphan: it may go: nothing needs it, and it is older than the grace.
        upload: the store's id of an upload, or the row's number of one that never began.
    """

    kind: str
    name: str
    size: int
    at: dt.datetime
    is_orphan: bool = False
    upload: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Held:
    """An object that rows name.

    Attributes:
        key: where it lies.
        size: bytes.
        sha256: hex; empty where nobody has read it yet.
        needed: False where its dataset was removed: it may be there, or not.
    """

    key: str
    size: int
    sha256: str
    needed: bool


@dataclass(slots=True)
class Orphans:
    """What no row needs: a list of bounded length, and how much there is in all.

    Attributes:
        findings: the first of them.
        unknown: how many objects are unknown and older than the grace.
        known: how many objects rows need.
        more: whether there are more than the list holds.
    """

    findings: list[Finding]
    unknown: int = 0
    known: int = 0
    more: bool = False

    def add(self, finding: Finding) -> None:
        """Note one."""
        self.unknown += finding.kind == UNKNOWN_OBJECT and finding.is_orphan
        if len(self.findings) < _LONGEST_LIST:
            self.findings.append(finding)
        else:
            self.more = True

    @property
    def is_unlikely(self) -> bool:
        """Whether this looks like another site's database."""
        return self.unknown > max(_MANY, self.known)


def find_orphans(store: Store, grace: dt.timedelta = GRACE) -> Orphans:
    """Go through the store once and return what no row needs."""
    before = clock.now() - grace
    found = Orphans([])
    ours = (listed for listed in store.list_objects() if listed.key.startswith(_OURS))
    for objects in _batches(ours):
        kept = needed([listed.key for listed in objects], grace)
        found.known += len(kept)
        for listed in objects:
            if listed.key not in kept:
                found.add(_of_object(listed, before))
    started = (upload for upload in store.list_uploads() if upload.key.startswith(_OURS))
    for uploads in _batches(started):
        running = under_way([upload.key for upload in uploads])
        for upload in uploads:
            if upload.key not in running:
                found.add(_of_upload(upload, before))
    for left in store.leftovers():
        # Nobody holds its lock, so nobody writes to it any more, however young it is.
        found.add(Finding(LEFTOVER, left.name, left.size, left.modified, is_orphan=True))
    for row in Upload.objects.filter(status=states.INITIATING, created_at__lt=before).iterator():
        found.add(Finding(NOT_BEGUN, row.object_key, 0, row.created_at, is_orphan=True, upload=str(row.pk)))
    return found


def find_faults(store: Store, *, deep: bool = False) -> Iterator[Finding]:
    """Yield what rows need and the store does not have, or not as it was; ``deep`` reads every byte."""
    for key, size, sha256, created_at in _rows():
        kind = _fault(store, key, size, sha256 if deep else "")
        # A row may have been removed while its object was looked at.
        if kind and needed([key], dt.timedelta()):
            yield Finding(kind, key, size, created_at)


def clean(store: Store, orphans: Orphans, *, force: bool = False) -> int:
    """Remove orphans that were found, each after asking once more; return how many that were.

    Raises:
        UnlikelyError: there are more of them than objects that are known; ``force`` removes them all the same.
    """
    if orphans.is_unlikely and not force:
        raise UnlikelyError(
            f"{orphans.unknown} objects are unknown to the database and {orphans.known} are known: this looks like "
            "another site's store, or an old database. Nothing was removed."
        )
    return sum(_remove(store, finding) for finding in orphans.findings if finding.is_orphan)


def needed(keys: Iterable[str], grace: dt.timedelta) -> set[str]:
    """Return those of the keys whose objects some row needs."""
    keys = list(keys)
    # An upload's bytes pass to the catalogue in one transaction: asked in this order, they are seen somewhere.
    sent = Upload.objects.filter(object_key__in=keys, dropped_at=None, version=None)
    sent = sent.exclude(status=states.FAILED).exclude(release=states.RELEASED)
    found = set(sent.values_list("object_key", flat=True))
    stay = clock.now() - grace - dt.timedelta(seconds=environment().removal_grace)
    live = ~Q(dataset__status=REMOVED) | Q(dataset__updated_at__gte=stay)
    for model in (DatasetVersion, Sample):
        found |= set(model.objects.filter(live, object_key__in=keys).values_list("object_key", flat=True))
    return found


def under_way(keys: Iterable[str]) -> set[str]:
    """Return those of the keys for which an upload is under way."""
    running = Upload.objects.filter(
        object_key__in=list(keys), status__in=[states.INITIATING, states.UPLOADING]
    )
    return set(running.values_list("object_key", flat=True))


def held() -> Iterator[Held]:
    """Yield every object that a finished upload, a version or a sample names, once, in the order of their keys."""
    removed = Q(dataset__status=REMOVED)
    sources = [_in_order(_sent(), needed=True)]
    for model in (DatasetVersion, Sample):
        sources += [
            _in_order(model.objects.exclude(removed), needed=True),
            _in_order(model.objects.filter(removed), needed=False),
        ]
    for _, same in groupby(heapq.merge(*sources), attrgetter("key")):
        yield max(same, key=attrgetter("needed", "sha256"))


def _in_order(rows: QuerySet[Any], *, needed: bool) -> Iterator[Held]:
    # By code points, as Python compares, whatever the database's own order is.
    order = Collate("object_key", "BINARY" if connection.vendor == "sqlite" else "C")
    found = rows.order_by(order).values_list("object_key", "size_bytes", "sha256")
    return (Held(*row, needed) for row in found.iterator(chunk_size=_BATCH))


def _sent() -> QuerySet[Upload]:
    sent = Upload.objects.filter(status=states.COMPLETED, dropped_at=None, version=None)
    return sent.exclude(release=states.RELEASED)


def _of_object(listed: ListedObject, before: dt.datetime) -> Finding:
    old = listed.modified < before
    return Finding(UNKNOWN_OBJECT, listed.key, listed.size, listed.modified, is_orphan=old)


def _of_upload(upload: UnfinishedUpload, before: dt.datetime) -> Finding:
    old = upload.changed_at < before
    return Finding(
        UNKNOWN_UPLOAD, upload.key, upload.size, upload.changed_at, is_orphan=old, upload=upload.upload_id
    )


def _rows() -> Iterator[tuple[str, int, str, dt.datetime]]:
    columns = ("object_key", "size_bytes", "sha256", "created_at")
    yield from _sent().values_list(*columns).iterator()
    for model in (DatasetVersion, Sample):
        yield from model.objects.exclude(dataset__status=REMOVED).values_list(*columns).iterator()


def _fault(store: Store, key: str, size: int, sha256: str) -> str:
    try:
        if store.stat(key).size != size:
            return WRONG_SIZE
        if sha256:
            with store.open(key) as file:
                return "" if sha256_of(file) == sha256 else WRONG_CONTENT
    except ObjectNotFoundError:
        return MISSING
    return ""


def _remove(store: Store, finding: Finding) -> int:
    """Remove one orphan, unless something needs it by now; return how many things that removed."""
    if finding.kind == LEFTOVER:
        return store.sweep()
    if finding.kind == NOT_BEGUN:
        row = Upload.objects.filter(pk=int(finding.upload)).first()
        if row is not None:
            files.expire(row)
    elif finding.kind == UNKNOWN_UPLOAD:
        if under_way([finding.name]):
            return 0
        store.abort_upload(finding.name, finding.upload)
    else:
        if needed([finding.name], dt.timedelta()):
            return 0
        store.delete(finding.name)
        failed = Upload.objects.filter(object_key=finding.name, dropped_at=None, status=states.FAILED)
        failed.update(dropped_at=clock.now())
    return 1


def _batches(items: Iterable[_Item]) -> Iterator[list[_Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, _BATCH)):
        yield batch
