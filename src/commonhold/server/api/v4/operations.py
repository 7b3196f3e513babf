"""Every address of the v4 API with what it takes and answers, as the OpenAPI document tells it."""

from collections.abc import Mapping
from dataclasses import replace

from commonhold.server.api.v4 import paging, shapes, submission_shapes
from commonhold.server.api.v4.search import LONGEST_QUERY
from commonhold.server.api.v4.submissions import REVIEW
from commonhold.server.kit.openapi import Operation, Parameter, Response
from commonhold.server.submissions.states import STATES

_STANDING = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
_TEXT = {"type": "string"}
_BOTH = ("bearer", "jwt")

_LANG = Parameter("lang", "Current language; on GET, translated fields become one text.", _TEXT)
# Out of bounds is no error for the size, and 404 for the page: neither is a matter of the schema.
_PAGING = (
    Parameter("page", "Which page, from 1, or `last`.", {"type": "string", "default": "1"}),
    Parameter(
        "page_size", f"Results on a page, 1 to {paging.LARGEST_SIZE}; larger is cut, anything else is the default.",
        {"type": "string", "default": str(paging.DEFAULT_SIZE)},
    ),
)  # fmt: skip
_DATASET = Parameter("dataset", "The dataset's id, or its slug.", {"type": "string", "minLength": 1}, "path")
_SUBMISSION = Parameter("submission", "The submission's id.", {"type": "string", "minLength": 1}, "path")
_SLUG = Parameter("slug", "The organization's slug.", {"type": "string", "minLength": 1}, "path")

_400 = Response("Something sent is wrong: each field with its messages.", shapes.Invalid, _STANDING)
_401 = Response(
    "Authentication is needed, or was tried and failed.", shapes.Refusal, ("WWW-Authenticate", *_STANDING)
)
_403 = Response("Not permitted to the one who asks.", shapes.Refusal, _STANDING)
_404 = Response("There is no such thing, or no such page.", shapes.Refusal, _STANDING)
_406 = Response("Nothing here is of an accepted type.", shapes.Refusal, _STANDING)
_410 = Response("The dataset was removed, or the submission deleted.", shapes.Refusal, _STANDING)
_413 = Response("The body is too large.", shapes.Refusal, _STANDING)
_415 = Response("The body is of a type that is not read.", shapes.Refusal, _STANDING)
_429 = Response("Too many requests.", shapes.Refusal, ("Retry-After", *_STANDING))
_451 = Response("Withheld for legal reasons.", shapes.Refusal, ("Link", *_STANDING))
_503 = Response("The site is read-only.", shapes.ReadOnly)

_READ = {401: _401, 403: _403, 406: _406, 429: _429}
_OF_A_DATASET = {**_READ, 404: _404, 410: _410, 451: _451}
_WRITE = {**_READ, 400: _400, 413: _413, 415: _415, 503: _503}
_DROP = {**_READ, 404: _404, 503: _503}


def _ok(about: str, body: type, *, many: bool = False) -> Response:
    return Response(about, body, _STANDING, many=many)


def _get(path: str, name: str, summary: str, ok: Response, *more: Parameter, **fields: object) -> Operation:
    """Describe a GET that is open to strangers; ``fields`` replaces what differs."""
    operation = Operation(
        path, "get", name, summary, summary, {200: ok, **_READ}, (*more, _LANG), security=_BOTH, optional_security=True,
        tags=(path.split("/")[1].title(),),
    )  # fmt: skip
    return replace(operation, **fields)  # type: ignore[arg-type]  whichever fields differ


def _change(
    method: str,
    path: str,
    name: str,
    summary: str,
    responses: Mapping[int, Response],
    *more: Parameter,
    **fields: object,
) -> Operation:
    operation = Operation(
        path,
        method,
        name,
        summary,
        summary,
        responses,
        (*more, _LANG),
        security=_BOTH,
        tags=(path.split("/")[1].title(),),
    )
    return replace(operation, **fields)  # type: ignore[arg-type]  as above


def _facet(name: str, about: str) -> Parameter:
    return Parameter(
        name, f"Only results that carry this {about}; several mean “any of them”.", _TEXT, many=True
    )


_SITE = (
    _get(
        "/site/", "getSite", "Whether the site takes changes now, and its notice", _ok("The state.", shapes.SiteStatus),
        security=(), responses={200: _ok("The state.", shapes.SiteStatus), 406: _406, 429: _429},
    ),
    _change(
        "patch", "/site/", "switchSite", "Switch read-only mode on, or change the notice: operators only",
        {200: _ok("The state.", shapes.SiteStatus), **_WRITE}, body=shapes.SiteInput,
    ),
)  # fmt: skip

