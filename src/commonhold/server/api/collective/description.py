"""What the Data Collective API can do, described for its OpenAPI document and its readable page."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

import commonhold
from commonhold.server.api.collective import parameters, shapes
from commonhold.server.api.collective.endpoint import OpenEndpoint, answer, base_url
from commonhold.server.catalogue.vocabularies import TASKS
from commonhold.server.kit.openapi import Operation, Parameter, Response, document

_ABOUT = """
Programmatic access to community-driven datasets: find one, agree to its terms on its web page, open a download session
with your API key, and fetch the archive straight from storage, in ranges if you like.

**Authentication.** Send your key as `Authorization: Bearer YOUR_API_KEY` (or as the password of HTTP Basic).

**Errors** carry `error`, a fixed English text, and `message`, which says what is wrong and what to do next.

**Limits.** Requests and downloads are limited per organization. Answers tell where you stand in `X-RateLimit-Limit` and
`X-RateLimit-Remaining`; a 429 says in `Retry-After` how many seconds to wait. Each `POST …/download` counts as one of
the organization's downloads of the day (UTC); resuming with a URL you already have does not.
"""

_STANDING = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
_HEADERS = {
    "X-RateLimit-Limit": {"description": "Total requests allowed in the current window.", "schema": {"type": "integer"}},
    "X-RateLimit-Remaining": {"description": "Requests remaining in the current window.", "schema": {"type": "integer"}},
    "Retry-After": {"description": "Seconds until the next request is allowed.", "schema": {"type": "integer"}},
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "Link": {"description": "Why it is withheld, as `rel=\"blocked-by\"`.", "schema": {"type": "string"}},
    "Allow": {"description": "The methods this address knows.", "schema": {"type": "string"}},
}  # fmt: skip
_SECURITY = {
    "apiKey": {"type": "http", "scheme": "bearer", "description": "An API key from your profile page."},
    "basic": {"type": "http", "scheme": "basic", "description": "The API key as the password, for `.netrc`."},
}

_TEXT = {"type": "string"}
_DATASET = Parameter(
    "datasetId", "The dataset's id, or its slug.", {"type": "string", "minLength": 1}, "path"
)
_VERSION = Parameter(
    "version", "Number of the version; without it, the current one.",
    {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_NUMBER},
)  # fmt: skip
_LANG = Parameter("lang", "Language to show texts in, where they are translated.", _TEXT)

_401 = Response("Missing or invalid authentication.", shapes.Error, ("WWW-Authenticate", *_STANDING))
_400 = Response("Malformed request or invalid parameters: `details` names each.", shapes.Error, _STANDING)
_403 = Response(
    "Not allowed: `reason` says which of membership, approval, terms or scope is missing.",
    shapes.Error,
    _STANDING,
)
_404 = Response("There is no such dataset.", shapes.Error, _STANDING)
_410 = Response("The dataset was removed.", shapes.Error, _STANDING)
_429 = Response("Too many requests.", shapes.Error, (*_STANDING, "Retry-After"))
_451 = Response("Withheld for legal reasons.", shapes.Error, ("Link", *_STANDING))
_402 = Response("The dataset has a price that was not paid.", shapes.Error, _STANDING)
_413 = Response("The request body is too large.", shapes.Error, _STANDING)
_415 = Response("The request body is not JSON.", shapes.Error, _STANDING)
_REFUSALS = {400: _400, 401: _401, 403: _403, 429: _429}
_OF_A_DATASET = {**_REFUSALS, 404: _404, 410: _410, 451: _451}
_OF_BYTES = {**_OF_A_DATASET, 402: _402}
_OF_A_SESSION = {**_OF_BYTES, 413: _413, 415: _415}


def _ok(about: str, body: type) -> Response:
    return Response(about, body, _STANDING)


OPERATIONS = (
    Operation(
        "/datasets/{datasetId}", "get", "getDataset", "Get Dataset Details",
        "Retrieves the details of a specific dataset.",
        {200: _ok("The dataset.", shapes.DatasetDetails), **_OF_A_DATASET},
        (_DATASET, _VERSION, _LANG), security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets", "get", "listDatasets", "List datasets",
        "Datasets that you may see, filtered and sorted. Several values of one filter mean “any of them”; a value that no "
        "dataset carries finds nothing. A page past the end is empty.",
        {200: _ok("A page of datasets.", shapes.DatasetList), **_REFUSALS},
        (
            Parameter("q", "Words to find in names and descriptions, in every language.", {"type": "string", "minLength": 1, "maxLength": parameters.LONGEST_QUERY}),
            Parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_NUMBER, "default": 1}),
            Parameter("limit", "Datasets on a page.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_PAGE_SIZE, "default": parameters.PAGE_SIZE}),
            Parameter("task", f"Task: {', '.join(TASKS)}.", _TEXT, many=True),
            Parameter("locale", "Language of the data.", _TEXT, many=True),
            Parameter("license", "Abbreviation of the licence.", _TEXT, many=True),
            Parameter("format", "Format of the data.", _TEXT, many=True),
            Parameter("sort", "By what; without it by relevance where `q` is given, else newest first.", {"type": "string", "enum": ["relevance", "newest", "size"]}),
            Parameter("sortDirection", "Which end first.", {"type": "string", "enum": ["asc", "desc"], "default": "desc"}),
            Parameter("uploadDate", "Only datasets published since then (UTC).", {"type": "string", "enum": ["today", "thisWeek", "thisMonth", "thisYear"]}),
            Parameter("sample", "`true`: only datasets with a sample.", _TEXT),
            Parameter("pricing", "Only datasets with a price, or only free ones.", {"type": "string", "enum": ["compensated", "free"]}),
            _LANG,
        ), security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets/filters", "get", "listDatasetFilters", "List filter values",
        "Every task there is, and the locales, licences and formats that the datasets you may see carry now.",
        {200: _ok("The values.", shapes.DatasetFilters), **{status: _REFUSALS[status] for status in (401, 403, 429)}},
        security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets/{datasetId}/download", "post", "createDownloadSession", "Get Dataset Download URL",
        "Creates a download session and returns the dataset's download URL for direct download from storage. You must have "
        "agreed to the dataset's terms of use on its web page. The URL answers `Range` requests until `expiresAt`: resume "
        "with it as often as you need.",
        {200: _ok("The session.", shapes.DownloadSession), **_OF_A_SESSION,
         429: Response("Too many requests (`type` is `request_limit`), or the organization's day is used up (`limit`; `type` is `bandwidth_limit` where it is the bytes).", shapes.Error, (*_STANDING, "Retry-After"))},
        (_DATASET, _VERSION), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/sample-download", "post", "createSampleSession", "Get Sample Download URL",
        "As a download session, for the dataset's small sample: terms apply, quota and price do not.",
        {200: _ok("The session.", shapes.SampleSession), **{status: answer for status, answer in _OF_A_SESSION.items() if status != 402}},
        (_DATASET,), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/pieces", "get", "getPieces", "Get piece hashes",
        "The SHA-256 of each piece of the archive, so that a client can prove and repair a download piece by piece. Key and "
        "terms as for a download; free of quota.",
        {200: _ok("The hashes.", shapes.Pieces), **_OF_BYTES},
        (_DATASET, _VERSION), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/download/{downloadToken}", "get", "downloadFile", "Download Dataset File (removed)",
        "This endpoint has been removed. `POST /datasets/{datasetId}/download` returns a URL for direct download.",
        {410: Response("Always.", shapes.Error)},
        (_DATASET, Parameter("downloadToken", "The temporary download token.", {"type": "string", "minLength": 1}, "path")), tags=("Downloads",),
    ),
    Operation(
        "/account", "get", "getAccount", "Get your account",
        "Whose key you sent, for which organization, and what is left of today's limits.",
        {200: _ok("The account.", shapes.Account), 401: _401, 429: _429},
        security=("apiKey", "basic"), tags=("Account",),
    ),
    Operation(
        "/health", "get", "getHealth", "Check health", "The site answers. No database is asked.",
        {200: Response("It is up.", shapes.Health)}, tags=("Site",),
    ),
)  # fmt: skip


def describe(server: str) -> dict[str, Any]:
    """Return the OpenAPI document for the API at ``server``."""
    return document(
        title="Data Collective API",
        version=commonhold.__version__,
        about=_ABOUT.strip(),
        server=server,
        operations=OPERATIONS,
        security_schemes=_SECURITY,
        headers=_HEADERS,
        examples=examples(),
    )


@cache
def examples() -> dict[str, Any]:
    """Return real answers, recorded by ``make docs`` from a site with the demo collection."""
    kept: dict[str, Any] = msgspec.json.decode(
        files("commonhold.server.api.collective").joinpath("examples.json").read_bytes()
    )
    return kept


class OpenApi(OpenEndpoint):
    """``GET /openapi.json``."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Return the document, with this site's address in it."""
        response = answer(describe(f"{base_url(request)}/api"))
        response["Cache-Control"] = "public, max-age=3600"
        return response
