"""A submission as the v4 API shows it, and the types of what is sent."""

import datetime as dt
from typing import Annotated

import msgspec
from msgspec import Meta

from commonhold.server.api.v4.shapes import Address, Moment, OrganizationReference, Page, Shape
from commonhold.server.api.v4.translated import Translated, shown
from commonhold.server.kit import clock
from commonhold.server.kit.translation import default_locale_of
from commonhold.server.submissions import models, states
from commonhold.server.submissions.actions.common import texts_of


class Person(Shape):
    """Somebody behind a dataset."""

    name: str
    email: str


class ShownPerson(Person):
    """Whom to write to; ``show`` tells whether everybody sees it."""

    show: bool


class SubmissionFile(Shape):
    """A file that was sent for a submission; ``url`` answers how far it is (``/api/uploads``).

    ``verification`` is null until the whole file was sent, then ``waiting``, ``verifying``, ``verified`` or
    ``rejected``, with reasons. ``version`` is the number under which it was published.
    """

    id: str
    url: Address
    filename: str
    size_bytes: int
    status: str
    verification: str | None
    reasons: list[str]
    checksum: Annotated[str, Meta(pattern="^sha256:[0-9a-f]{64}$")] | None
    version: int | None


class SubmittedDataset(Shape):
    """The dataset that a submission became, or changes."""

    id: str
    slug: str
    url: Address


class Pending(Shape):
    """Work that goes on in the background, and the address that tells how it ends."""

    work: str
    file: str
    state: str
    url: Address


class Submission(Shape):
    """What an organization wants to publish. Texts are translated; ``summary`` is the short description."""

    id: str
    url: Address
    status: str
    organization: OrganizationReference
    dataset: SubmittedDataset | None
    default_locale: str
    name: Translated
    summary: Translated
    description: Translated
    restrictions: Translated
    forbidden_usage: Translated
    additional_conditions: Translated
    terms: Translated
    locale: str | None
    task: str | None
    format: str | None
    license: str | None
    license_name: str | None
    license_url: str | None
    intended_usage: str | None
    ethical_review_process: str | None
    other: str | None
    contact: ShownPerson | None
    funder: Person | None
    legal_contact: Person | None
    creator: Person | None
    show_compliance_attributes: bool
    visibility: str | None
    exclusivity_opt_out: bool
    is_paid: bool
    base_price_cents: int | None
    currency: str | None
    auto_approve_access_requests: bool
    archive: SubmissionFile | None
    sample: SubmissionFile | None
    uploads_url: Address
    pending: list[Pending]
    review_note: str | None
    created: Moment
    updated: Moment
    submitted: Moment | None
    reviewed: Moment | None
    expires: Moment | None


class SubmissionPage(Page):
    """A page of submissions."""

    results: list[Submission]


Text = str | msgspec.UnsetType | None
Texts = dict[str, str | None] | str | msgspec.UnsetType | None


class PersonInput(Shape, omit_defaults=True):
    """Somebody behind a dataset; what is left out stays."""

    name: Text = msgspec.UNSET
    email: Text = msgspec.UNSET


class ShownPersonInput(PersonInput):
    """Whom to write to."""

    show: bool | msgspec.UnsetType = msgspec.UNSET


class SubmissionInput(Shape, omit_defaults=True):
    """The fields of a submission that its publisher fills in."""

    default_locale: str | msgspec.UnsetType = msgspec.UNSET
    name: dict[str, str | None] | str | msgspec.UnsetType = msgspec.UNSET
    summary: Texts = msgspec.UNSET
    description: Texts = msgspec.UNSET
    restrictions: Texts = msgspec.UNSET
    forbidden_usage: Texts = msgspec.UNSET
    additional_conditions: Texts = msgspec.UNSET
    terms: Texts = msgspec.UNSET
    locale: Text = msgspec.UNSET
    task: Text = msgspec.UNSET
    format: Text = msgspec.UNSET
    license: Text = msgspec.UNSET
    license_name: Text = msgspec.UNSET
    license_url: Text = msgspec.UNSET
    intended_usage: Text = msgspec.UNSET
    ethical_review_process: Text = msgspec.UNSET
    other: Text = msgspec.UNSET
    contact: ShownPersonInput | msgspec.UnsetType | None = msgspec.UNSET
    funder: PersonInput | msgspec.UnsetType | None = msgspec.UNSET
    legal_contact: PersonInput | msgspec.UnsetType | None = msgspec.UNSET
    creator: PersonInput | msgspec.UnsetType | None = msgspec.UNSET
    show_compliance_attributes: bool | msgspec.UnsetType = msgspec.UNSET
    visibility: Text = msgspec.UNSET
    exclusivity_opt_out: bool | msgspec.UnsetType = msgspec.UNSET
    is_paid: bool | msgspec.UnsetType = msgspec.UNSET
    base_price_cents: int | msgspec.UnsetType | None = msgspec.UNSET
    currency: Text = msgspec.UNSET
    auto_approve_access_requests: bool | msgspec.UnsetType = msgspec.UNSET


