"""One submission as a reviewer sees it: everything said, what would change, what is in the files; and the decision."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from commonhold.server.access import queries as access
from commonhold.server.storage.archives.index import ArchiveIndex
from commonhold.server.submissions import queries, rules, states
from commonhold.server.submissions.actions import review, talk
from commonhold.server.submissions.actions.common import review_facts
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.rules import InvalidError
from commonhold.server.web import kept
from commonhold.server.web.components import Pages, page_count
from commonhold.server.web.pages.publish.files import files_of
from commonhold.server.web.pages.publish.preview import previewed
from commonhold.server.web.pages.publish.submission import missing, remarks
from commonhold.server.web.pages.review.differences import archive_changes, differences, said
from commonhold.server.web.pages.review.found import of_submission
from commonhold.server.web.submission_words import STATES, happening, refusal, text_mistake
from commonhold.server.web.viewer import form_of, signed_in, viewer_of

START, APPROVE, EDITS, REJECT = "start", "approve", "edits", "reject"
RELEASE, TURN_DOWN = "release", "turn-down"
MEMBERS_A_PAGE = 200
MOST_CHANGES = 100
_REACHED = {
    START: states.IN_REVIEW,
    APPROVE: states.APPROVED,
    EDITS: states.EDITS_REQUESTED,
    REJECT: states.REJECTED,
}


@require_safe
@signed_in
@of_submission
def page(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Show everything about a submission."""
    if request.GET.get("preview") == "yes":
        return previewed(request, submission, request.path)
    return overview(request, submission)


def overview(request: HttpRequest, submission: Submission, *, status: int = 200, **more: Any) -> HttpResponse:
    """Return the page of a submission; ``more`` is what a form on it has to say."""
    viewer = viewer_of(request)
    refused = rules.review(viewer, review_facts(viewer, submission))
    history = queries.history_of(viewer, submission)
    named = [submission.author, submission.reviewed_by, *(line.actor for line in history)]
    known = queries.people(named)
    context = {
        "submission": submission,
        "state": STATES[submission.status],
        "author": known.get(submission.author or 0),
        "reviewer": known.get(submission.reviewed_by or 0),
        "groups": said(submission),
        "differences": differences(submission) if submission.status != states.APPROVED else None,
        "missing": missing(submission),
        "history": [
            {"row": line, "what": happening(line.action), "who": known.get(line.actor or 0)}
            for line in history
        ],
        "talk": remarks(request, submission),
        "refused": refusal(refused) if refused else "",
        "may_decide": refused is None and rules.decide(submission.status) is None,
        "is_started": submission.status == states.IN_REVIEW,
        "has_scanner": bool(settings.ENVIRONMENT.clamd_url),
        "is_own": viewer.is_member_of(submission.organization_id),
        "decide_mark": kept.mark(request, reverse("decide_submission", args=[submission.public_id])),
        "talk_mark": kept.mark(request, reverse("comment_review", args=[submission.public_id])),
        **files_of(viewer, submission),
        **_restored(request),
        **more,
    }
    return render(request, "review/submission.html", context, status=status)


