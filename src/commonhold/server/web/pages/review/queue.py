"""What waits for a reviewer, the longest waiting first."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from commonhold.server.submissions import queries
from commonhold.server.web.components import Pages
from commonhold.server.web.pages.publish.desk import entry
from commonhold.server.web.pages.review.found import of_reviewer
from commonhold.server.web.viewer import signed_in, viewer_of

PAGE_SIZE = 25
_MOST_VERSIONS = 50


@require_safe
@signed_in
@of_reviewer
def page(request: HttpRequest) -> HttpResponse:
    """List submissions and new versions that wait."""
    viewer = viewer_of(request)
    wanted = request.GET.get("page", "1")
    number = max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 7 else 1
    found = queries.awaiting_review(viewer, limit=PAGE_SIZE + 1, offset=(number - 1) * PAGE_SIZE)
    known = queries.people(one.reviewed_by for one in found if one.status == "in_review")
    context = {
        "entries": [
            {
                **entry(one),
                "reviewer": known.get(one.reviewed_by) if one.status == "in_review" else None,
                "is_own": viewer.is_member_of(one.organization_id),
            }
            for one in found[:PAGE_SIZE]
        ],
        "versions": queries.versions_awaiting_review(viewer, limit=_MOST_VERSIONS),
        "pages": Pages(number, number + (len(found) > PAGE_SIZE), reverse("review")),
    }
    return render(request, "review/queue.html", context)
