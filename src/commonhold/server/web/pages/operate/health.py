"""Whether the site is well: its setup, and its background work."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from commonhold.server.health import actions, queries
from commonhold.server.health.checks import inspect
from commonhold.server.web.pages.operate.desk import form_page, number, read_page, stretch
from commonhold.server.web.viewer import viewer_of


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """Try everything that can be wrong with the site's setup, and show what was found."""
    context = {"section": "health", "findings": inspect(), "work": queries.work(viewer_of(request))}
    return render(request, "operate/health.html", context)


@form_page
def jobs(request: HttpRequest) -> HttpResponse:
    """Show background jobs that have failed; have one done again, or give it up."""
    viewer = viewer_of(request)
    if request.method == "POST":
        _decide(request, number(request.POST.get("job", "")) or 0)
        return redirect("operate_jobs")
    context = {
        "section": "jobs",
        "work": queries.work(viewer),
        "found": stretch(
            request, lambda before, limit: queries.failed_jobs(viewer, before=before, limit=limit)
        ),
        "troubled": queries.troubled_jobs(viewer),
    }
    return render(request, "operate/jobs.html", context)


def _decide(request: HttpRequest, job: int) -> None:
    viewer, what = viewer_of(request), request.POST.get("what", "")
    if what == "retry" and actions.retry_job(viewer, job):
        messages.success(request, _("It is being done again."))
    elif what == "drop" and actions.drop_job(viewer, job):
        messages.success(request, _("It is given up."))
    else:
        messages.error(request, _("That job is no longer on the list of failed ones."))
