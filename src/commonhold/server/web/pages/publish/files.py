"""Files of a submission: how they stand, and how a browser sends them in parts, straight to the store."""

import datetime as dt
import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from commonhold.server.kit import clock
from commonhold.server.kit.viewer import Viewer
from commonhold.server.storage.multipart import MAX_PARTS, UploadGoneError
from commonhold.server.storage.store import store_for
from commonhold.server.submissions import queries, rules, states
from commonhold.server.submissions.actions import files
from commonhold.server.submissions.models import Submission, Upload
from commonhold.server.submissions.rules import InvalidError, Reason, Refused
from commonhold.server.web.addresses import site_address
from commonhold.server.web.pages.publish.found import of_submission
from commonhold.server.web.submission_words import ENDED, FILE_STATES, SENDING, file_state, refusal
from commonhold.server.web.viewer import form_of, signed_in, viewer_of

_PENDING = {states.WAITING, states.VERIFYING}
_STATUSES = {
    Reason.NOT_FOUND: 404,
    Reason.SESSION_GONE: 410,
    Reason.GONE: 410,
    Reason.STATE: 409,
    Reason.MISMATCH: 409,
}
_PROBE_LIFETIME = dt.timedelta(minutes=1)
_LARGEST_BODY = 2 * 1024 * 1024


def storage_origin(request: HttpRequest) -> str:
    """Return scheme and host of the addresses at which parts are taken, as a policy names them."""
    # Parts are taken where objects are had.
    url = store_for(request.get_host()).download_url(
        "probe",
        filename="probe.tar.gz",
        content_type="application/gzip",
        expires_at=clock.now() + _PROBE_LIFETIME,
    )
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def files_of(viewer: Viewer, submission: Submission) -> dict[str, Any]:
    """Return the files of a submission as its page lists them, the newest first."""
    shown = [described(submission, upload) for upload in queries.uploads_of(viewer, submission)]
    return {
        "files": [file for file in shown if file["code"] != ENDED],
        "is_pending": any(file["is_pending"] for file in shown),
    }


def described(submission: Submission, upload: Upload) -> dict[str, Any]:
    """Return one file as pages show it."""
    code = file_state(upload)
    percent = int(100 * upload.verified_bytes / upload.size_bytes)
    return {
        "row": upload,
        "code": code,
        "state": FILE_STATES[code],
        "is_sample": upload.kind == states.SAMPLE,
        "is_current": upload.pk in {submission.archive_id, submission.sample_id},
        "is_pending": code in _PENDING,
        "is_sending": code == SENDING,
        "is_good": code in {states.VERIFIED, states.RELEASED},
        "is_bad": code in {states.REFUSED, states.TURNED_DOWN},
        "percent": percent,
    }


def uploader(request: HttpRequest, submission: Submission) -> dict[str, Any]:
    """Return what the page needs to send files."""
    return {
        "may_upload": rules.upload(submission.status) is None and submission.organization.can_publish,
        "storage_origin": storage_origin(request),
        "uploads_address": reverse("begin_upload", args=[submission.public_id]),
        "site_address": site_address(request),
        "versions_wait": queries.versions_wait(submission.organization_id),
    }


