"""Access to restricted datasets: asked for by people, decided by publishers."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.access import actions, queries, rules
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.queries import DatasetRow
from commonhold.server.catalogue.states import RESTRICTED
from commonhold.server.organizations.models import Organization
from commonhold.server.organizations.queries import organization
from commonhold.server.web.addresses import site_address
from commonhold.server.web.components import Pages, shown
from commonhold.server.web.pages import errors
from commonhold.server.web.pages.datasets import of_dataset
from commonhold.server.web.viewer import form_of, signed_in, viewer_of

PAGE_SIZE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@of_dataset
def ask(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Ask for access to a restricted dataset, or see what became of it."""
    viewer = viewer_of(request)
    if row.visibility != RESTRICTED or viewer.is_member_of(row.organization):
        return redirect("dataset", name=row.public_id)
    message, mistake = request.POST.get("message", "").replace("\0", ""), ""
    if request.method == "POST" and len(message) <= rules.LONGEST_REQUEST:
        dataset = Dataset.objects.select_related("organization").get(pk=row.row_id)
        actions.request_access(viewer, dataset, message.strip(), site=site_address(request))
        return redirect("request_access", name=row.public_id)
    if request.method == "POST":
        mistake = _("Please keep it under %(number)d characters.") % {"number": rules.LONGEST_REQUEST}
    locale = request.reader_locale
    context = {
        "dataset": row,
        "name": shown(row.name, locale, row.default_locale) or row.slug,
        "asked": queries.request_of(viewer, row.row_id),
        "message": message,
        "mistake": mistake,
        "longest": rules.LONGEST_REQUEST,
    }
    return render(request, "requests/ask.html", context, status=400 if mistake else 200)


def _desk_of(request: HttpRequest, slug: str) -> Organization | HttpResponse:
    """Return the organization whose requests the viewer decides, or the answer to one who does not."""
    viewer = viewer_of(request)
    found = organization(viewer, slug)
    if found is None or not viewer.is_member_of(found.pk):
        raise Http404
    return found if viewer.may_publish_for(found.pk) else errors.forbidden(request)


@require_safe
@signed_in
def desk(request: HttpRequest, slug: str) -> HttpResponse:
    """List who wants access to an organization's datasets, those that wait first."""
    found = _desk_of(request, slug)
    if isinstance(found, HttpResponse):
        return found
    paginator = Paginator(queries.requests_for(viewer_of(request), found.pk), PAGE_SIZE)
    entries = paginator.get_page(request.GET.get("page", "1"))
    locale = request.reader_locale
    context = {
        "organization": found,
        "entries": [
            {
                "request": entry,
                "dataset": shown(entry.dataset.name, locale, entry.dataset.default_locale)
                or entry.dataset.slug,
                "decisions": rules.DECISIONS[entry.status],
            }
            for entry in entries
        ],
        "pages": Pages(entries.number, paginator.num_pages, reverse("access_requests", args=[slug])),
    }
    return render(request, "requests/desk.html", context)


@form_of("access_requests", "slug")
@signed_in
def decide(request: HttpRequest, slug: str, public_id: str) -> HttpResponse:
    """Approve, reject or revoke one request; deciding the same twice changes nothing."""
    found = _desk_of(request, slug)
    if isinstance(found, HttpResponse):
        return found
    viewer = viewer_of(request)
    entry = queries.requests_for(viewer, found.pk).filter(public_id=public_id).first()
    if entry is None:
        raise Http404
    decision = request.POST.get("decision", "")
    if decision == entry.status:
        return redirect("access_requests", slug=slug)
    try:
        actions.answer_request(viewer, entry, decision, site=site_address(request))
    except actions.DecidedOtherwiseError:
        messages.error(request, _("That request was decided differently meanwhile. Please look at it again."))
        return redirect("access_requests", slug=slug)
    messages.success(request, _("Done. %(person)s is told by mail.") % {"person": entry.person.email})
    return redirect("access_requests", slug=slug)
