"""One submission as its publishers see it: where it stands, its files, what is next; and its transitions."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.submissions import fields, queries, rules, states
from commonhold.server.submissions.actions import drafts, talk
from commonhold.server.submissions.actions.common import fields_of
from commonhold.server.submissions.fields import BY_NAME
from commonhold.server.submissions.models import Submission
from commonhold.server.submissions.rules import InvalidError
from commonhold.server.web import kept
from commonhold.server.web.pages.publish.fields import LABELS
from commonhold.server.web.pages.publish.files import files_of, uploader
from commonhold.server.web.pages.publish.found import of_submission
from commonhold.server.web.submission_words import STATES, next_step, text_mistake
from commonhold.server.web.viewer import form_of, signed_in, viewer_of

AGREE, FILE = "agreeToSubmit", "fileUploadId"


@require_safe
@signed_in
@of_submission
def page(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Show where a submission stands."""
    return overview(request, submission)


def overview(request: HttpRequest, submission: Submission, *, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page of a submission; ``more`` is what a form on it has to say."""
    viewer = viewer_of(request)
    restored = kept.take(request)
    context = {
        "submission": submission,
        "state": STATES[submission.status],
        "next": next_step(submission),
        "may_change": rules.change(submission.status) is None,
        "may_submit": rules.submit(submission.status) is None,
        "may_retract": rules.retract(submission.status) is None,
        "may_delete": rules.delete(submission.status) is None,
        "is_live": submission.status == states.APPROVED,
        "missing": missing(submission) if submission.status in states.OPEN else [],
        "talk": remarks(request, submission),
        "talk_mark": kept.mark(request, reverse("comment_submission", args=[submission.public_id])),
        **files_of(viewer, submission),
        **uploader(request, submission),
        **({"said": restored.get("text", ""), "is_restored": True} if restored else {}),
        **more,
    }
    response = render(request, "publish/submission.html", context, status=status)
    # The browser sends files straight to the store, and to nowhere else.
    response._csp_update = {"connect-src": [context["storage_origin"]]}  # noqa: SLF001  django-csp's own way
    return response


def remarks(request: HttpRequest, submission: Submission) -> list[dict[str, Any]]:
    """Return what was said, with who said it."""
    said = queries.comments_on(viewer_of(request), submission)
    known = queries.people(one.author for one in said)
    return [
        {
            "row": one,
            "name": known[one.author].name or known[one.author].email if one.author in known else "",
            "is_mine": one.author == request.user.pk,
        }
        for one in said
    ]


def missing(submission: Submission) -> list[dict[str, Any]]:
    """Return what a submission still lacks, with the place in the form where it is said."""
    found = fields.missing(fields_of(submission), has_file=drafts.has_file(submission))
    entries = []
    for name in found:
        if name == FILE:
            entries.append({"label": _("The archive"), "anchor": "", "is_file": True})
        elif name in BY_NAME and name in LABELS:
            entries.append({"label": LABELS[name][0], "anchor": f"id_{name}", "is_file": False})
    return entries


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@of_submission
def submit(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Show what is still missing, or take the agreement and hand it over. Done twice, it is submitted once."""
    if submission.status in states.UNDER_REVIEW:
        return redirect("submission", public_id=submission.public_id)
    if refused := rules.submit(submission.status):
        raise refused
    lacking, has_agreed = missing(submission), request.POST.get("agree") == "yes"
    if request.method == "POST" and not lacking:
        try:
            drafts.submit(viewer_of(request), submission.public_id, agreed=has_agreed)
        except InvalidError as error:
            if error.mistakes.keys() - {AGREE}:
                lacking = missing(submission)
        else:
            messages.success(request, _("Submitted. You are told by mail what the reviewer says."))
            return redirect("submission", public_id=submission.public_id)
    context = {
        "submission": submission,
        "missing": lacking,
        "is_forgotten": request.method == "POST" and not has_agreed,
        "has_agreed": has_agreed,
    }
    return render(request, "publish/submit.html", context, status=400 if request.method == "POST" else 200)


@form_of("submission", "public_id")
@signed_in
@of_submission
def retract(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Withdraw a submission from review."""
    if submission.status != states.RETRACTED:
        drafts.retract(viewer_of(request), submission.public_id)
        messages.success(request, _("Withdrawn. You can change it and submit it again."))
    return redirect("submission", public_id=submission.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@of_submission
def delete(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Ask, then delete a submission that was not published, with its files."""
    if refused := rules.delete(submission.status):
        raise refused
    if request.method == "POST":
        drafts.delete(viewer_of(request), submission.public_id)
        messages.success(request, _("“%(name)s” was deleted.") % {"name": submission.name})
        return redirect("publish")
    return render(request, "publish/delete.html", {"submission": submission})


@require_http_methods(["GET", "HEAD", "POST"])
@kept.signed_in
@of_submission
def comment(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Say something to the reviewers. Its address leads, by GET, to the page of the submission."""
    if request.method != "POST":
        return overview(request, submission)
    text = request.POST.get("text", "")
    try:
        talk.comment(viewer_of(request), submission.public_id, text)
    except InvalidError:
        mistake = text_mistake(text, _("Please write something first."), talk.LONGEST_COMMENT)
        return overview(request, submission, status=400, said=text, mistake=mistake)
    messages.success(request, _("Said. The reviewer is told by mail."))
    return redirect("submission", public_id=submission.public_id)


@require_safe
@signed_in
def by_letter(request: HttpRequest, public_id: str) -> HttpResponse:
    """Lead from the address that letters name to the desk at which the reader deals with a submission."""
    viewer = viewer_of(request)
    if rules.is_reviewer(viewer):
        try:
            found = queries.submission(viewer, public_id)
        except rules.Refused:
            return redirect("submission", public_id=public_id)
        if rules.handle(viewer, found.organization_id) is not None:
            return redirect("review_submission", public_id=public_id)
    return redirect("submission", public_id=public_id)
