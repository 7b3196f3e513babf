"""What a person downloaded."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commonhold.server.access.models import SAMPLE
from commonhold.server.access.queries import records_of
from commonhold.server.catalogue.names import named
from commonhold.server.web.components import Pages, shown
from commonhold.server.web.viewer import signed_in, viewer_of

PAGE_SIZE = 25


@require_safe
@signed_in
def page(request: HttpRequest) -> HttpResponse:
    """List the downloads that were granted to the viewer, newest first."""
    viewer = viewer_of(request)
    paginator = Paginator(records_of(viewer), PAGE_SIZE)
    entries = paginator.get_page(request.GET.get("page", "1"))
    known = named(viewer, {entry.dataset for entry in entries})
    locale = request.reader_locale
    context = {
        "entries": [
            {
                "record": entry,
                "dataset": known.get(entry.dataset),
                "name": shown(known[entry.dataset].name, locale, known[entry.dataset].default_locale)
                if entry.dataset in known
                else None,
                "is_sample": entry.kind == SAMPLE,
            }
            for entry in entries
        ],
        "pages": Pages(entries.number, paginator.num_pages, reverse("downloads")),
    }
    return render(request, "profile/downloads.html", context)
