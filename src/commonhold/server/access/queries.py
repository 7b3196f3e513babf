"""Reads behind a download: the facts of the policy, and what an organization used today."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Case, IntegerField, QuerySet, When

from commonhold.server.access.models import APPROVED, DOWNLOAD, PENDING, SAMPLE, AccessRecord, AccessRequest
from commonhold.server.access.rules import Facts
from commonhold.server.kit import sql
from commonhold.server.kit.translation import DEFAULT_LOCALE
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
SELECT d.organization_id, d.visibility, d.status, d.status_reason, d.is_paid, a.id, r.status, p.id,
       d.id, d.public_id, d.slug, f.id, {number}, f.object_key, f.filename, f.content_type, f.size_bytes, f.sha256
FROM catalogue_dataset d
LEFT JOIN {file}
LEFT JOIN access_terms t ON t.dataset_id = d.id
     AND t.number = (SELECT max(l.number) FROM access_terms l WHERE l.dataset_id = d.id)
LEFT JOIN access_agreement a ON a.terms = t.id AND a.person = %s
LEFT JOIN access_accessrequest r ON r.dataset_id = d.id AND r.person_id = %s
LEFT JOIN access_purchase p ON p.dataset_id = d.id AND p.organization_id = %s AND p.revoked_at IS NULL
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
    found = sql.rows(statement, [*leading, person, person, viewer.organization or 0, name, name])
    if not found:
        return None
    values = next((row for row in found if row[9] == name), found[0])
    organization, visibility, status, status_reason, is_paid, agreement, request, purchase, *file = values
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
        has_purchased=purchase is not None,
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


def members_of(version: int, *, with_windows: bool) -> tuple[bytes, bytes] | None:
    """Return listing and windows (empty unless wanted) of a version the caller was already allowed."""
    windows = "windows" if with_windows else "NULL"
    found = sql.row(
        f"SELECT listing, {windows} FROM catalogue_versionmembers WHERE version_id = %s",  # noqa: S608  one of two words
        [version],
    )
    return (bytes(found[0]), bytes(found[1] or b"")) if found else None


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


@dataclass(frozen=True, slots=True)
class CurrentTerms:
    """The terms in force, and what a viewer has to do with them: ids of their agreement, if they agreed to these."""

    terms: int
    number: int
    texts: dict[str, str]
    hashes: dict[str, str]
    created_at: dt.datetime
    agreement: str | None
    agreed_at: dt.datetime | None


def current_terms(viewer: Viewer, dataset: int) -> CurrentTerms | None:
    """Return the terms of a dataset (row id) as they stand now, in one statement."""
    found = sql.row(
        "SELECT t.id, t.number, t.texts, t.hashes, t.created_at, a.public_id, a.agreed_at FROM access_terms t "
        "LEFT JOIN access_agreement a ON a.terms = t.id AND a.person = %s "
        "WHERE t.dataset_id = %s ORDER BY t.number DESC LIMIT 1",
        [viewer.person or 0, dataset],
    )
    if found is None:
        return None
    terms, number, texts, hashes, created_at, agreement, agreed_at = found
    return CurrentTerms(
        terms,
        number,
        sql.as_json(texts),
        sql.as_json(hashes),
        _moment(created_at),
        agreement,
        sql.as_utc(agreed_at),
    )


@dataclass(frozen=True, slots=True)
class Receipt:
    """A line of the ledger with what it names, as far as that is still there.

    ``text`` is the text that was agreed to; None where a translation was mended since, so that only its hash is left.
    """

    public_id: str
    agreed_at: dt.datetime
    locale: str
    text_hash: str
    terms_number: int | None
    text: str | None
    dataset_public_id: str | None
    dataset_slug: str | None
    dataset_name: dict[str, str]
    dataset_default_locale: str
    organization_slug: str | None


_RECEIPT = """
SELECT a.public_id, a.agreed_at, a.locale, a.text_hash, t.number, t.texts, t.hashes, d.public_id, d.slug, d.name,
       d.default_locale, o.slug
FROM access_agreement a
LEFT JOIN access_terms t ON t.id = a.terms
LEFT JOIN catalogue_dataset d ON d.id = a.dataset
LEFT JOIN organizations_organization o ON o.id = a.organization
WHERE a.person = %s
"""


def receipt(viewer: Viewer, public_id: str) -> Receipt | None:
    """Return one of the viewer's own agreements; nobody else's."""
    found = sql.row(_RECEIPT + "AND a.public_id = %s", [viewer.person or 0, public_id])
    return _receipt(found) if found else None


def receipts_of(viewer: Viewer, limit: int = 100) -> list[Receipt]:
    """Return the viewer's own agreements, newest first."""
    rows = sql.rows(_RECEIPT + "ORDER BY a.agreed_at DESC, a.id DESC LIMIT %s", [viewer.person or 0, limit])
    return [_receipt(row) for row in rows]


