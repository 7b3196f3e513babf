"""Background work on submissions: reading what was sent, removing what nobody needs, cleaning once a day."""

import datetime as dt
import logging
import time
from typing import Any

from django.db.models import Q, QuerySet

from commonhold.server.background.actions import enqueue, retry_all
from commonhold.server.background.models import HEAVY
from commonhold.server.background.registry import task
from commonhold.server.catalogue.removal import DELETE_FILES
from commonhold.server.config.environment import environment
from commonhold.server.kit import clock
from commonhold.server.storage.interface import ObjectNotFoundError
from commonhold.server.storage.store import object_store
from commonhold.server.storage.verification import ArchiveRejectedError, verify
from commonhold.server.submissions import inventory, states
from commonhold.server.submissions.actions import drafts, files
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.tasks import CLEAN, DROP, TIDY, VERIFY

_log = logging.getLogger(__name__)
_TELL_EVERY_SECONDS = 2.0
_KEEP_REJECTED = dt.timedelta(days=7)
_BATCH = 500
_UNREADABLE = (
    "The file could not be read to its end in several attempts. Send it again; if that happens again, "
    "tell the operator of the site."
)
_LOST = "The file is not in the store any more. Send it again."


def _give_up(upload: int) -> None:
    files.settle(upload, files.Findings(reasons=(_UNREADABLE,)))


@task(VERIFY, lane=HEAVY, attempts=5, given_up=_give_up)
def verify_upload(upload: int) -> None:
    """Read a file once, from end to end, and note what that has shown. Done twice, it is noted once."""
    # Found and marked by one statement: another reader may note its findings at any moment, and they stay.
    if not _unsettled(upload).update(verification=states.VERIFYING, verified_bytes=0):
        return
    row = Upload.objects.get(pk=upload)
    try:
        found = verify(
            object_store(environment(), public_url=""),
            row.object_key,
            filename=row.filename,
            claimed_sha256=row.claimed_sha256 or None,
            progress=_Progress(upload),
        )
    except ArchiveRejectedError as error:
        findings = files.Findings(reasons=tuple(error.reasons))
    except ObjectNotFoundError:
        findings = files.Findings(reasons=(_LOST,))
    else:
        members = found.members
        scanned = found.scanned if environment().clamd_url else None
        findings = files.Findings(
            found.hashes, members.dump(), members.dump_windows(), found.schema or "", scanned
        )
    files.settle(upload, findings)


def _unsettled(upload: int) -> QuerySet[Upload]:
    return Upload.objects.filter(pk=upload, verification__in=[states.WAITING, states.VERIFYING])


class _Progress:
    """Notes how far the reading is, now and then."""

    def __init__(self, upload: int) -> None:
        self._upload = upload
        self._told_at = time.monotonic()

    def __call__(self, done: int, *_: Any) -> None:
        if time.monotonic() - self._told_at >= _TELL_EVERY_SECONDS:
            self._told_at = time.monotonic()
            _unsettled(self._upload).update(verified_bytes=done)


@task(DROP)
def drop_upload(upload: int) -> None:
    """Remove the bytes of a file that will not be published."""
    row = Upload.objects.filter(pk=upload, dropped_at=None).first()
    if row is None or files.is_kept(row):
        return
    store = object_store(environment(), public_url="")
    if row.upload_id:
        store.abort_upload(row.object_key, row.upload_id)
    store.delete(row.object_key)
    Upload.objects.filter(pk=upload).update(dropped_at=clock.now())
    Upload.objects.filter(pk=upload, status__in=[states.INITIATING, states.UPLOADING]).update(
        status=states.FAILED
    )


@task(CLEAN, every=dt.timedelta(days=1))
def clean() -> None:
    """Once a day: end what was never finished, and remove what no one needs any more."""
    moment = clock.now()
    unfinished = Q(status=states.UPLOADING, created_at__lt=moment - files.SESSION_LIFETIME)
    unfinished |= Q(status=states.INITIATING, created_at__lt=moment - dt.timedelta(days=1))
    for upload in Upload.objects.filter(unfinished)[:_BATCH]:
        files.expire(upload)
    expired = Submission.objects.filter(status=states.DRAFT, deleted_at=None, expires_at__lt=moment)
    for submission in expired[:_BATCH]:
        drafts.delete(None, submission.public_id)
    rejected = Upload.objects.filter(dropped_at=None, status=states.COMPLETED, version=None)
    rejected = rejected.filter(verification=states.REFUSED, verified_at__lt=moment - _KEEP_REJECTED)
    for upload in rejected[:_BATCH]:
        drafts.drop(upload)
    # Should a job ever have been lost: asking twice for the same changes nothing.
    waiting = Upload.objects.filter(
        verification__in=[states.WAITING, states.VERIFYING], completed_at__lt=moment - dt.timedelta(hours=1)
    )
    for upload in waiting[:_BATCH]:
        enqueue(VERIFY, lane=HEAVY, key=f"{VERIFY}:{upload.pk}", upload=upload.pk)
    store = object_store(environment(), public_url="")
    swept = store.sweep_uploads(moment - files.SESSION_LIFETIME - dt.timedelta(days=1))
    _log.info("the store swept %d unfinished uploads", swept)


@task(TIDY, lane=HEAVY, every=dt.timedelta(days=1))
def tidy() -> None:
    """Once a day: remove what lies in the store and nothing needs (see ``inventory.py``)."""
    for name in (DROP, DELETE_FILES):
        retry_all(name)
    store = object_store(environment(), public_url="")
    orphans = inventory.find_orphans(store)
    try:
        removed = inventory.clean(store, orphans)
    except inventory.UnlikelyError as error:
        _log.error("%s `commonhold admin verify` shows them.", error)
    else:
        _log.info("removed %d orphans from the store; %d objects are known", removed, orphans.known)
