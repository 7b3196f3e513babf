"""How a dataset's page will look, made from a submission by the very template that makes the page."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commonhold.server.catalogue.queries import DatasetRow, Datasheet, File
from commonhold.server.catalogue.vocabularies import LICENSES
from commonhold.server.kit import clock
from commonhold.server.submissions import states
from commonhold.server.submissions.actions.common import texts_of
from commonhold.server.submissions.models import Submission
from commonhold.server.web.pages.datasets import shown_dataset
from commonhold.server.web.pages.publish.found import of_submission
from commonhold.server.web.viewer import signed_in


@require_safe
@signed_in
@of_submission
def page(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Show the preview."""
    return previewed(request, submission, reverse("submission", args=[submission.public_id]))


def previewed(request: HttpRequest, submission: Submission, back: str) -> HttpResponse:
    """Return the dataset's page as the submission would make it; ``back`` is where the reader came from."""
    context = {
        **shown_dataset(request, _row(submission), _sheet(submission)),
        "back": back,
    }
    return render(request, "publish/preview.html", context)


def _row(submission: Submission) -> DatasetRow:
    text, file, organization = texts_of(submission), submission.archive, submission.organization
    moment = clock.now()
    return DatasetRow(
        row_id=0, public_id=submission.public_id, slug=submission.slug, organization=organization.pk,
        organization_slug=organization.slug, organization_name=organization.name, platform_fee_rate="",
        visibility=submission.visibility or "public", status="published", status_reason="",
        default_locale=submission.text_locale, name=text.texts("name"),
        short_description=text.texts("short_description"), long_description=text.texts("long_description"),
        locale=submission.locale, task=submission.task, format=submission.format,
        license_abbreviation=submission.license_abbreviation,
        license_name=submission.license or LICENSES.get(submission.license_abbreviation, ""),
        license_url=submission.license_url, is_paid=submission.is_paid,
        base_price_cents=submission.base_price_cents, currency=submission.currency,
        has_sample=submission.sample_id is not None, submission_public_id=submission.public_id,
        created_at=submission.dataset.created_at if submission.dataset else moment, updated_at=moment,
        version_id=None, version=1, filename=file.filename if file else None,
        size_bytes=file.size_bytes if file else None, sha256=file.sha256 if file else None,
        version_created_at=None, contact_name=submission.point_of_contact_full_name,
        contact_email=submission.point_of_contact_email, show_contact=submission.show_contact_info,
    )  # fmt: skip


def _sheet(submission: Submission) -> Datasheet:
    text, sample = texts_of(submission), submission.sample
    shows = submission.show_contact_info
    return Datasheet(
        restrictions=text.texts("restrictions"),
        forbidden_usage=text.texts("forbidden_usage"),
        additional_conditions=text.texts("additional_conditions"),
        contact_name=submission.point_of_contact_full_name if shows else "",
        contact_email=submission.point_of_contact_email if shows else "",
        versions=[],
        sample=File(None, sample.filename, sample.size_bytes, sample.sha256, None, {})
        if sample and sample.verification != states.REFUSED
        else None,
    )
