"""The queue of reports, and answering one."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.accounts import directory
from commonhold.server.catalogue.moderation import LONGEST_REASON
from commonhold.server.reports import actions, queries
from commonhold.server.reports.models import Report
from commonhold.server.reports.rules import DISMISSED, KINDS, OPEN, STATUSES
from commonhold.server.web import operator_letters
from commonhold.server.web.components import shown
from commonhold.server.web.pages.operate.datasets import TAKING_AWAY
from commonhold.server.web.pages.operate.desk import form_page, read_page, stretch
from commonhold.server.web.viewer import viewer_of

ALL = "all"


class AnswerForm(forms.Form):
    """How a report is answered, and why."""

    status = forms.ChoiceField(
        label=_("What happens"),
        choices=[
            (DISMISSED, _("Dismiss it: the dataset stays as it is")),
            *TAKING_AWAY,
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        help_text=_(
            "Sender and publisher get it by mail; if the dataset is taken away, everybody who opens its page reads it."
        ),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """List reports, newest first; those that wait for an answer unless others are asked for."""
    viewer, status = viewer_of(request), request.GET.get("status", OPEN)
    kind = request.GET.get("kind", "")
    found = stretch(
        request,
        lambda before, limit: queries.reports(
            viewer, status="" if status == ALL else status, kind=kind, before=before, limit=limit
        ),
    )
    context = {
        "section": "reports", "found": found, "status": status, "kind": kind, "kinds": KINDS, "statuses": STATUSES,
    }  # fmt: skip
    return render(request, "operate/reports.html", context)


@form_page
def report(request: HttpRequest, public_id: str) -> HttpResponse:
    """Show one report, and take its answer."""
    viewer = viewer_of(request)
    found = queries.report(viewer, public_id)
    if found is None:
        raise Http404
    form = AnswerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        _answer(request, found, form)
        return redirect("operate_report", public_id=public_id)
    people = directory.names(viewer, {one for one in (found.person, found.decided_by) if one is not None})
    context = {
        "section": "reports",
        "report": found,
        "dataset": found.dataset,
        "name": shown(found.dataset.name, request.reader_locale, found.dataset.default_locale)
        or found.dataset.slug,
        "sender": people.get(found.person or 0, ""),
        "decided_by": people.get(found.decided_by or 0, ""),
        "others": queries.others_about(viewer, found),
        "form": form,
    }
    return render(request, "operate/report.html", context, status=400 if form.errors else 200)


def _answer(request: HttpRequest, found: Report, form: AnswerForm) -> None:
    try:
        with transaction.atomic():
            answered = actions.answer(
                viewer_of(request), found.public_id, form.cleaned_data["status"], form.cleaned_data["reason"]
            )
            operator_letters.tell_of_answer(request, answered)
    except actions.AlreadyAnsweredError:
        messages.error(request, translate("It was answered already. Nothing was changed."))
    else:
        messages.success(request, translate("Answered. Sender and publisher are told by mail."))
