"""An organization and what it publishes."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commonhold.server.catalogue import queries
from commonhold.server.catalogue.search import finding
from commonhold.server.kit.translation import DEFAULT_LOCALE
from commonhold.server.organizations.queries import organization
from commonhold.server.web.components import Pages, page_count, shown
from commonhold.server.web.pages.catalogue import PAGE_SIZE, Asked
from commonhold.server.web.viewer import viewer_of


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show an organization with its datasets, newest first."""
    viewer = viewer_of(request)
    found = organization(viewer, slug)
    if found is None:
        raise Http404
    asked = Asked.read(request.GET)
    number = asked.page
    filters = queries.Filters(organizations=[found.slug])
    rows, total = finding.listed(viewer, filters, limit=PAGE_SIZE, offset=(number - 1) * PAGE_SIZE)
    pages = Pages(number, page_count(total, PAGE_SIZE), reverse("organization", args=[slug]))
    if number > pages.count:
        return redirect(pages.of(pages.count))
    locale = request.reader_locale
    context = {
        "organization": found,
        "name": shown(found.name, locale, DEFAULT_LOCALE) or found.slug,
        "description": shown(found.description, locale, DEFAULT_LOCALE),
        "website": found.website if found.website.startswith(("https://", "http://")) else "",
        "datasets": rows,
        "total": total,
        "pages": pages,
        "decides": viewer.may_publish_for(found.pk),
        "is_member": viewer.is_member_of(found.pk),
    }
    return render(request, "organizations/organization.html", context)
