"""What the Data Collective API can do for publishers, described."""

from commonhold.server.api.collective import members, parameters, publishing, requests, shapes, uploads
from commonhold.server.api.collective.responses import (
    DATASET,
    LANG,
    OF_A_DATASET,
    OF_BYTES,
    REFUSALS,
    STANDING,
    STATUS_413,
    STATUS_415,
    VERSION,
    ok,
)
from commonhold.server.kit.openapi import Operation, Parameter, Response
from commonhold.server.storage.multipart import MAX_PARTS
from commonhold.server.submissions.actions import files

_SECURITY = ("apiKey", "basic")
_ID = {"type": "string", "minLength": 1}
_SUBMISSION = Parameter("submissionId", "The submission's id.", _ID, "path")
_UPLOAD = Parameter("fileUploadId", "The upload's id.", _ID, "path")
_REQUEST = Parameter("requestId", "The request's id.", _ID, "path")
_PART = Parameter(
    "partNumber", "Which part, from 1.", {"type": "integer", "minimum": 1, "maximum": MAX_PARTS}, "path"
)
_PAGES = (
    Parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_NUMBER, "default": 1}),
    Parameter("limit", "Entries on a page.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_PAGE_SIZE, "default": parameters.PAGE_SIZE}),
)  # fmt: skip

_NOT_THERE = Response("There is none with this id.", shapes.Error, STANDING)
_GONE = Response("It was deleted, or the upload was ended.", shapes.Error, STANDING)
_CONFLICT = Response("Its state does not allow that.", shapes.Error, STANDING)
_BUSY = Response("The object store cannot do that now.", shapes.Error, (*STANDING, "Retry-After"))
_BODY = {413: STATUS_413, 415: STATUS_415}
_OF_ONE = {**REFUSALS, 404: _NOT_THERE, 410: _GONE}
_OF_A_CHANGE = {**_OF_ONE, **_BODY, 409: _CONFLICT}
_OF_AN_UPLOAD = {**_OF_A_CHANGE, 503: _BUSY}
_DELETED = Response("It is deleted.", None, STANDING)
_READS_UPLOAD = {**_OF_ONE, 503: _BUSY}
_READS_PART = {**_OF_ONE, 409: _CONFLICT, 503: _BUSY}


def _sending(path: str, where: tuple[Parameter, ...], name: str, what: str) -> tuple[Operation, ...]:
    """Describe what can be done with an upload of one kind, archive or sample."""
    return (
        Operation(
            path, "get", f"get{name}Upload", f"See how far a {what}'s upload is",
            "The parts that have arrived, so that a client which lost everything can go on; then how verification goes.",
            {200: ok("How far it is.", uploads.UploadState), **_READS_UPLOAD}, where, security=_SECURITY, tags=("Uploads",),
        ),
        Operation(
            path, "post", f"complete{name}Upload", f"Complete a {what}'s upload",
            "Makes the parts the file, at once whatever its size, and has it verified. Repeating it is harmless. ETags are "
            "taken with or without quotes; all parts but the last have the same size, of at least 5 MiB.",
            {200: ok("The file is there.", uploads.Completed), **_OF_AN_UPLOAD}, where,
            body=uploads.CompletionRequest, security=_SECURITY, tags=("Uploads",),
        ),
        Operation(
            f"{path}/parts/{{partNumber}}", "get", f"get{name}PartUrl", f"Get a URL for one part of a {what}",
            "PUT the raw bytes there, without credentials; keep the `ETag` of the answer. Does not count against the "
            "request limit, but against one of its own.",
            {200: ok("The URL.", uploads.PartUrl), **_READS_PART}, (*where, _PART), security=_SECURITY, tags=("Uploads",),
        ),
        Operation(
            f"{path}/parts", "post", f"get{name}PartUrls", f"Get URLs for many parts of a {what}",
            f"As for one part, for up to {files.MOST_SIGNED_AT_ONCE} at once.",
            {200: ok("The URLs.", uploads.PartUrls), **_OF_AN_UPLOAD}, where,
            body=uploads.PartsRequest, security=_SECURITY, tags=("Uploads",),
        ),
    )  # fmt: skip


