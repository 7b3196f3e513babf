"""Download sessions: charging the day's quota and granting a URL, in one transaction and three statements.

A client that cannot know whether its question was answered asks again with the same idempotency key, and is given
the session it already has: that takes one statement more, or one less.
"""

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Self, cast

from django.db import IntegrityError, connection, transaction

from commonhold.server.access import models
from commonhold.server.access.queries import Target, Use, use_on
from commonhold.server.config.environment import environment
from commonhold.server.kit import clock, sql
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.rules import Limits
from commonhold.server.storage.interface import ObjectStore

_NO_LIMIT = 2**62


class Exhausted(StrEnum):
    """Which of a day's limits is used up."""

    DOWNLOADS = "downloads"
    BANDWIDTH = "bandwidth"


@dataclass(frozen=True, slots=True)
class Session:
    """A granted download: where to fetch, until when."""

    record_id: str
    token: str
    url: str
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A download that was not granted because the organization's day is used up.

    Attributes:
        exhausted: which limit.
        limit: its size.
        remaining: what is left of it today: 0.
        resets_at: when the day ends (midnight UTC).
    """

    exhausted: Exhausted
    limit: int
    remaining: int
    resets_at: dt.datetime


def open_download(
    viewer: Viewer, target: Target, limits: Limits, store: ObjectStore, *, key: str | None = None
) -> Session | Refusal:
    """Charge one download to the viewer's organization and grant a URL for it, or refuse.

    The caller has asked the policy (``rules.download``) first. Charging is one conditional statement, so that any
    number of requests at once are never granted more than the limit.

    Args:
        viewer: whose download it is.
        target: what is downloaded.
        limits: the organization's.
        store: where it lies.
        key: the client's idempotency key. While a session that the same person was granted for the same
            organization, dataset and version with it lives, that session is the answer and nothing is charged.
    """
    question = None if key is None else _Question.of(viewer, target, key)
    moment = clock.now()
    if again := _already(question, target, store):
        return again
    try:
        with transaction.atomic():
            charged = _charge(viewer, moment.date(), target.size_bytes, limits)
            if charged:
                return _grant(viewer, target, models.DOWNLOAD, moment, store, question=question)
    except IntegrityError:
        # The same question was answered at the same moment; what this one was charged went with its transaction.
        if again := _already(question, target, store):
            return again
        raise
    # The day's last download may have gone to the same question a moment ago.
    return _already(question, target, store) or _refusal(
        use_on(_organization(viewer), moment.date()), limits, moment
    )


def open_sample(viewer: Viewer, target: Target, store: ObjectStore) -> Session:
    """Grant a URL for a sample: free of quota (decision 7)."""
    with transaction.atomic():
        return _grant(viewer, target, models.SAMPLE, clock.now(), store)


# A limit of 0 refuses even the day's first download; the ON CONFLICT branch alone would let that one through.
_CHARGE = """
INSERT INTO access_dailyuse AS u (organization, day, downloads, bandwidth)
SELECT %s, %s, 1, %s WHERE %s > 0 AND %s > 0
ON CONFLICT (organization, day) DO UPDATE SET downloads = u.downloads + 1, bandwidth = u.bandwidth + %s
WHERE u.downloads < %s AND u.bandwidth < %s
RETURNING downloads
"""
_CHARGE_TYPED = _CHARGE.replace(
    "SELECT %s, %s, 1, %s WHERE %s > 0 AND %s > 0",
    "SELECT %s::bigint, %s::date, 1, %s::bigint WHERE %s::bigint > 0 AND %s::bigint > 0",
)


def _charge(viewer: Viewer, day: dt.date, size: int, limits: Limits) -> bool:
    downloads = _NO_LIMIT if limits.downloads is None else limits.downloads
    bandwidth = _NO_LIMIT if limits.bandwidth is None else limits.bandwidth
    statement = _CHARGE if connection.vendor == "sqlite" else _CHARGE_TYPED
    parameters = [_organization(viewer), day, size, downloads, bandwidth, size, downloads, bandwidth]
    return sql.row(statement, parameters) is not None


@dataclass(slots=True)
class _Question:
    """A question that may be asked again.

    Attributes:
        digest: what stands for its key in the database: it says whose and for what, and lets nobody ask with it.
        ended: the record whose session had this key, and is over.
    """

    digest: str
    ended: str | None = None

    @classmethod
    def of(cls, viewer: Viewer, target: Target, key: str) -> Self:
        words = (viewer.person, _organization(viewer), target.dataset, target.version_id, key)
        return cls(hashlib.sha256("\n".join(map(str, words)).encode()).hexdigest())


def _already(question: _Question | None, target: Target, store: ObjectStore) -> Session | None:
    """Return the session that was granted to the same question, while it lives."""
    if question is None:
        return None
    found = sql.row(
        "SELECT public_id, expires_at FROM access_accessrecord WHERE asked_with = %s", [question.digest]
    )
    if found is None:
        return None
    record_id, expires_at = found[0], cast("dt.datetime", sql.as_utc(found[1]))
    if expires_at > clock.now():
        return _session(record_id, target, expires_at, store)
    question.ended = record_id
    return None


def _grant(
    viewer: Viewer,
    target: Target,
    kind: str,
    moment: dt.datetime,
    store: ObjectStore,
    *,
    question: _Question | None = None,
) -> Session:
    expires_at = moment + dt.timedelta(seconds=environment().download_url_lifetime)
    record_id = new_id()
    with connection.cursor() as cursor:
        if question and question.ended:
            cursor.execute(
                "UPDATE access_accessrecord SET asked_with = NULL WHERE public_id = %s", [question.ended]
            )
        cursor.execute(
            "INSERT INTO access_accessrecord (public_id, kind, person, organization, credential, dataset, version, "
            "size_bytes, granted_at, expires_at, asked_with) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                record_id, kind, viewer.person, _organization(viewer), viewer.credential, target.dataset,
                target.version_id if kind == models.DOWNLOAD else None, target.size_bytes, moment, expires_at,
                question.digest if question else None,
            ],
        )  # fmt: skip
    return _session(record_id, target, expires_at, store)


def _session(record_id: str, target: Target, expires_at: dt.datetime, store: ObjectStore) -> Session:
    url = store.download_url(
        target.object_key, filename=target.filename, content_type=target.content_type, expires_at=expires_at
    )
    return Session(record_id, f"tok_{secrets.token_urlsafe(24)}", url, expires_at)


def _refusal(use: Use, limits: Limits, moment: dt.datetime) -> Refusal:
    resets_at = clock.next_midnight(moment)
    if limits.downloads is not None and use.downloads >= limits.downloads:
        return Refusal(Exhausted.DOWNLOADS, limits.downloads, 0, resets_at)
    return Refusal(Exhausted.BANDWIDTH, limits.bandwidth or 0, 0, resets_at)


def _organization(viewer: Viewer) -> int:
    if viewer.organization is None:
        message = "a download is granted to somebody, acting for an organization"
        raise ValueError(message)
    return viewer.organization
