"""What no single value can tell: names given twice, keys at odds with each other, names declared nowhere."""

from collections.abc import Iterator

from commonhold.server.collection.dataset import Dataset
from commonhold.server.collection.document import Document, Organization, Reference, User
from commonhold.server.collection.mistakes import Findings, Mistake, shown
from commonhold.server.collection.record import UNSET, Need, Record, keys_of


class _Seen:
    """Names that must be unique in the file."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._first: dict[tuple[str, str], Mistake] = {}

    def note(self, space: str, record: Record, key: str, name: object, *, secret: bool = False) -> None:
        """Note ``name`` in ``space``; a mistake if it is there already. UNSET is no name."""
        if not isinstance(name, str):
            return
        here = record.source.mistake(key, "")
        first = self._first.setdefault((space, name), here)
        if first is not here:
            what = "this value" if secret else shown(name)
            text = f"{what} is taken by {first.place} in line {first.line}."
            self._findings.add(here.line, here.place, text)


def check(document: Document, findings: Findings) -> tuple[Reference, ...]:
    """Note what is wrong between the entries, and return the names that only the database can know."""
    _check_names(document, findings)
    for dataset in document.datasets:
        for key, text in _contradictions(dataset):
            mistake = dataset.source.mistake(key, text)
            findings.add(mistake.line, mistake.place, mistake.text)
    return tuple(_unresolved(document))


def _check_names(document: Document, findings: Findings) -> None:
    seen = _Seen(findings)
    for organization in document.organizations:
        seen.note("organization", organization, "slug", organization.slug)
        seen.note("organization id", organization, "id", organization.id)
    for user in document.users:
        seen.note("user", user, "email", user.email)
        for key in user.api_keys or ():
            seen.note(f"key of {user.email}", key, "name", key.name)
            seen.note("key", key, "key", key.key, secret=True)
        for credential in user.jwt or ():
            seen.note("issuer", credential, "issuer", credential.issuer)
    for dataset in document.datasets:
        # One space for both: an address names a dataset by its id or by its slug.
        seen.note("dataset", dataset, "id", dataset.id)
        if dataset.slug != dataset.id:
            seen.note("dataset", dataset, "slug", dataset.slug)
        if dataset.submission is not UNSET:
            seen.note("submission", dataset.submission, "id", dataset.submission.id)


def _contradictions(dataset: Dataset) -> Iterator[tuple[str, str]]:
    """Yield the key and the text of every mistake within ``dataset``."""
    if not dataset.source.lines.keys() & {"id", "slug"}:
        yield "", "lacks the key id or slug: one of them must say which dataset this is."
    if dataset.file is not UNSET and dataset.versions is not UNSET:
        yield "versions", "stands beside file; use one of the two."
    for status, key, reason in (
        ("removed", "removed_reason", dataset.removed_reason),
        ("withheld", "withheld_reason", dataset.withheld_reason),
    ):
        if reason and dataset.status not in {UNSET, status}:
            yield key, f"is given, but the status is {dataset.status}."
    if dataset.auto_approve_access_requests and dataset.visibility not in {UNSET, "restricted"}:
        text = f"is for restricted datasets, but the visibility is {dataset.visibility}."
        yield "auto_approve_access_requests", text
    yield from _order_of_versions(dataset)


def _order_of_versions(dataset: Dataset) -> Iterator[tuple[str, str]]:
    previous = None
    for position, version in enumerate(dataset.versions or ()):
        if version.created is UNSET:
            continue
        if previous is not None and version.created <= previous:
            yield (
                f"versions[{position}].created",
                "is not later than the version before; the oldest comes first.",
            )
        previous = version.created


def _unresolved(document: Document) -> Iterator[Reference]:
    organizations = {organization.slug for organization in document.organizations}
    people = {user.email for user in document.users}
    for user in document.users:
        yield from _unresolved_of_user(user, organizations)
    for dataset in document.datasets:
        if dataset.organization is not UNSET and dataset.organization not in organizations:
            yield _organization(dataset, "organization", dataset.organization)
        for key, emails in (
            ("agreed_by", dataset.agreed_by),
            ("approved_requesters", dataset.approved_requesters),
        ):
            for position, email in enumerate(emails or ()):
                if email not in people:
                    text = f"there is no person {shown(email)}, neither in this file nor on the site."
                    yield Reference("user", email, dataset.source.mistake(f"{key}[{position}]", text))


def _unresolved_of_user(user: User, organizations: set[str]) -> Iterator[Reference]:
    memberships = user.memberships or {}
    for slug in memberships:
        if slug not in organizations:
            yield _organization(user, f"memberships.{slug}", slug)
    for key in user.api_keys or ():
        if not key.organization or key.organization in memberships:
            continue
        text = (
            f"{user.email} is no member of {shown(key.organization)}, neither in this file nor on the site."
        )
        yield Reference(
            "membership", key.organization, key.source.mistake("organization", text), person=user.email
        )


def _organization(record: Record, key: str, slug: str) -> Reference:
    text = f"there is no organization {shown(slug)}, neither in this file nor on the site."
    return Reference("organization", slug, record.source.mistake(key, text))


def missing_for_new(record: Organization | User | Dataset) -> list[Mistake]:
    """Return a mistake for every key that ``record`` lacks, should it be new to the site."""
    lacking = [
        name
        for name, key in keys_of(type(record)).items()
        if key.need is Need.NEW and getattr(record, name) is UNSET
    ]
    if isinstance(record, Dataset) and not record.archives and record.status in {UNSET, "published"}:
        lacking.append("file (or versions)")
    return [record.source.mistake("", f"is new to this site and lacks the key {name}.") for name in lacking]
