"""Changes to what people may reach: versions of terms, agreements, requests for access."""

from django.db import transaction

from commonhold.server.access import letters, rules
from commonhold.server.access import terms as terms_text
from commonhold.server.access.models import (
    APPROVED,
    PENDING,
    AccessRequest,
    Agreement,
    DailyUse,
    Purchase,
    Terms,
)
from commonhold.server.audit.actions import record
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import RESTRICTED
from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.organizations.models import Organization


class TermsChangedError(ValueError):
    """The terms are no longer those that were shown: they must be shown again."""


class DecidedOtherwiseError(ValueError):
    """A request for access cannot become that, as it stands; ``status`` says how."""

    def __init__(self, status: str) -> None:
        self.status = status
        super().__init__(f"this request is {status}")


@transaction.atomic
def publish_terms(viewer: Viewer | None, dataset: Dataset) -> Terms:
    """Bring the dataset's terms up to what its fields say now, and return the version in force.

    A changed text in the default locale is a new version, to which nobody has agreed yet; a translation that was added
    or mended joins the version in force (decision 21).
    """
    texts = terms_text.compose(ingredients_of(dataset))
    hashes = terms_text.hashes(texts)
    current = Terms.objects.filter(dataset=dataset).order_by("-number").first()
    default = dataset.default_locale
    if current and current.hashes.get(default) == hashes[default]:
        if current.hashes != hashes:
            current.texts, current.hashes = texts, hashes
            current.save(update_fields=["texts", "hashes"])
            record(viewer, "access.terms_translated", "dataset", dataset.public_id, number=current.number)
        return current
    number = current.number + 1 if current else 1
    fresh = Terms.objects.create(dataset=dataset, number=number, texts=texts, hashes=hashes)
    record(viewer, "access.terms_published", "dataset", dataset.public_id, number=number, hashes=hashes)
    return fresh


def ingredients_of(dataset: Dataset) -> terms_text.Ingredients:
    """Return what the dataset's terms are made of."""
    return terms_text.Ingredients(
        default_locale=dataset.default_locale,
        license_abbreviation=dataset.license_abbreviation,
        license_name=dataset.license_name,
        license_url=dataset.license_url,
        publisher_terms=dataset.publisher_terms,
        restrictions=dataset.restrictions,
        forbidden_usage=dataset.forbidden_usage,
        additional_conditions=dataset.additional_conditions,
    )


@transaction.atomic
def agree(viewer: Viewer, dataset: Dataset, *, terms: int, locale: str, text_hash: str) -> Agreement:
    """Write into the ledger that the viewer agreed to the text that was shown to them; once written, it stays.

    Args:
        viewer: who agrees; only a signed-in person can (seed 000: never through the API).
        dataset: whose terms.
        terms: row id of the version that was shown.
        locale: the language it was shown in.
        text_hash: SHA-256 of the text that was shown.

    Raises:
        TermsChangedError: another version is in force by now, or the text was not that one.
    """
    current = Terms.objects.filter(dataset=dataset).order_by("-number").first()
    if current is None or current.pk != terms or current.hashes.get(locale) != text_hash:
        message = "The terms have changed since you opened this page. Please read them again."
        raise TermsChangedError(message)
    agreement, created = Agreement.objects.get_or_create(
        person=viewer.person,
        terms=current.pk,
        defaults={
            "organization": viewer.organization,
            "dataset": dataset.pk,
            "locale": locale,
            "text_hash": text_hash,
        },
    )
    if created:
        record(
            viewer, "access.agreed", "dataset", dataset.public_id, terms=current.number, text_hash=text_hash
        )
    return agreement


@transaction.atomic
def request_access(viewer: Viewer, dataset: Dataset, message: str, *, site: str) -> AccessRequest:
    """Ask for a restricted dataset; granted at once where its publisher chose so. Asking twice changes nothing.

    Args:
        viewer: who asks.
        dataset: for what.
        message: to those who decide; they are told by mail.
        site: the site's address, for that letter.
    """
    status = (
        APPROVED if dataset.auto_approve_access_requests and dataset.visibility == RESTRICTED else PENDING
    )
    request, created = AccessRequest.objects.get_or_create(
        dataset=dataset,
        person_id=viewer.person,
        defaults={
            "status": status,
            "message": message,
            "decided_at": clock.now() if status == APPROVED else None,
        },
    )
    if created:
        record(viewer, "access.requested", "dataset", dataset.public_id, status=status)
        if status == PENDING:
            letters.tell_publishers(request, site)
    return request


@transaction.atomic
def approve_requester(viewer: Viewer | None, dataset: Dataset, person: int) -> None:
    """Grant a person access to a restricted dataset, whether or not they have asked."""
    request, created = AccessRequest.objects.get_or_create(dataset=dataset, person_id=person)
    if created or request.status != APPROVED:
        decide_request(viewer, request, APPROVED)


@transaction.atomic
def answer_request(viewer: Viewer, request: AccessRequest, status: str, *, site: str) -> None:
    """Decide a request as its publisher does, and tell who asked by mail. The same decision again changes nothing.

    Args:
        viewer: who decides.
        request: which; it says afterwards how it stands.
        status: what it becomes.
        site: the site's address, for the letter.

    Raises:
        DecidedOtherwiseError: a request that stands as this one does by now cannot become that.
    """
    request.status = AccessRequest.objects.select_for_update().get(pk=request.pk).status
    if request.status == status:
        return
    if status not in rules.DECISIONS[request.status]:
        raise DecidedOtherwiseError(request.status)
    decide_request(viewer, request, status)
    letters.tell_requester(request, site)


@transaction.atomic
def decide_request(viewer: Viewer | None, request: AccessRequest, status: str) -> None:
    """Approve, reject or revoke a request; the decision may be changed later."""
    if request.status == status:
        return
    request.status = status
    request.decided_at = clock.now()
    request.decided_by = viewer.person if viewer else None
    request.save(update_fields=["status", "decided_at", "decided_by"])
    record(viewer, f"access.request_{status}", "dataset", request.dataset.public_id, person=request.person_id)


@transaction.atomic
def reset_daily_use(viewer: Viewer | None, organization: int) -> None:
    """Give an organization its whole day back."""
    DailyUse.objects.filter(organization=organization, day=clock.today()).delete()
    record(viewer, "access.quota_reset", "organization", organization)


@transaction.atomic
def grant_purchase(
    viewer: Viewer | None, organization: Organization, dataset: Dataset, *, reference: str = ""
) -> Purchase:
    """Note that an organization has paid for a dataset; granting it twice changes nothing.

    Args:
        viewer: the operator (None: at the command line).
        organization: who paid.
        dataset: for what.
        reference: of the payment, as the operator's books have it.
    """
    purchase, created = Purchase.objects.get_or_create(
        organization=organization,
        dataset=dataset,
        revoked_at=None,
        defaults={
            "price_cents": dataset.base_price_cents,
            "currency": dataset.currency,
            "reference": reference,
            "granted_by": viewer.person if viewer else None,
        },
    )
    if created:
        record(
            viewer, "access.purchase_granted", "dataset", dataset.public_id,
            organization=organization.slug, reference=reference,
        )  # fmt: skip
    return purchase


@transaction.atomic
def revoke_purchase(viewer: Viewer | None, organization: Organization, dataset: Dataset) -> bool:
    """Take a purchase back; False where there was none."""
    held = Purchase.objects.filter(organization=organization, dataset=dataset, revoked_at=None)
    if not held.update(revoked_at=clock.now()):
        return False
    record(viewer, "access.purchase_revoked", "dataset", dataset.public_id, organization=organization.slug)
    return True
