"""Datasets: what was removed and withheld, with reasons; taking away and putting back."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from commonhold.server.audit.queries import Sought, entries
from commonhold.server.catalogue import moderation
from commonhold.server.catalogue.models import Dataset
from commonhold.server.catalogue.states import PUBLISHED, REMOVED, STATUSES, WITHHELD
from commonhold.server.web import operator_letters
from commonhold.server.web.components import shown
from commonhold.server.web.pages.operate.desk import form_page, read_page, stretch, words
from commonhold.server.web.viewer import viewer_of

TAKING_AWAY = (
    (WITHHELD, _("Withhold it for legal reasons (451): the files stay, and it can be put back")),
    (REMOVED, _("Remove it (410): its files are deleted, and everyone who downloaded it is told")),
)


class DecisionForm(forms.Form):
    """What becomes of a dataset, and why."""

    status = forms.ChoiceField(
        label=_("What happens"),
        choices=TAKING_AWAY,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose one.")},
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=moderation.LONGEST_REASON,
        help_text=_("Everybody who opens the dataset's page reads it; its publisher gets it by mail."),
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
    )


@read_page
def page(request: HttpRequest) -> HttpResponse:
    """List datasets that were taken away, or find any."""
    viewer, asked, status = viewer_of(request), words(request), request.GET.get("status", "")
    if not asked and status not in STATUSES:
        status = WITHHELD
    found = stretch(
        request,
        lambda before, limit: moderation.datasets(
            viewer, words=asked, status=status, before=before, limit=limit
        ),
    )
    context = {"section": "datasets", "found": found, "asked": asked, "status": status}
    return render(request, "operate/datasets.html", context)


@form_page
def dataset(request: HttpRequest, name: str) -> HttpResponse:
    """Show where a dataset stands and how it came there; take it away or put it back."""
    viewer = viewer_of(request)
    row = moderation.dataset(viewer, name)
    if row is None:
        raise Http404
    is_return = request.POST.get("what") == "put_back"
    form = DecisionForm(request.POST if request.method == "POST" and not is_return else None)
    if request.method == "POST" and is_return:
        return _put_back(request, row)
    if form.is_bound and form.is_valid():
        with transaction.atomic():
            taken = moderation.moderate(
                viewer, row.pk, form.cleaned_data["status"], form.cleaned_data["reason"]
            )
            operator_letters.tell_of_status(request, taken)
        messages.success(request, translate("Done. The publisher is told by mail."))
        return redirect("operate_dataset", name=row.public_id)
    context = {
        "section": "datasets",
        "dataset": row,
        "name": shown(row.name, request.reader_locale, row.default_locale) or row.slug,
        "form": form,
        "has_files": row.status == PUBLISHED or moderation.has_files(row),
        "history": entries(viewer, Sought(object_kind="dataset", object_id=row.public_id), limit=20),
    }
    return render(request, "operate/dataset.html", context, status=400 if form.errors else 200)


def _put_back(request: HttpRequest, row: Dataset) -> HttpResponse:
    try:
        with transaction.atomic():
            back = moderation.moderate(viewer_of(request), row.pk, PUBLISHED)
            operator_letters.tell_of_status(request, back)
    except moderation.FilesGoneError:
        messages.error(request, translate("Its files have been deleted: there is nothing left to put back."))
    else:
        messages.success(request, translate("It can be found and downloaded again. The publisher is told."))
    return redirect("operate_dataset", name=row.public_id)