def _restored(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed into a form of this page before the session ended."""
    data = kept.take(request)
    return {"note": data.get("note", ""), "said": data.get("text", ""), "is_restored": True} if data else {}


@require_http_methods(["GET", "HEAD", "POST"])
@kept.signed_in
@of_submission
def decide(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Take it up, approve it, ask for edits or reject it. The same decision twice is one."""
    if request.method != "POST":
        return overview(request, submission)
    viewer, decision = viewer_of(request), request.POST.get("decision", "")
    note = request.POST.get("note", "").replace("\0", "").replace("\r\n", "\n")
    if decision not in _REACHED:
        return overview(request, submission, status=400, note=note)
    if submission.status == _REACHED[decision] and submission.reviewed_by == viewer.person:
        return redirect("review_submission", public_id=submission.public_id)
    try:
        if decision == START:
            review.start(viewer, submission.public_id)
        elif decision == APPROVE:
            review.approve(viewer, submission.public_id)
        elif decision == EDITS:
            review.request_edits(viewer, submission.public_id, note)
        else:
            review.reject(viewer, submission.public_id, note)
    except InvalidError as error:
        mistake = _note_mistake(note) if "note" in error.mistakes else ""
        return overview(
            request,
            submission,
            status=400,
            note=note,
            note_mistake=mistake,
            decision=decision,
            is_incomplete=not mistake,
        )
    messages.success(request, _told(decision))
    return redirect("review_submission" if decision == START else "review", **_place(decision, submission))


def _place(decision: str, submission: Submission) -> dict[str, str]:
    return {"public_id": submission.public_id} if decision == START else {}


def _told(decision: str) -> str:
    return {
        START: _("You have taken it up: its publisher cannot change it meanwhile."),
        APPROVE: _("Approved and published. The publisher is told by mail."),
        EDITS: _("Given back. The publisher is told by mail what to change."),
        REJECT: _("Rejected. The publisher is told by mail why."),
    }[decision]


def _note_mistake(note: str) -> str:
    return text_mistake(note, _("Say why: the publisher reads it."), review.LONGEST_NOTE)


@form_of("review_submission", "public_id")
@signed_in
@of_submission
def decide_version(request: HttpRequest, submission: Submission, upload: str) -> HttpResponse:
    """Let a new version of a published dataset go live, or turn it down."""
    viewer, row = viewer_of(request), _upload(submission, upload)
    note = request.POST.get("note", "").replace("\0", "").replace("\r\n", "\n")
    decision = request.POST.get("decision", "")
    reached = {RELEASE: states.RELEASED, TURN_DOWN: states.TURNED_DOWN}.get(decision)
    if reached is None:
        return overview(request, submission, status=400)
    if row.release == reached:
        return redirect("review_submission", public_id=submission.public_id)
    try:
        if decision == RELEASE:
            review.release_version(viewer, row.public_id)
            messages.success(request, _("Published. The publisher is told by mail."))
        else:
            review.turn_down_version(viewer, row.public_id, note)
            messages.success(request, _("Turned down. The publisher is told by mail why."))
    except InvalidError:
        return overview(
            request,
            submission,
            status=400,
            version_note=note,
            version_mistake=_note_mistake(note),
            version=row.public_id,
        )
    return redirect("review")


@require_http_methods(["GET", "HEAD", "POST"])
@kept.signed_in
@of_submission
def comment(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Say something, to the publisher or to other reviewers only."""
    if request.method != "POST":
        return overview(request, submission)
    text, is_internal = request.POST.get("text", ""), request.POST.get("to", "") != "publisher"
    try:
        talk.comment(viewer_of(request), submission.public_id, text, is_internal=is_internal)
    except InvalidError:
        mistake = text_mistake(text, _("Please write something first."), talk.LONGEST_COMMENT)
        return overview(request, submission, status=400, said=text, mistake=mistake, is_internal=is_internal)
    told = _("Noted for reviewers.") if is_internal else _("Said. The publisher is told by mail.")
    messages.success(request, told)
    return redirect("review_submission", public_id=submission.public_id)


@require_safe
@signed_in
@of_submission
def contents(request: HttpRequest, submission: Submission, upload: str) -> HttpResponse:
    """List what is in a file that was verified, a page at a time."""
    row = _upload(submission, upload)
    kept_index = queries.members_of(viewer_of(request), row)
    index = ArchiveIndex.load(kept_index) if kept_index else None
    listed = index.listed if index else 0
    wanted = request.GET.get("page", "1")
    number = max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and 0 < len(wanted) < 7 else 1
    address = reverse("review_contents", kwargs={"public_id": submission.public_id, "upload": upload})
    pages = Pages(number, page_count(listed, MEMBERS_A_PAGE), address)
    if number > pages.count:
        return redirect(pages.of(pages.count))
    members = []
    if index:
        for _number, member in index.members((number - 1) * MEMBERS_A_PAGE):
            members.append({"name": _readable(member.name), "size": member.size, "kind": member.kind})
            if len(members) == MEMBERS_A_PAGE:
                break
    context = {
        "submission": submission,
        "upload": row,
        "index": index,
        "members": members,
        "pages": pages,
        **(_changes(submission, row, index) if index and number == 1 else {}),
    }
    return render(request, "review/contents.html", context)


def _changes(submission: Submission, row: Upload, index: ArchiveIndex) -> dict[str, Any]:
    """Return how a file differs from the one that is published, where there is one."""
    version = submission.dataset.current_version if submission.dataset else None
    if version is None or row.kind != states.ARCHIVE or row.version_id == version.pk:
        return {}
    published = access.members_of(version.pk, with_windows=False)
    if published is None:
        return {}
    found = archive_changes(ArchiveIndex.load(*published), index)
    if found is None:
        return {}
    lists = [("added", found.added), ("gone", found.gone), ("changed", found.changed)]
    shown = [(kind, len(names), [_readable(name) for name in names[:MOST_CHANGES]]) for kind, names in lists]
    return {"former": version, "changes": shown}


def _readable(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="replace")


def _upload(submission: Submission, upload: str) -> Upload:
    row = Upload.objects.select_related("submission").filter(public_id=upload, submission=submission).first()
    if row is None:
        raise rules.NOT_FOUND
    return row
