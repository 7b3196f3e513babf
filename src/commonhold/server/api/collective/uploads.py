"""Sending files: sessions, part URLs one by one or a thousand at once, completion (collective-api.md 2)."""

from typing import Any

from django.http import HttpRequest, HttpResponse

from commonhold.server.api.collective import problems
from commonhold.server.api.collective.endpoint import answer, object_body
from commonhold.server.api.collective.publishing import (
    PublishingEndpoint,
    moment,
    number_of,
    text_of,
)
from commonhold.server.api.collective.shapes import Digits, Moment, Shape
from commonhold.server.kit import clock
from commonhold.server.storage.multipart import MAX_PARTS, UploadGoneError
from commonhold.server.storage.store import store_for
from commonhold.server.submissions import rules, states
from commonhold.server.submissions.actions import files
from commonhold.server.submissions.models import Upload

# Outside the request limit (decision 8): an upload of 10,000 parts asks for each of them.
PART_LIMIT = "60000/minute"


class SampleRequest(Shape):
    """A file that is about to be sent."""

    filename: str
    file_size: int
    mime_type: str


class UploadRequest(SampleRequest):
    """A file that is about to be sent, and for which submission."""

    submission_id: str


class UploadSession(Shape):
    """An upload that has begun. ``partSize`` is a proposal that fits 10,000 parts; 5 MiB and more are taken."""

    file_upload_id: str
    upload_id: str
    part_size: int
    expires_at: Moment


class PartUrl(Shape):
    """Where to PUT one part: raw bytes, no credentials. The answer's ``ETag`` is asked for at completion."""

    part_number: int
    url: str
    expires_at: Moment


class PartsRequest(Shape):
    """Numbers of parts, at most 1,000."""

    part_numbers: list[int]


class PartUrls(Shape):
    """Where to PUT the parts."""

    parts: list[PartUrl]


class ArrivedPart(Shape):
    """A part that has arrived."""

    part_number: int
    size: int
    etag: str


class UploadState(Shape):
    """How far an upload is, so that a client which lost everything can go on.

    ``virusScanned`` is null where the site has no virus scanner, and false where that did not see all of the file.
    """

    file_upload_id: str
    upload_id: str
    submission_id: str
    kind: str
    status: str
    filename: str
    file_size: Digits
    part_size: int
    parts: list[ArrivedPart]
    verification: str | None
    verified_bytes: Digits
    reasons: list[str]
    virus_scanned: bool | None
    checksum: str | None
    version: int | None
    expires_at: Moment | None


class CompletedPart(Shape):
    """A part as it was sent; the ETag with or without its quotes."""

    part_number: int
    etag: str


class CompletionRequest(Shape):
    """The parts that make the file, and its SHA-256 (64 lower-case hexadecimal digits)."""

    upload_id: str
    parts: list[CompletedPart]
    checksum: str | None = None


class Completed(Shape):
    """The file is there. It is verified next; ``GET /uploads/{id}`` tells how that goes."""

    success: bool
    file_upload_id: str
    status: str


class Uploads(PublishingEndpoint):
    """``POST /uploads``."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Begin to send a submission's archive."""
        body = object_body(request)
        mistakes: dict[str, str] = {}
        submission = text_of(body, "submissionId", mistakes)
        return _begin(self, request, submission, (body, mistakes), states.ARCHIVE)


class SampleUploads(PublishingEndpoint):
    """``POST /submissions/{id}/sample``."""

    def post(self, request: HttpRequest, submission: str) -> HttpResponse:
        """Begin to send a submission's sample."""
        return _begin(self, request, submission, (object_body(request), {}), states.SAMPLE)


class OneUpload(PublishingEndpoint):
    """``/uploads/{id}`` and ``/submissions/{id}/sample/{id}``."""

    kind = states.ARCHIVE

    def get(self, request: HttpRequest, upload: str, submission: str | None = None) -> HttpResponse:
        """Return how far it is, with the parts that have arrived."""
        row = _session(self, upload, submission)
        parts: list[ArrivedPart] = []
        if row.status == states.UPLOADING:
            try:
                arrived = store_for(request.get_host()).list_parts(row.object_key, row.upload_id)
            except UploadGoneError:
                arrived = []
            parts = [ArrivedPart(part.number, part.size, part.etag) for part in arrived]
        return answer(_state(row, parts))

    def post(self, request: HttpRequest, upload: str, submission: str | None = None) -> HttpResponse:
        """Complete it: at once, whatever its size; the same again when it is repeated."""
        said = _completion(object_body(request))
        _session(self, upload, submission)
        row = files.complete(self.caller.viewer, store_for(request.get_host()), upload, said, self.kind)
        return answer(Completed(success=True, file_upload_id=row.public_id, status=row.status))


class OneSampleUpload(OneUpload):
    """The same for a sample."""

    kind = states.SAMPLE


class PartEndpoint(PublishingEndpoint):
    """An endpoint that signs part URLs, with a bound of its own instead of the request limit."""

    kind = states.ARCHIVE

    def count(self, identity: str, rate: str | None) -> None:
        """Count a known caller's request by itself; strangers as everywhere."""
        if identity.startswith("organization:"):
            identity, rate = f"parts:{identity}", PART_LIMIT
        super().count(identity, rate)


