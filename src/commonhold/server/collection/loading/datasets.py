"""Datasets of a collection file."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from commonhold.server.access.actions import agree, approve_requester, publish_terms
from commonhold.server.accounts.models import Person
from commonhold.server.catalogue.actions import (
    StoredArchive,
    add_version,
    save_dataset,
    set_loading_schema,
    set_sample,
    set_status,
)
from commonhold.server.catalogue.models import Dataset, Sample
from commonhold.server.catalogue.states import REMOVED
from commonhold.server.collection.dataset import Dataset as DatasetEntry
from commonhold.server.collection.dataset import Version
from commonhold.server.collection.document import Collection
from commonhold.server.collection.loading.archives import StoredFiles
from commonhold.server.collection.loading.people import mentioned
from commonhold.server.collection.loading.references import known_dataset
from commonhold.server.collection.loading.report import Report
from commonhold.server.collection.record import UNSET, Unset
from commonhold.server.kit.ids import new_id
from commonhold.server.kit.translation import pick
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization
from commonhold.server.submissions.actions.adoption import adopt

_PLAIN = {
    "visibility": "visibility",
    "name": "name",
    "short_description": "short_description",
    "long_description": "long_description",
    "restrictions": "restrictions",
    "forbidden_usage": "forbidden_usage",
    "additional_conditions": "additional_conditions",
    "terms": "publisher_terms",
    "task": "task",
    "auto_approve_access_requests": "auto_approve_access_requests",
    "created": "created_at",
}
# Keys where null means "none", which the columns write as an empty text.
_EMPTIABLE = {
    "locale": "locale",
    "format": "format",
    "license": "license_abbreviation",
    "license_name": "license_name",
    "license_url": "license_url",
}


@dataclass(slots=True)
class Prepared:
    """A dataset entry with its files in the store already."""

    entry: DatasetEntry
    dataset: Dataset
    versions: list[tuple[Version, StoredArchive]] = field(default_factory=list)
    sample: StoredArchive | Unset | None = UNSET


def prepare(collection: Collection, files: StoredFiles) -> list[Prepared]:
    """Find each dataset and put its new archives into the store."""
    return [_prepare(collection.path, entry, files) for entry in collection.datasets]


def _prepare(path: Path, entry: DatasetEntry, files: StoredFiles) -> Prepared:
    dataset = known_dataset(entry) or Dataset(
        public_id=entry.id or new_id(), default_locale=entry.default_locale
    )
    prepared = Prepared(entry, dataset)
    if (entry.status or dataset.status) == REMOVED:
        return prepared
    held = set(dataset.versions.values_list("sha256", flat=True)) if dataset.pk else set()
    for version in entry.archives:
        # Where there is nothing to be the same as, a read is saved.
        if held and files.hash(version.file).sha256 in held:
            continue
        key = "versions" if entry.versions is not UNSET else "file"
        stored = files.put(version.file, dataset.public_id, collection=path, source=entry.source, key=key)
        prepared.versions.append((version, stored))
        held.add(stored.hashes.sha256)
    if entry.sample is None:
        prepared.sample = None
    elif entry.sample is not UNSET and not _has_sample(dataset, files.hash(entry.sample).sha256):
        prepared.sample = files.put(
            entry.sample, dataset.public_id, collection=path, source=entry.source, key="sample"
        )
    return prepared


def _has_sample(dataset: Dataset, sha256: str) -> bool:
    return dataset.pk is not None and Sample.objects.filter(dataset=dataset, sha256=sha256).exists()


def apply(prepared: Prepared, report: Report, files: StoredFiles) -> None:
    """Make or change one dataset."""
    entry, dataset = prepared.entry, prepared.dataset
    changed = save_dataset(None, dataset, _changes(entry, dataset))
    for version, archive in prepared.versions:
        fields = {"created_at": version.created} if version.created else {}
        added = add_version(None, dataset, archive, notes=version.notes or {}, **fields)
        report.versions.append(f"{dataset.slug} version {added.number}")
    if prepared.sample is not UNSET and (prepared.sample or dataset.has_sample):
        replaced = set_sample(None, dataset, prepared.sample or None)
        if replaced:
            files.replaced(replaced)
    if entry.schema is not UNSET:
        text = entry.schema.read_text(encoding="utf-8") if entry.schema else None
        set_loading_schema(None, dataset, text)
    terms = publish_terms(None, dataset)
    for email in entry.agreed_by or ():
        person = Person.objects.get(email=email)
        locale = dataset.default_locale
        viewer = Viewer(person=person.pk, organization=person.personal_organization.pk)
        agree(viewer, dataset, terms=terms.pk, locale=locale, text_hash=terms.hashes[locale])
    for email in entry.approved_requesters or ():
        approve_requester(None, dataset, Person.objects.get(email=email).pk)
    if entry.submission is UNSET:
        adopt(dataset)
    else:
        adopt(dataset, entry.submission.id, entry.submission.status)
    if entry.status is not UNSET:
        reasons = {"removed": entry.removed_reason, "withheld": entry.withheld_reason}
        set_status(None, dataset, entry.status, reasons.get(entry.status) or "")
    if changed or prepared.versions:
        report.datasets.append(dataset.slug)


def _changes(entry: DatasetEntry, dataset: Dataset) -> dict[str, Any]:
    changes = mentioned(entry, _PLAIN)
    changes |= {column: value or "" for column, value in mentioned(entry, _EMPTIABLE).items()}
    changes["default_locale"] = entry.default_locale
    if entry.organization is not UNSET:
        changes["organization_id"] = Organization.objects.get(slug=entry.organization).pk
    if entry.slug is not UNSET:
        changes["slug"] = entry.slug
    elif not dataset.slug:
        name = pick(entry.name or {}, entry.default_locale, entry.default_locale) or "dataset"
        changes["slug"] = f"{slugify(name)[:40].strip('-') or 'dataset'}-{secrets.token_hex(4)}"
    if entry.contact is not UNSET:
        contact = entry.contact
        changes["contact_name"] = contact.name if contact else ""
        changes["contact_email"] = contact.email if contact else ""
        changes["show_contact"] = bool(contact and contact.show)
    if entry.price is not UNSET:
        changes |= _price(entry)
    return changes


def _price(entry: DatasetEntry) -> dict[str, Any]:
    price = entry.price
    if not price:
        return {"is_paid": False, "base_price_cents": None, "currency": "", "platform_fee_rate": ""}
    rate = "" if price.platform_fee_rate is UNSET else str(price.platform_fee_rate)
    return {
        "is_paid": True,
        "base_price_cents": price.base_price_cents,
        "currency": price.currency,
        "platform_fee_rate": rate,
    }