class NewSubmissionInput(SubmissionInput):
    """A new submission: its ``name``, or the id of the ``dataset`` it changes.

    ``organization`` is a slug, needed by those who publish for several.
    """

    organization: str | msgspec.UnsetType = msgspec.UNSET
    dataset: str | msgspec.UnsetType | None = msgspec.UNSET


class AgreementInput(Shape):
    """That you agree to the terms for publishers."""

    agree_to_submit: bool


class NoteInput(Shape):
    """What the publisher is told."""

    note: str


def described(found: models.Submission, flat: str | None, site: str) -> Submission:
    """Return a submission as it is shown.

    Args:
        found: as read.
        flat: the locale of single texts, or None for objects of all translations.
        site: the site's address.
    """
    texts, default = texts_of(found), found.text_locale
    organization = found.organization.name
    return Submission(
        id=found.public_id,
        url=f"{site}/profile/submissions/{found.public_id}",
        status=found.status,
        organization=OrganizationReference(
            slug=found.organization.slug, name=shown(organization, flat, default_locale_of(organization))
        ),
        dataset=_dataset(found, site),
        default_locale=default,
        name=shown(texts.texts("name"), flat, default),
        summary=shown(texts.texts("short_description"), flat, default),
        description=shown(texts.texts("long_description"), flat, default),
        restrictions=shown(texts.texts("restrictions"), flat, default),
        forbidden_usage=shown(texts.texts("forbidden_usage"), flat, default),
        additional_conditions=shown(texts.texts("additional_conditions"), flat, default),
        terms=shown(texts.texts("terms"), flat, default),
        locale=found.locale or None,
        task=found.task or None,
        format=found.format or None,
        license=found.license_abbreviation or None,
        license_name=found.license or None,
        license_url=found.license_url or None,
        intended_usage=found.intended_usage or None,
        ethical_review_process=found.ethical_review_process or None,
        other=found.other or None,
        contact=_contact(found),
        funder=_person(found.funded_by_full_name, found.funded_by_email),
        legal_contact=_person(found.legal_contact_full_name, found.legal_contact_email),
        creator=_person(found.created_by_full_name, found.created_by_email),
        show_compliance_attributes=found.show_compliance_attributes,
        visibility=found.visibility or None,
        exclusivity_opt_out=found.exclusivity_opt_out_at is not None,
        is_paid=found.is_paid,
        base_price_cents=found.base_price_cents,
        currency=found.currency or None,
        auto_approve_access_requests=found.auto_approve_access_requests,
        archive=_file(found.archive, site),
        sample=_file(found.sample, site),
        uploads_url=f"{site}/api/uploads",
        pending=pending(found, site),
        review_note=found.review_note or None,
        created=clock.iso(found.created_at),
        updated=clock.iso(found.updated_at),
        submitted=_moment(found.submitted_at),
        reviewed=_moment(found.reviewed_at),
        expires=_moment(found.expires_at),
    )


def pending(found: models.Submission, site: str) -> list[Pending]:
    """Return what still goes on in the background: files that are read from end to end before anybody may have them."""
    return [
        Pending(
            work="verification",
            file=name,
            state=upload.verification,
            url=address(found, site),
        )
        for name, upload in (("archive", found.archive), ("sample", found.sample))
        if upload is not None and upload.verification in {states.WAITING, states.VERIFYING}
    ]


def address(found: models.Submission, site: str) -> str:
    """Return where a submission is read."""
    return f"{site}/api/v4/submissions/{found.public_id}/"


def _dataset(found: models.Submission, site: str) -> SubmittedDataset | None:
    if found.dataset is None:
        return None
    identity = found.dataset.public_id
    return SubmittedDataset(id=identity, slug=found.dataset.slug, url=f"{site}/datasets/{identity}")


def _file(upload: models.Upload | None, site: str) -> SubmissionFile | None:
    if upload is None:
        return None
    return SubmissionFile(
        id=upload.public_id,
        url=f"{site}/api/uploads/{upload.public_id}",
        filename=upload.filename,
        size_bytes=upload.size_bytes,
        status=upload.status,
        verification=upload.verification or None,
        reasons=list(upload.reasons),
        checksum=f"sha256:{upload.sha256}" if upload.sha256 else None,
        version=upload.version.number if upload.version else None,
    )


def _contact(found: models.Submission) -> ShownPerson | None:
    name, email = found.point_of_contact_full_name, found.point_of_contact_email
    return ShownPerson(name=name, email=email, show=found.show_contact_info) if name or email else None


def _person(name: str, email: str) -> Person | None:
    return Person(name=name, email=email) if name or email else None


def _moment(value: dt.datetime | None) -> str | None:
    return clock.iso(value) if value else None
