"""Reporting a dataset: open to everybody who can see it, signed in or not."""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from commonhold.server.catalogue.queries import DatasetRow
from commonhold.server.reports.actions import TooManyReportsError, send
from commonhold.server.reports.rules import LONGEST_MESSAGE
from commonhold.server.web import operator_letters
from commonhold.server.web.components import shown
from commonhold.server.web.pages.datasets import of_dataset
from commonhold.server.web.viewer import viewer_of
from commonhold.server.web.words import REPORT_KINDS


class ReportForm(forms.Form):
    """What is wrong with a dataset."""

    kind = forms.ChoiceField(
        label=_("What is it about?"),
        choices=list(REPORT_KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    message = forms.CharField(
        label=_("What is wrong?"),
        max_length=LONGEST_MESSAGE,
        help_text=_(
            "Say which part of the dataset, and how you know. The publisher does not see who you are."
        ),
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto"}),
    )
    email = forms.EmailField(
        label=_("Your mail address"),
        required=False,
        max_length=254,
        help_text=_("Where the answer goes. Without it, you are not told what became of your report."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *arguments: Any, is_known: bool, **named: Any) -> None:
        super().__init__(*arguments, **named)
        if is_known:
            del self.fields["email"]


@require_http_methods(["GET", "HEAD", "POST"])
@of_dataset
def page(request: HttpRequest, row: DatasetRow) -> HttpResponse:
    """Show the form; take a report."""
    is_known = request.user.is_authenticated
    form = ReportForm(request.POST if request.method == "POST" else None, is_known=is_known)
    retry_after = 0
    if form.is_bound and form.is_valid():
        try:
            _send(request, row, form)
        except TooManyReportsError as error:
            retry_after = error.retry_after
            form.add_error(
                None, translate("You have sent several reports already. Please send this one later.")
            )
        else:
            messages.success(request, translate("Thank you. An operator of this site will look at it."))
            return redirect("dataset", name=row.public_id)
    context = {
        "dataset": row,
        "name": shown(row.name, request.reader_locale, row.default_locale) or row.slug,
        "form": form,
    }
    status = 429 if retry_after else 400 if form.errors else 200
    response = render(request, "reports/report.html", context, status=status)
    if retry_after:
        response["Retry-After"] = str(retry_after)
    return response


def _send(request: HttpRequest, row: DatasetRow, form: ReportForm) -> None:
    with transaction.atomic():
        report, is_new = send(
            viewer_of(request),
            row.row_id,
            kind=form.cleaned_data["kind"],
            message=form.cleaned_data["message"],
            email=request.user.email if request.user.is_authenticated else form.cleaned_data["email"],
            locale=request.reader_locale,
            address=request.META.get("REMOTE_ADDR", ""),
        )
        if is_new:
            operator_letters.tell_operators(request, report)