_DATASETS = (
    _get(
        "/datasets/", "listDatasets", "Datasets, newest first", _ok("A page.", shapes.DatasetPage), *_PAGING,
        responses={200: _ok("A page.", shapes.DatasetPage), 404: _404, **_READ},
    ),
    _get(
        "/datasets/search/", "searchDatasets", "Find datasets by words and facets", _ok("A page.", shapes.SearchPage),
        Parameter("q", "Words to find in names and descriptions, in every language; the last as a beginning.",
                  {"type": "string", "maxLength": LONGEST_QUERY}),
        Parameter("sort", "By what: `relevance` where words are given, else `newest`.",
                  {"type": "string", "enum": ["relevance", "newest", "size", "downloads"]}),
        _facet("organization", "organization's slug"), _facet("locale", "language"), _facet("license", "licence"),
        _facet("task", "task"), _facet("format", "format"), _facet("visibility", "visibility"),
        Parameter("facets", "`false`: do not count what the results carry.", {"type": "boolean", "default": True}),
        *_PAGING,
        responses={200: _ok("A page.", shapes.SearchPage), 400: _400, 404: _404, **_READ},
    ),
    _get(
        "/datasets/autocomplete/", "completeDatasets", "Names that begin as typed: at most ten, not paginated",
        _ok("Suggestions.", shapes.Suggestions),
        Parameter("q", "What was typed.", {"type": "string", "maxLength": LONGEST_QUERY}),
        responses={200: _ok("Suggestions.", shapes.Suggestions), 400: _400, **_READ},
    ),
    _get(
        "/datasets/{dataset}/", "getDataset", "One dataset", _ok("The dataset.", shapes.Dataset), _DATASET,
        responses={200: _ok("The dataset.", shapes.Dataset), **_OF_A_DATASET},
    ),
    _change(
        "patch", "/datasets/{dataset}/", "editDataset",
        "Change translations, descriptions, contact, or narrow the visibility: owners and publishers",
        {200: _ok("The dataset.", shapes.Dataset), **_WRITE, **_OF_A_DATASET}, _DATASET, body=shapes.DatasetInput,
    ),
    _change(
        "put", "/datasets/{dataset}/", "replaceDataset", "As PATCH, with its name; translations not given stay",
        {200: _ok("The dataset.", shapes.Dataset), **_WRITE, **_OF_A_DATASET}, _DATASET, body=shapes.DatasetInput,
    ),
    _change(
        "delete", "/datasets/{dataset}/", "removeDataset", "Remove a dataset, its files with it: owners only",
        {204: Response("Removed.", None, _STANDING), **_OF_A_DATASET, 503: _503}, _DATASET,
    ),
    _get(
        "/datasets/{dataset}/versions/", "listVersions", "The editions of a dataset's archive, newest first",
        _ok("A page.", shapes.VersionPage), _DATASET, *_PAGING,
        responses={200: _ok("A page.", shapes.VersionPage), **_OF_A_DATASET},
    ),
)  # fmt: skip

_ORGANIZATIONS = (
    _get(
        "/organizations/", "listOrganizations", "Organizations, by slug", _ok("A page.", shapes.OrganizationPage),
        *_PAGING, responses={200: _ok("A page.", shapes.OrganizationPage), 404: _404, **_READ},
    ),
    _get(
        "/organizations/{slug}/", "getOrganization", "One organization", _ok("It.", shapes.Organization), _SLUG,
        responses={200: _ok("It.", shapes.Organization), 404: _404, **_READ},
    ),
    _change(
        "patch", "/organizations/{slug}/", "editOrganization", "Change how an organization presents itself: owners",
        {200: _ok("It.", shapes.Organization), 404: _404, **_WRITE}, _SLUG, body=shapes.OrganizationInput,
    ),
    _change(
        "put", "/organizations/{slug}/", "replaceOrganization", "As PATCH, with the name at least",
        {200: _ok("It.", shapes.Organization), 404: _404, **_WRITE}, _SLUG, body=shapes.OrganizationInput,
    ),
    _get(
        "/organizations/{slug}/members/", "listMembers", "Who belongs to an organization: told to its members",
        _ok("A page.", shapes.MemberPage), _SLUG, *_PAGING, optional_security=False,
        responses={200: _ok("A page.", shapes.MemberPage), 404: _404, **_READ},
    ),
)  # fmt: skip

_OF_A_SUBMISSION = {**_READ, 404: _404, 410: _410}
_SHOWN = Response("The submission.", submission_shapes.Submission, _STANDING)
_STEP = {200: _SHOWN, **_WRITE, **_OF_A_SUBMISSION}


def _step(path: str, name: str, summary: str, **fields: object) -> Operation:
    operation = _change("post", f"/submissions/{{submission}}/{path}/", name, summary, _STEP, _SUBMISSION)
    return replace(operation, **fields)  # type: ignore[arg-type]  as above