@require_safe
@signed_in
@of_submission
def listing(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Return the list of files by itself, for the page that waits for a verification."""
    context = {"submission": submission, **files_of(viewer_of(request), submission)}
    return render(request, "publish/files.html", context)


def _answers(page: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer the page's script in JSON: who is signed out, what is refused, what is wrong."""

    @wraps(page)
    def guarded(request: HttpRequest, public_id: str, **named: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return _problem(
                401,
                _(
                    "You are signed out. Sign in again, open this page anew and choose the same file: it goes on where "
                    "it stopped."
                ),
            )
        viewer = viewer_of(request)
        try:
            submission = queries.submission(viewer, public_id)
            refused = rules.handle(viewer, submission.organization_id)
            if refused is not None:
                raise refused
            response = page(request, submission, **named)
        except Refused as error:
            if error.reason in {Reason.FOREIGN, Reason.NOT_FOUND}:
                return _problem(404, refusal(rules.NOT_FOUND))
            return _problem(_STATUSES.get(error.reason, 403), refusal(error))
        except InvalidError as error:
            return _problem(400, " ".join(_words(error)))
        response.headers["Cache-Control"] = "private, no-store"
        return response

    return guarded


def _words(error: InvalidError) -> list[str]:
    known = {
        "filename": _("The name has to end in .tar.gz, .tgz or .zip, and hold no folders."),
        "fileSize": _("The file is empty, or larger than one tebibyte."),
        "mimeType": _("The name has to end in .tar.gz, .tgz or .zip, and hold no folders."),
        "parts": _("The parts that arrived do not make the file. Choose it again to send what is missing."),
    }
    return list(dict.fromkeys(known.get(name, mistake) for name, mistake in error.mistakes.items()))


def _problem(status: int, text: str) -> JsonResponse:
    return JsonResponse({"message": text}, status=status)


@require_POST
@_answers
def begin(request: HttpRequest, submission: Submission) -> HttpResponse:
    """Begin to send a file."""
    said = _body(request)
    name, size, kind = said.get("filename"), said.get("size"), said.get("kind")
    if (
        not isinstance(name, str)
        or isinstance(size, bool)
        or not isinstance(size, int)
        or kind not in states.FILE_KINDS
    ):
        return _problem(400, _("Go back and try again from the page before."))
    notes = said.get("notes", "")
    upload = files.begin(
        viewer_of(request), store_for(request.get_host()), submission.public_id,
        filename=name, size=size, content_type="application/zip" if name.endswith(".zip") else "application/gzip",
        kind=kind, notes=notes if isinstance(notes, str) else "",
    )  # fmt: skip
    return JsonResponse(_session(request, submission, upload), status=201)


@require_http_methods(["GET", "POST"])
@_answers
def one(request: HttpRequest, submission: Submission, upload: str) -> HttpResponse:
    """Return how far an upload is, with the parts that arrived; or complete it."""
    row = _upload(request, submission, upload)
    if request.method != "POST":
        return JsonResponse(_session(request, submission, row))
    parts = _body(request).get("parts")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_PARTS or not all(map(_is_part, parts)):
        return _problem(400, _("Go back and try again from the page before."))
    completion = files.Completion(row.upload_id, [(number, etag) for number, etag in parts], None)
    files.complete(viewer_of(request), store_for(request.get_host()), upload, completion, row.kind)
    return JsonResponse({"state": states.COMPLETED})


@require_POST
@_answers
def parts(request: HttpRequest, submission: Submission, upload: str) -> HttpResponse:
    """Return where to PUT parts."""
    numbers = _body(request).get("numbers")
    if not isinstance(numbers, list) or not 1 <= len(numbers) <= files.MOST_SIGNED_AT_ONCE:
        return _problem(400, _("Go back and try again from the page before."))
    if any(isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_PARTS for n in numbers):
        return _problem(400, _("Go back and try again from the page before."))
    row, store = files.running(_upload(request, submission, upload)), store_for(request.get_host())
    expires_at = clock.now() + files.PART_URL_LIFETIME
    urls = {
        str(number): store.part_url(row.object_key, row.upload_id, number, expires_at=expires_at)
        for number in numbers
    }
    return JsonResponse({"urls": urls})


@form_of("submission", "public_id")
@signed_in
@of_submission
def end(request: HttpRequest, submission: Submission, upload: str) -> HttpResponse:
    """End an upload that will not be finished."""
    row = _upload(request, submission, upload)
    if row.status in {states.INITIATING, states.UPLOADING}:
        files.end(viewer_of(request), row.public_id)
        messages.success(request, _("Ended. What had arrived of the file is removed."))
    return redirect("submission", public_id=submission.public_id)


def _upload(request: HttpRequest, submission: Submission, upload: str) -> Upload:
    row = files.session(viewer_of(request), upload)
    if row.submission_id != submission.pk:
        raise rules.NOT_FOUND
    return row


def _session(request: HttpRequest, submission: Submission, row: Upload) -> dict[str, Any]:
    arrived: list[list[Any]] = []
    if row.status == states.UPLOADING:
        try:
            found = store_for(request.get_host()).list_parts(row.object_key, row.upload_id)
            arrived = [[part.number, part.size, part.etag] for part in found]
        except UploadGoneError:
            arrived = []
    here = {"public_id": submission.public_id, "upload": row.public_id}
    return {
        "id": row.public_id,
        "address": reverse("one_upload", kwargs=here),
        "parts_address": reverse("upload_parts", kwargs=here),
        "status": row.status,
        "kind": row.kind,
        "filename": row.filename,
        "size": row.size_bytes,
        "part_size": files.proposed_part_size(row.size_bytes),
        "parts": arrived,
    }


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        said = json.loads(request.body) if len(request.body) <= _LARGEST_BODY else None
    except (ValueError, RecursionError):
        said = None
    return said if isinstance(said, dict) else {}


def _is_part(part: object) -> bool:
    if not isinstance(part, list) or len(part) != 2:
        return False
    number, etag = part
    return (
        isinstance(number, int)
        and not isinstance(number, bool)
        and 1 <= number <= MAX_PARTS
        and isinstance(etag, str)
        and 0 < len(etag) <= files.LONGEST_ETAG
    )
