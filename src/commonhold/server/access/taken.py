"""What was granted of a dataset, as its publisher may know of it."""

import datetime as dt
from dataclasses import dataclass
from typing import cast

from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Taken:
    """A download or a sample that was granted, as the dataset's publisher may know of it.

    ``name`` and ``email`` are those of people who asked this publisher for access to the dataset, who were told that
    the publisher sees them, and of members of the publisher's own organization; empty for everybody else.
    """

    granted_at: dt.datetime
    kind: str
    version: int | None
    size_bytes: int
    name: str
    email: str


_TAKEN = """
SELECT r.granted_at, r.kind, v.number, r.size_bytes, p.name, p.email
FROM access_accessrecord r
LEFT JOIN catalogue_datasetversion v ON v.id = r.version
LEFT JOIN accounts_person p ON p.id = r.person AND (
    EXISTS (SELECT 1 FROM access_accessrequest q WHERE q.dataset_id = r.dataset AND q.person_id = r.person)
    OR EXISTS (SELECT 1 FROM organizations_membership m WHERE m.organization_id = %s AND m.person_id = r.person)
)
WHERE r.dataset = %s ORDER BY r.granted_at DESC, r.id DESC LIMIT %s OFFSET %s
"""


def downloads_of(viewer: Viewer, dataset: int, organization: int, *, limit: int, offset: int) -> list[Taken]:
    """Return what was granted of a dataset of an organization (row ids), newest first; to its publishers only."""
    if not viewer.may_publish_for(organization):
        return []
    found = sql.rows(_TAKEN, [organization, dataset, limit, offset])
    return [
        Taken(cast("dt.datetime", sql.as_utc(granted_at)), kind, version, size, name or "", email or "")
        for granted_at, kind, version, size, name, email in found
    ]


@dataclass(frozen=True, slots=True)
class TakenCount:
    """How much was granted of a dataset, and to how many people."""

    downloads: int
    samples: int
    people: int

    @property
    def total(self) -> int:
        """Downloads and samples."""
        return self.downloads + self.samples


_TAKEN_COUNT = """
SELECT coalesce(sum(CASE WHEN kind = 'download' THEN 1 ELSE 0 END), 0),
       coalesce(sum(CASE WHEN kind = 'sample' THEN 1 ELSE 0 END), 0), count(DISTINCT person)
FROM access_accessrecord WHERE dataset = %s
"""


def count_downloads_of(viewer: Viewer, dataset: int, organization: int) -> TakenCount:
    """Return how much was granted of a dataset of an organization (row ids); to its publishers only."""
    if not viewer.may_publish_for(organization):
        return TakenCount(0, 0, 0)
    return TakenCount(*(int(count) for count in sql.rows(_TAKEN_COUNT, [dataset])[0]))