_SUBMISSIONS = (
    _get(
        "/submissions/", "listSubmissions",
        "Submissions of one's organizations, newest first; or the reviewers' queue, the longest waiting first",
        _ok("A page.", submission_shapes.SubmissionPage),
        Parameter("queue", "`review`: everything that waits for a reviewer; reviewers only.",
                  {"type": "string", "enum": [REVIEW]}),
        Parameter("status", "Only those in this state.", {"type": "string", "enum": list(STATES)}),
        Parameter("organization", "Only those of the organization with this slug.",
                  {"type": "string", "maxLength": 100}),
        *_PAGING, optional_security=False,
        responses={
            200: _ok("A page.", submission_shapes.SubmissionPage), 400: _400, 404: _404, **_READ,
        },
    ),
    _change(
        "post", "/submissions/", "createSubmission", "Begin a submission: with a name, or with the dataset it changes",
        {201: Response("The submission.", submission_shapes.Submission, ("Location", *_STANDING)), **_WRITE},
        body=submission_shapes.NewSubmissionInput,
    ),
    _get(
        "/submissions/{submission}/", "getSubmission", "One submission: its publishers and the site's reviewers",
        _SHOWN, _SUBMISSION, optional_security=False, responses={200: _SHOWN, **_OF_A_SUBMISSION},
    ),
    _change(
        "patch", "/submissions/{submission}/", "editSubmission",
        "Fill in fields; of an approved one, what shows at once on its dataset",
        {200: _SHOWN, **_WRITE, **_OF_A_SUBMISSION}, _SUBMISSION, body=submission_shapes.SubmissionInput,
    ),
    _change(
        "put", "/submissions/{submission}/", "replaceSubmission", "As PATCH, with its name; what is not given stays",
        {200: _SHOWN, **_WRITE, **_OF_A_SUBMISSION}, _SUBMISSION, body=submission_shapes.SubmissionInput,
    ),
    _change(
        "delete", "/submissions/{submission}/", "deleteSubmission", "Delete what was not published, its files with it",
        {204: Response("Deleted.", None, _STANDING), **_OF_A_SUBMISSION, 503: _503}, _SUBMISSION,
    ),
    _step(
        "submit", "submitSubmission", "Hand it over to the reviewers; every field that is missing is told with 400",
        body=submission_shapes.AgreementInput,
        responses={
            **_STEP,
            202: Response(
                "Submitted. Its files are still being verified in the background: `pending` and `Location` say where "
                "to look; a faulty file gives it back as `edits_requested`.",
                submission_shapes.Submission, ("Location", *_STANDING),
            ),
        },
    ),
    _step("retract", "retractSubmission", "Withdraw it from review; it can be changed and submitted again"),
    _step("start-review", "startReview", "Take it up; its publisher cannot change it meanwhile: reviewers only"),
    _step("approve", "approveSubmission", "Publish it, once its files are verified: reviewers only"),
    _step(
        "reject", "rejectSubmission", "Turn it down for good, and say why: reviewers only",
        body=submission_shapes.NoteInput,
    ),
    _step(
        "request-edits", "requestEdits", "Give it back to its publisher, and say what to change: reviewers only",
        body=submission_shapes.NoteInput,
    ),
)  # fmt: skip

_ACCOUNTS = (
    _get(
        "/accounts/profile/", "getProfile", "Who is asking", _ok("The profile.", shapes.Profile),
        optional_security=False, responses={200: _ok("The profile.", shapes.Profile), 404: _404, **_READ},
    ),
    _change(
        "patch", "/accounts/profile/", "editProfile", "Change name or language: with a session token or JWT",
        {200: _ok("The profile.", shapes.Profile), 404: _404, **_WRITE}, body=shapes.ProfileInput,
    ),
    _change(
        "post", "/accounts/session/", "signIn", "Sign in; not for other origins",
        {201: _ok("A session token, for thirty days.", shapes.Session), **_WRITE}, body=shapes.SignIn,
        optional_security=True,
    ),
    _change(
        "delete", "/accounts/session/", "signOut", "Sign out: the token ends",
        {204: Response("Signed out.", None, _STANDING), 401: _401, 403: _403, 429: _429, 503: _503},
        security=("bearer",),
    ),
    _get(
        "/accounts/jwt/", "getJwtIssuer", "One's issuer for JWT requests", _ok("It.", shapes.JwtIssuer),
        optional_security=False, security=("bearer",),
        responses={200: _ok("It.", shapes.JwtIssuer), 404: _404, **_READ},
    ),
    _change(
        "post", "/accounts/jwt/", "makeJwtIssuer", "Make an issuer and its secret, in place of the former: shown once",
        {201: _ok("Issuer and secret.", shapes.JwtSecret), **_READ, 503: _503}, security=("bearer",),
    ),
    _change(
        "delete", "/accounts/jwt/", "revokeJwtIssuer", "Revoke the issuer",
        {204: Response("Revoked.", None, _STANDING), **_DROP}, security=("bearer",),
    ),
)  # fmt: skip

_VOCABULARIES = tuple(
    _get(path, name, summary, _ok("All of them: not paginated.", kind, many=True))
    for path, name, summary, kind in (
        ("/licenses/", "listLicenses", "Licences that datasets name by abbreviation", shapes.License),
        ("/tasks/", "listTasks", "What datasets are for", shapes.Task),
        ("/languages/", "listLanguages", "Locales that translated fields take", shapes.Language),
    )
)

OPERATIONS = (*_SITE, *_DATASETS, *_ORGANIZATIONS, *_SUBMISSIONS, *_ACCOUNTS, *_VOCABULARIES)