def _receipt(values: tuple[Any, ...]) -> Receipt:
    (
        public_id,
        agreed_at,
        locale,
        text_hash,
        number,
        texts,
        hashes,
        dataset,
        slug,
        name,
        default,
        organization,
    ) = values
    same = (sql.as_json(hashes) or {}).get(locale) == text_hash
    return Receipt(
        public_id=public_id,
        agreed_at=_moment(agreed_at),
        locale=locale,
        text_hash=text_hash,
        terms_number=number,
        text=(sql.as_json(texts) or {}).get(locale) if same else None,
        dataset_public_id=dataset,
        dataset_slug=slug,
        dataset_name=sql.as_json(name) or {},
        dataset_default_locale=default or DEFAULT_LOCALE,
        organization_slug=organization,
    )


def _moment(value: dt.datetime | str) -> dt.datetime:
    return cast("dt.datetime", sql.as_utc(value))  # the columns read here hold no nulls


def request_of(viewer: Viewer, dataset: int) -> AccessRequest | None:
    """Return the viewer's own request for a dataset (row id), if there is one."""
    return AccessRequest.objects.filter(dataset_id=dataset, person_id=viewer.person).first()


def requests_by(viewer: Viewer, limit: int = 100) -> list[AccessRequest]:
    """Return the viewer's own requests for access, newest first."""
    found = AccessRequest.objects.filter(person_id=viewer.person).select_related("dataset")
    return list(found.order_by("-requested_at", "-id")[:limit])


def records_of(viewer: Viewer) -> QuerySet[AccessRecord]:
    """Return the downloads and samples that were granted to the viewer, newest first."""
    return AccessRecord.objects.filter(person=viewer.person or 0).order_by("-granted_at", "-pk")


def requests_for(viewer: Viewer, organization: int) -> QuerySet[AccessRequest]:
    """Return the requests for an organization's datasets, those that wait first; none to who does not decide them."""
    if not viewer.may_publish_for(organization):
        return AccessRequest.objects.none()
    waiting = Case(When(status=PENDING, then=0), default=1, output_field=IntegerField())
    return (
        AccessRequest.objects.filter(dataset__organization_id=organization)
        .select_related("dataset", "person")
        .order_by(waiting, "-requested_at", "-id")
    )


@dataclass(frozen=True, slots=True)
class FormerTerms:
    """The newest version of a dataset's terms that somebody agreed to before the one in force."""

    number: int
    texts: dict[str, str]
    agreed_at: dt.datetime


def former_terms(viewer: Viewer, dataset: int) -> FormerTerms | None:
    """Return what the viewer agreed to last for a dataset (row id), so that a page can say what has changed since."""
    found = sql.row(
        "SELECT t.number, t.texts, a.agreed_at FROM access_agreement a JOIN access_terms t ON t.id = a.terms "
        "WHERE a.person = %s AND t.dataset_id = %s ORDER BY t.number DESC LIMIT 1",
        [viewer.person or 0, dataset],
    )
    return FormerTerms(found[0], sql.as_json(found[1]), _moment(found[2])) if found else None


@dataclass(frozen=True, slots=True)
class Granted:
    """A download that was granted to a viewer and lives still."""

    public_id: str
    kind: str
    dataset: str
    object_key: str
    filename: str
    content_type: str
    size_bytes: int
    sha256: str
    expires_at: dt.datetime


_GRANTED = """
SELECT r.public_id, r.kind, d.public_id, f.object_key, f.filename, f.content_type, f.size_bytes, f.sha256, r.expires_at
FROM access_accessrecord r JOIN catalogue_dataset d ON d.id = r.dataset JOIN {file}
WHERE r.kind = %s AND r.person = %s AND r.expires_at > %s AND {condition}
ORDER BY r.expires_at DESC LIMIT 1
"""
_FILES = {
    DOWNLOAD: "catalogue_datasetversion f ON f.id = r.version",
    SAMPLE: "catalogue_sample f ON f.dataset_id = d.id",
}


def granted(viewer: Viewer, public_id: str, moment: dt.datetime) -> Granted | None:
    """Return a download of the viewer's own that lives still; nobody else's."""
    for kind, file in _FILES.items():
        statement = _GRANTED.format(file=file, condition="r.public_id = %s")
        if found := sql.row(statement, [kind, viewer.person or 0, moment, public_id]):
            return Granted(*found[:8], expires_at=_moment(found[8]))
    return None


def granted_before(viewer: Viewer, target: Target, kind: str, moment: dt.datetime) -> Granted | None:
    """Return a living download of the same file for the same organization: no need to charge the viewer again."""
    statement = _GRANTED.format(file=_FILES[kind], condition="r.organization = %s AND f.object_key = %s")
    parameters = [kind, viewer.person or 0, moment, viewer.organization or 0, target.object_key]
    found = sql.row(statement, parameters)
    return Granted(*found[:8], expires_at=_moment(found[8])) if found else None
