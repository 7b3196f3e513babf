"""Download sessions: charging the day's quota and granting a URL, in one transaction and three statements."""

import datetime as dt
import secrets
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection, transaction

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


def open_download(viewer: Viewer, target: Target, limits: Limits, store: ObjectStore) -> Session | Refusal:
    """Charge one download to the viewer's organization and grant a URL for it, or refuse.

    The caller has asked the policy (``rules.download``) first. Charging is one conditional statement, so that any
    number of requests at once are never granted more than the limit.
    """
    moment = clock.now()
    with transaction.atomic():
        charged = _charge(viewer, moment.date(), target.size_bytes, limits)
        if charged:
            return _grant(viewer, target, models.DOWNLOAD, moment, store)
    return _refusal(use_on(_organization(viewer), moment.date()), limits, moment)


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


def _grant(viewer: Viewer, target: Target, kind: str, moment: dt.datetime, store: ObjectStore) -> Session:
    expires_at = moment + dt.timedelta(seconds=environment().download_url_lifetime)
    record_id = new_id()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_accessrecord (public_id, kind, person, organization, credential, dataset, version, "
            "size_bytes, granted_at, expires_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                record_id, kind, viewer.person, _organization(viewer), viewer.credential, target.dataset,
                target.version_id if kind == models.DOWNLOAD else None, target.size_bytes, moment, expires_at,
            ],
        )  # fmt: skip
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
