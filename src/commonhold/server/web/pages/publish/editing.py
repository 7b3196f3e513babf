"""Filling in a submission: saved as far as it can be, with mistakes beside the fields and everything typed kept."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commonhold.server.kit.translation import canonical_locale
from commonhold.server.submissions import queries, rules
from commonhold.server.submissions.actions import drafts
from commonhold.server.submissions.fields import EXCLUSIVITY
from commonhold.server.submissions.models import Submission
from commonhold.server.submissions.rules import InvalidError
from commonhold.server.web import kept
from commonhold.server.web.pages.publish.form import LANGUAGES, LICENCES, STAMP, Known, SubmissionForm, known
from commonhold.server.web.pages.publish.found import of_submission
from commonhold.server.web.viewer import viewer_of

ADD, SUBMIT, PREVIEW = "add-language", "submit", "preview"


@require_http_methods(["GET", "HEAD", "POST"])
@kept.signed_in
@of_submission
def page(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Show the form of a submission, or save what was typed."""
    if refused := rules.change(submission.status):
        raise refused
    now = known(submission)
    data = request.POST if request.method == "POST" else kept.take(request)
    form = SubmissionForm(data, known=now, languages=_languages(request, data))
    if request.method != "POST":
        if data is not None:
            form.is_valid()
        return _show(request, submission, form, is_restored=data is not None)
    if form.is_valid() and _is_overtaken(request.POST, now, form):
        return _show(request, submission, form, is_overtaken=True, status=409)
    if now.is_live and form.errors:
        return _show(request, submission, form, status=400)
    mistakes = _save(request, submission, form)
    if form.errors:
        saved = queries.submission(viewer_of(request), submission.public_id)
        return _show(request, submission, form, is_saved=not mistakes, stamp=known(saved).stamp, status=400)
    return _next(request, submission)


def _save(request: HttpRequest, submission: Submission, form: SubmissionForm) -> dict[str, str]:
    """Save what can stand; what the actions still find wrong is added to the form and returned."""
    try:
        drafts.change(viewer_of(request), submission.public_id, form.sent())
    except InvalidError as error:
        for name, mistake in error.mistakes.items():
            parts = name.removeprefix("translations.").split(".")
            place = "-".join(parts)
            form.add_error(place if place in form.fields else None, mistake)
        return error.mistakes
    return {}


def _next(request: HttpRequest, submission: Submission) -> HttpResponse:
    wanted = request.POST.get("do", "")
    here = reverse("edit_submission", args=[submission.public_id])
    if wanted == ADD:
        if locale := canonical_locale(request.POST.get("language", "")):
            return redirect(f"{here}?language={locale}")
        messages.info(request, _("Saved. Choose a language to add."))
        return redirect(here)
    messages.success(request, _("Saved."))
    if wanted == SUBMIT:
        return redirect("submit_submission", public_id=submission.public_id)
    if wanted == PREVIEW:
        return redirect("preview_submission", public_id=submission.public_id)
    return redirect(here)


def _is_overtaken(data: QueryDict, now: Known, form: SubmissionForm) -> bool:
    """Whether somebody else saved something else since this form was opened."""
    if data.get(STAMP, now.stamp) == now.stamp:
        return False
    sent = form.sent()
    texts = sent.pop("translations")
    if any(value != (now.values[name] or type(value)()) for name, value in sent.items() if value is not None):
        return True
    return any(
        (text or "") != now.texts.get(name, {}).get(locale, "")
        for name, by_locale in texts.items()
        for locale, text in by_locale.items()
    )


def _languages(request: HttpRequest, data: QueryDict | None) -> list[str]:
    wanted = request.GET.getlist("language")[:50]
    return wanted + (data.getlist(LANGUAGES)[:100] if data is not None else [])


def _show(
    request: HttpRequest, submission: Submission, form: SubmissionForm, *, status: int = 200, **told: Any
) -> HttpResponse:
    context = {
        "submission": submission,
        "form": form,
        "known": form.known,
        "stamp": form.known.stamp,
        "mark": kept.mark(request),
        "licences": LICENCES,
        "mistakes": [(form[name], form.errors[name][0]) for name in form.errors if name in form.fields],
        "has_exclusivity": EXCLUSIVITY in form.fields,
        **told,
    }
    return render(request, "publish/edit.html", context, status=status)