class Part(PartEndpoint):
    """``GET /uploads/{id}/parts/{n}``."""

    def get(
        self, request: HttpRequest, upload: str, number: str, submission: str | None = None
    ) -> HttpResponse:
        """Return where to PUT one part."""
        if not number.isascii() or not number.isdigit() or not 1 <= int(number[:9]) <= MAX_PARTS:
            raise problems.invalid({"partNumber": f"Must be between 1 and {MAX_PARTS}."})
        row = files.running(_session(self, upload, submission))
        return answer(_signed(request, row, [int(number)])[0])


class SamplePart(Part):
    """The same for a sample."""

    kind = states.SAMPLE


class Parts(PartEndpoint):
    """``POST /uploads/{id}/parts``."""

    def post(self, request: HttpRequest, upload: str, submission: str | None = None) -> HttpResponse:
        """Return where to PUT many parts."""
        numbers = object_body(request).get("partNumbers")
        if not isinstance(numbers, list) or not 1 <= len(numbers) <= files.MOST_SIGNED_AT_ONCE:
            raise problems.invalid(
                {"partNumbers": f"Must be a list of 1 to {files.MOST_SIGNED_AT_ONCE} numbers."}
            )
        if any(isinstance(n, bool) or not isinstance(n, int) or not 1 <= n <= MAX_PARTS for n in numbers):
            raise problems.invalid({"partNumbers": f"Must be whole numbers between 1 and {MAX_PARTS}."})
        row = files.running(_session(self, upload, submission))
        return answer(PartUrls(_signed(request, row, numbers)))


class SampleParts(Parts):
    """The same for a sample."""

    kind = states.SAMPLE


def _session(endpoint: Any, upload: str, submission: str | None) -> Upload:
    row = files.session(endpoint.caller.viewer, upload, endpoint.kind)
    if submission is not None and row.submission.public_id != submission:
        raise rules.Refused(rules.Reason.NOT_FOUND, "There is no upload with this id for this submission.")
    return row


def _begin(
    endpoint: PublishingEndpoint,
    request: HttpRequest,
    submission: str,
    read: tuple[dict[str, Any], dict[str, str]],
    kind: str,
) -> HttpResponse:
    body, mistakes = read
    filename = text_of(body, "filename", mistakes)
    size = number_of(body, "fileSize", mistakes)
    content_type = text_of(body, "mimeType", mistakes)
    if mistakes:
        raise problems.invalid(mistakes)
    upload = files.begin(
        endpoint.caller.viewer, store_for(request.get_host()), submission,
        filename=filename, size=size, content_type=content_type, kind=kind,
    )  # fmt: skip
    return answer(
        UploadSession(
            file_upload_id=upload.public_id,
            upload_id=upload.upload_id,
            part_size=files.proposed_part_size(upload.size_bytes),
            expires_at=clock.iso(upload.created_at + files.SESSION_LIFETIME),
        ),
        201,
    )


def _signed(request: HttpRequest, row: Upload, numbers: list[int]) -> list[PartUrl]:
    store = store_for(request.get_host())
    expires_at = clock.now() + files.PART_URL_LIFETIME
    told = clock.iso(expires_at)
    return [
        PartUrl(number, store.part_url(row.object_key, row.upload_id, number, expires_at=expires_at), told)
        for number in numbers
    ]


def _completion(body: dict[str, Any]) -> files.Completion:
    mistakes: dict[str, str] = {}
    upload_id = text_of(body, "uploadId", mistakes)
    checksum = body.get("checksum")
    if checksum is not None and not isinstance(checksum, str):
        mistakes["checksum"] = "Must be text."
    parts = body.get("parts")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MAX_PARTS:
        mistakes["parts"] = f"Must list 1 to {MAX_PARTS} parts."
    elif not all(map(_is_part, parts)):
        mistakes["parts"] = "Must be objects with a whole number partNumber and a text etag."
    if mistakes:
        raise problems.invalid(mistakes)
    return files.Completion(upload_id, [(part["partNumber"], part["etag"]) for part in parts or ()], checksum)


def _is_part(part: object) -> bool:
    if not isinstance(part, dict):
        return False
    number, etag = part.get("partNumber"), part.get("etag")
    return (
        isinstance(number, int)
        and not isinstance(number, bool)
        and 1 <= number <= MAX_PARTS
        and isinstance(etag, str)
        and len(etag) <= files.LONGEST_ETAG
    )


def _state(row: Upload, parts: list[ArrivedPart]) -> UploadState:
    open_until = row.created_at + files.SESSION_LIFETIME if row.status == states.UPLOADING else None
    return UploadState(
        file_upload_id=row.public_id,
        upload_id=row.upload_id,
        submission_id=row.submission.public_id,
        kind=row.kind,
        status=row.status,
        filename=row.filename,
        file_size=str(row.size_bytes),
        part_size=files.proposed_part_size(row.size_bytes),
        parts=parts,
        verification=row.verification or None,
        verified_bytes=str(row.verified_bytes),
        reasons=list(row.reasons),
        virus_scanned=row.scanned,
        checksum=f"sha256:{row.sha256}" if row.sha256 else None,
        version=row.version.number if row.version else None,
        expires_at=moment(open_until),
    )
