"""What a publisher does with a dataset that is published: who downloaded it, and taking it down."""

import csv
import io
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.access import taken
from commonhold.server.catalogue.actions import NotAllowedError, remove_dataset
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.rules import may_remove
from commonhold.server.catalogue.states import PUBLISHED
from commonhold.server.submissions import states
from commonhold.server.submissions.models import Submission
from commonhold.server.web.components import Pages, page_count
from commonhold.server.web.pages import errors
from commonhold.server.web.pages.publish.found import of_submission
from commonhold.server.web.viewer import signed_in, viewer_of

PAGE_SIZE = 50
MOST_LINES = 100_000
LONGEST_REASON = 2000


def _dataset(submission: Submission) -> Dataset:
    if submission.status != states.APPROVED or submission.dataset is None:
        raise Http404
    return submission.dataset


@require_safe
@signed_in
@of_submission
def downloads(request: HttpRequest, submission: Submission) -> HttpResponse:
    """List who downloaded the dataset, as far as the publisher may know them, newest first."""
    dataset = _dataset(submission)
    wanted = request.GET.get("page", "1")
    number = max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 7 else 1
    viewer = viewer_of(request)
    total = taken.count_downloads_of(viewer, dataset.pk, dataset.organization_id)
    pages = Pages(
        number,
        page_count(total.total, PAGE_SIZE),
        reverse("submission_downloads", args=[submission.public_id]),
    )
    if number > pages.count:
        return redirect(pages.of(pages.count))
    found = taken.downloads_of(
        viewer, dataset.pk, dataset.organization_id, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE
    )
    context = {"submission": submission, "downloads": found, "total": total, "pages": pages}
    return render(request, "publish/downloads.html", context)


@require_safe
@signed_in
@of_submission
def downloads_csv(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Return the same as a table for spreadsheets."""
    dataset = _dataset(submission)
    found = taken.downloads_of(
        viewer_of(request), dataset.pk, dataset.organization_id, limit=MOST_LINES, offset=0
    )
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["time", "kind", "version", "bytes", "name", "email"])
    for one in found:
        table.writerow(
            [
                one.granted_at.isoformat(),
                one.kind,
                one.version or "",
                one.size_bytes,
                _inert(one.name),
                _inert(one.email),
            ]
        )
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="downloads-{dataset.slug}.csv"'
    return response


def _inert(text: str) -> str:
    """Return a stranger's text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@of_submission
def take_down(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Ask, then remove the dataset with its files; owners of its organization only."""
    dataset, viewer = _dataset(submission), viewer_of(request)
    if not may_remove(viewer, dataset.organization_id):
        return errors.forbidden(request)
    if dataset.status != PUBLISHED:
        return redirect("submission", public_id=submission.public_id)
    reason = request.POST.get("reason", "").replace("\0", "").replace("\r\n", "\n").strip()
    context: dict[str, Any] = {"submission": submission, "reason": reason, "longest": LONGEST_REASON}
    if request.method == "POST":
        if not reason:
            context["mistake"] = _("Say why: whoever downloaded it is told.")
        elif len(reason) > LONGEST_REASON:
            context["mistake"] = _("Please keep it under %(number)d characters.") % {"number": LONGEST_REASON}
        elif request.POST.get("sure") != "yes":
            context["is_unsure"] = True
        else:
            try:
                remove_dataset(viewer, dataset.pk, reason)
            except NotAllowedError:
                return errors.forbidden(request)
            messages.success(request, _("Taken down. Everyone who downloaded it is told by mail."))
            return redirect("submission", public_id=submission.public_id)
    return render(request, "publish/take_down.html", context, status=400 if request.method == "POST" else 200)
