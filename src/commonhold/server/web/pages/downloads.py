"""Downloading with the browser."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from commonhold.server.access import models, queries, rules, sessions
from commonhold.server.catalogue.queries import DatasetRow
from commonhold.server.kit import clock
from commonhold.server.organizations.rules import effective_limits
from commonhold.server.storage.store import store_for
from commonhold.server.web.pages import errors
from commonhold.server.web.pages.datasets import of_dataset
from commonhold.server.web.viewer import acting_membership, form_of, signed_in, viewer_of


@form_of("dataset")
@signed_in
@of_dataset
def start(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Grant the archive, charged to the acting organization's day; sent twice, the same grant is shown."""
    viewer = viewer_of(request)
    target = queries.download_target(viewer, row.public_id)
    acting = acting_membership(request)
    if target is None or acting is None or not rules.download(viewer, target.facts).allowed:
        return redirect("dataset", name=row.public_id)
    if before := queries.granted_before(viewer, target, models.DOWNLOAD, clock.now()):
        return redirect("download_ready", record=before.public_id)
    limits = effective_limits(acting.organization.limits, settings.ENVIRONMENT)
    session = sessions.open_download(viewer, target, limits, store_for(request.get_host()))
    if isinstance(session, sessions.Refusal):
        response = errors.error(
            request, 429, _("Today's downloads are used up"),
            _("Your organization has used all it may download in a day. It can download again after midnight UTC; "
              "links you already have go on working."),
        )  # fmt: skip
        response["Retry-After"] = str(max(1, int((session.resets_at - clock.now()).total_seconds()) + 1))
        return response
    return redirect("download_ready", record=session.record_id)


@form_of("dataset")
@signed_in
@of_dataset
def start_sample(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Grant the sample: terms apply, the day's quota does not."""
    viewer = viewer_of(request)
    target = queries.sample_target(viewer, row.public_id)
    if (
        target is None
        or viewer.organization is None
        or not rules.download_sample(viewer, target.facts).allowed
    ):
        return redirect("dataset", name=row.public_id)
    if before := queries.granted_before(viewer, target, models.SAMPLE, clock.now()):
        return redirect("download_ready", record=before.public_id)
    return redirect(
        "download_ready", record=sessions.open_sample(viewer, target, store_for(request.get_host())).record_id
    )


@require_safe
@signed_in
def page(request: HttpRequest, record: str) -> HttpResponse:
    """Show the link of a grant while it lives; the policy is asked again each time."""
    viewer = viewer_of(request)
    found = queries.granted(viewer, record, clock.now())
    if found is None:
        raise Http404
    if found.kind == models.SAMPLE:
        target = queries.sample_target(viewer, found.dataset)
        answer = rules.download_sample(viewer, target.facts if target else None)
    else:
        target = queries.download_target(viewer, found.dataset)
        answer = rules.download(viewer, target.facts if target else None)
    if not answer.allowed:
        return redirect("dataset", name=found.dataset)
    url = store_for(request.get_host()).download_url(
        found.object_key,
        filename=found.filename,
        content_type=found.content_type,
        expires_at=found.expires_at,
    )
    return render(request, "downloads/ready.html", {"granted": found, "url": url})