PUBLISHING = (
    Operation(
        "/datasets/{datasetId}/members", "get", "listMembers", "List what lies in the archive",
        "Each member with the bytes of the archive to fetch for it: one file out of a large archive by one `Range` "
        "request to a download session's URL. Key and terms as for a download; free of quota. With `name` only that "
        "member, and for a tar.gz the point at which unpacking begins. With `prefix` a page may be short, or empty: go on "
        "with `after` while `next` is not null.",
        {200: ok("The members.", members.MemberList), **OF_BYTES},
        (
            DATASET, VERSION,
            Parameter("after", "Number of the member after which the page begins.", {"type": "integer", "minimum": 0, "maximum": 10_000_000, "default": 0}),
            Parameter("limit", "Members on a page.", {"type": "integer", "minimum": 1, "maximum": members.LARGEST_PAGE, "default": members.PAGE}),
            Parameter("prefix", "Only members whose names begin so.", {"type": "string", "minLength": 1, "maxLength": 1000}),
            Parameter("name", "Only the member of this name.", {"type": "string", "minLength": 1, "maxLength": members.LONGEST_NAME}),
        ), security=_SECURITY, tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/versions", "get", "listVersions", "List a dataset's versions",
        "Every version, the newest first. Each can be asked for with `version`.",
        {200: ok("The versions.", shapes.VersionList), **OF_A_DATASET}, (DATASET, LANG), security=_SECURITY, tags=("Datasets",),
    ),
    Operation(
        "/datasets/{datasetId}/access-requests", "post", "requestAccess", "Ask for access to a restricted dataset",
        "Its publishers see your name and address. Asking again shows what became of your request.",
        {200: ok("Your request.", requests.RequestForAccess), **OF_A_DATASET, **_BODY, 409: _CONFLICT}, (DATASET,),
        body=requests.AccessMessage, body_required=False, security=_SECURITY, tags=("Access",),
    ),
    Operation(
        "/datasets/{datasetId}/access-requests", "get", "listAccessRequests", "List who asked for access",
        "For the dataset's publishers.",
        {200: ok("The requests.", requests.RequestList), **OF_A_DATASET}, (DATASET, *_PAGES), security=_SECURITY, tags=("Access",),
    ),
    Operation(
        "/access-requests/{requestId}", "post", "decideAccessRequest", "Approve, reject or revoke access",
        "For the dataset's publishers. A decision can be changed later.",
        {200: ok("The request.", requests.RequestForAccess), **REFUSALS, **_BODY, 404: _NOT_THERE, 409: _CONFLICT}, (_REQUEST,),
        body=requests.AccessDecision, security=_SECURITY, tags=("Access",),
    ),
    Operation(
        "/submissions", "get", "listSubmissions", "List your organization's submissions", "The newest first.",
        {200: ok("A page of submissions.", publishing.SubmissionList), **REFUSALS}, _PAGES, security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions", "post", "createSubmission", "Begin a submission",
        "A draft; `name` is all it needs. With `datasetId`, the id of a published dataset of your organization, the draft "
        "begins with what that dataset says, and changes it once it is approved.",
        {201: ok("The draft.", publishing.SubmissionReply), **REFUSALS, **_BODY, 409: _CONFLICT},
        body=publishing.NewSubmission, security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions/{submissionId}", "get", "getSubmission", "Get a submission", "With its files and what became of them.",
        {200: ok("The submission.", publishing.SubmissionReply), **_OF_ONE}, (_SUBMISSION,), security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions/{submissionId}", "patch", "updateSubmission", "Fill in a submission",
        "Any of its fields; other keys are ignored. Once it is approved, texts, contacts and narrower visibility show on "
        "the dataset at once; licence, terms and price are settled (409): begin a new submission with `datasetId`.",
        {200: ok("The submission.", publishing.SubmissionReply), **_OF_A_CHANGE}, (_SUBMISSION,),
        body=publishing.SubmissionFields, security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions/{submissionId}", "post", "submitSubmission", "Submit for review",
        "A 400 names everything that is missing.",
        {200: ok("The submission.", publishing.SubmissionReply), **_OF_A_CHANGE}, (_SUBMISSION,),
        body=publishing.Agreement, security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions/{submissionId}", "delete", "deleteSubmission", "Delete a submission",
        "With its files; only until it is published. From then on its address answers 410.",
        {204: _DELETED, **_OF_ONE}, (_SUBMISSION,), security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/submissions/{submissionId}/retract", "post", "retractSubmission", "Withdraw from review",
        "It can be changed and submitted again.",
        {200: ok("The submission.", publishing.SubmissionReply), **_OF_A_CHANGE}, (_SUBMISSION,), security=_SECURITY, tags=("Submissions",),
    ),
    Operation(
        "/uploads", "post", "createUpload", "Begin to send an archive",
        "For a draft, or for an approved submission: then the file becomes a new version of its dataset. The name ends in "
        "`.tar.gz`, `.tgz` or `.zip`, and `mimeType` matches it.",
        {201: ok("The session.", uploads.UploadSession), **_OF_AN_UPLOAD},
        body=uploads.UploadRequest, security=_SECURITY, tags=("Uploads",),
    ),
    *_sending("/uploads/{fileUploadId}", (_UPLOAD,), "", "archive"),
    Operation(
        "/submissions/{submissionId}/sample", "post", "createSampleUpload", "Begin to send a sample",
        "A small archive that shows what the dataset is like; it never replaces the main file.",
        {201: ok("The session.", uploads.UploadSession), **_OF_AN_UPLOAD}, (_SUBMISSION,),
        body=uploads.SampleRequest, security=_SECURITY, tags=("Uploads",),
    ),
    *_sending("/submissions/{submissionId}/sample/{fileUploadId}", (_SUBMISSION, _UPLOAD), "Sample", "sample"),
)  # fmt: skip
