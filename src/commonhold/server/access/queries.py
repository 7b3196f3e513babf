"""Reads behind a download: the facts of the policy, and what an organization used today."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commonhold.server.access.models import APPROVED, PENDING
from commonhold.server.access.rules import Facts
from commonhold.server.kit import sql
from commonhold.server.kit.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Target:
    """A file somebody asks for, with the facts that decide.

    ``facts.has_file`` says whether the file's own fields are set.
    """

    facts: Facts
    dataset: int
    public_id: str
    slug: str
    version_id: int | None
    version: int | None
    object_key: str
    filename: str
    content_type: str
    size_bytes: int
    sha256: str


_FACTS = """
SELECT d.organization_id, d.visibility, d.status, d.status_reason, d.is_paid, a.id, r.status,
       d.id, d.public_id, d.slug, f.id, {number}, f.object_key, f.filename, f.content_type, f.size_bytes, f.sha256
FROM catalogue_dataset d
LEFT JOIN {file}
LEFT JOIN access_terms t ON t.dataset_id = d.id
     AND t.number = (SELECT max(l.number) FROM access_terms l WHERE l.dataset_id = d.id)
LEFT JOIN access_agreement a ON a.terms = t.id AND a.person = %s
LEFT JOIN access_accessrequest r ON r.dataset_id = d.id AND r.person_id = %s
WHERE d.public_id = %s OR d.slug = %s
LIMIT 2
"""
_OF_CURRENT = _FACTS.format(
    number="f.number", file="catalogue_datasetversion f ON f.id = d.current_version_id"
)
_OF_NUMBERED = _FACTS.format(
    number="f.number", file="catalogue_datasetversion f ON f.dataset_id = d.id AND f.number = %s"
)
_OF_SAMPLE = _FACTS.format(number="NULL", file="catalogue_sample f ON f.dataset_id = d.id")


def download_target(viewer: Viewer, name: str, version: int | None = None) -> Target | None:
    """Return the archive that ``name`` (public id or slug) stands for, with the facts about this viewer; or None."""
    if version is None:
        return _target(viewer, name, _OF_CURRENT, [])
    return _target(viewer, name, _OF_NUMBERED, [version])


def sample_target(viewer: Viewer, name: str) -> Target | None:
    """Return the sample that ``name`` stands for, with the facts about this viewer; or None."""
    return _target(viewer, name, _OF_SAMPLE, [])


def _target(viewer: Viewer, name: str, statement: str, leading: list[Any]) -> Target | None:
    person = viewer.person or 0
    found = sql.rows(statement, [*leading, person, person, name, name])
    if not found:
        return None
    values = next((row for row in found if row[8] == name), found[0])
    organization, visibility, status, status_reason, is_paid, agreement, request, *file = values
    facts = Facts(
        organization=organization,
        visibility=visibility,
        status=status,
        status_reason=status_reason,
        has_file=file[3] is not None,
        has_agreed=agreement is not None,
        is_approved=request == APPROVED,
        is_pending=request == PENDING,
        is_paid=bool(is_paid),
    )
    return Target(facts, *file)


@dataclass(frozen=True, slots=True)
class TermsRow:
    """The terms in force: the version's number and its text in each locale."""

    number: int
    texts: Mapping[str, str]


def terms_in_force(viewer: Viewer, dataset: int) -> TermsRow | None:
    """Return the terms of a dataset (row id) that the viewer was already found to see."""
    del viewer  # the terms are the same for all
    found = sql.row(
        "SELECT number, texts FROM access_terms WHERE dataset_id = %s ORDER BY number DESC LIMIT 1", [dataset]
    )
    return TermsRow(found[0], sql.as_json(found[1])) if found else None


def pieces_of(version: int) -> tuple[int, bytes] | None:
    """Return piece size and concatenated piece digests of a version (row id) the caller was already allowed."""
    found = sql.row(
        "SELECT piece_size, digests FROM catalogue_versionpieces WHERE version_id = %s", [version]
    )
    return (found[0], bytes(found[1])) if found else None


@dataclass(frozen=True, slots=True)
class Use:
    """What an organization was granted on one UTC day."""

    downloads: int
    bandwidth: int


def use_on(organization: int, day: dt.date) -> Use:
    """Return what the organization used on ``day``."""
    found = sql.row(
        "SELECT downloads, bandwidth FROM access_dailyuse WHERE organization = %s AND day = %s",
        [organization, day],
    )
    return Use(int(found[0]), int(found[1])) if found else Use(0, 0)
