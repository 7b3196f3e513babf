"""What the Data Collective API can do, described for its OpenAPI document and its readable page."""

from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

import commonhold
from commonhold.server.api.collective import parameters, shapes
from commonhold.server.api.collective.description_publishing import PUBLISHING
from commonhold.server.api.collective.description_sign_in import SIGN_IN
from commonhold.server.api.collective.endpoint import OpenEndpoint, answer, base_url
from commonhold.server.api.collective.responses import (
    DATASET,
    LANG,
    OF_A_DATASET,
    OF_A_SESSION,
    OF_BYTES,
    REFUSALS,
    STANDING,
    STATUS_401,
    STATUS_429,
    TEXT,
    VERSION,
    ok,
)
from commonhold.server.catalogue.vocabularies import TASKS
from commonhold.server.kit.openapi import Operation, Parameter, Response, document

_ABOUT = """
Programmatic access to community-driven datasets: find one, agree to its terms on its web page, open a download session
with your API key, and fetch the archive straight from storage, in ranges if you like.

**Authentication.** Send your key as `Authorization: Bearer YOUR_API_KEY` (or as the password of HTTP Basic).

**Errors** carry `error`, a fixed English text, and `message`, which says what is wrong and what to do next.

**Limits.** Requests and downloads are limited per organization. Answers tell where you stand in `X-RateLimit-Limit` and
`X-RateLimit-Remaining`; a 429 says in `Retry-After` how many seconds to wait. Each `POST …/download` counts as one of
the organization's downloads of the day (UTC); resuming with a URL you already have does not, nor does asking
again with the same `Idempotency-Key`.
"""

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

OPERATIONS = (
    Operation(
        "/datasets/{datasetId}", "get", "getDataset", "Get Dataset Details",
        "Retrieves the details of a specific dataset.",
        {200: ok("The dataset.", shapes.DatasetDetails), **OF_A_DATASET},
        (DATASET, VERSION, LANG), security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets", "get", "listDatasets", "List datasets",
        "Datasets that you may see, filtered and sorted. Several values of one filter mean “any of them”; a value that no "
        "dataset carries finds nothing. A page past the end is empty.",
        {200: ok("A page of datasets.", shapes.DatasetList), **REFUSALS},
        (
            Parameter("q", "Words to find in names and descriptions, in every language.", {"type": "string", "minLength": 1, "maxLength": parameters.LONGEST_QUERY}),
            Parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_NUMBER, "default": 1}),
            Parameter("limit", "Datasets on a page.", {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_PAGE_SIZE, "default": parameters.PAGE_SIZE}),
            Parameter("task", f"Task: {', '.join(TASKS)}.", TEXT, many=True),
            Parameter("locale", "Language of the data.", TEXT, many=True),
            Parameter("license", "Abbreviation of the licence.", TEXT, many=True),
            Parameter("format", "Format of the data.", TEXT, many=True),
            Parameter("organization", "Slug of the organization that publishes it.", TEXT, many=True),
            Parameter("sort", "By what; without it by relevance where `q` is given, else newest first.", {"type": "string", "enum": ["relevance", "newest", "size"]}),
            Parameter("sortDirection", "Which end first.", {"type": "string", "enum": ["asc", "desc"], "default": "desc"}),
            Parameter("uploadDate", "Only datasets published since then (UTC).", {"type": "string", "enum": ["today", "thisWeek", "thisMonth", "thisYear"]}),
            Parameter("sample", "`true`: only datasets with a sample.", TEXT),
            Parameter("pricing", "Only datasets with a price, or only free ones.", {"type": "string", "enum": ["compensated", "free"]}),
            LANG,
        ), security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets/filters", "get", "listDatasetFilters", "List filter values",
        "Every task there is, and the locales, licences and formats that the datasets you may see carry now.",
        {200: ok("The values.", shapes.DatasetFilters), **{status: REFUSALS[status] for status in (401, 403, 429)}},
        security=("apiKey", "basic"), tags=("Datasets",),
    ),
    Operation(
        "/datasets/{datasetId}/download", "post", "createDownloadSession", "Get Dataset Download URL",
        "Creates a download session and returns the dataset's download URL for direct download from storage. You must have "
        "agreed to the dataset's terms of use on its web page. The URL answers `Range` requests until `expiresAt`: resume "
        "with it as often as you need. A client that may lose the answer sends an `Idempotency-Key`: asked again with the same "
        "key, for the same organization and version, it is given the same session while that lives, and nothing is "
        "charged. The permission to download is decided anew each time.",
        {200: ok("The session.", shapes.DownloadSession), **OF_A_SESSION,
         429: Response("Too many requests (`type` is `request_limit`), or the organization's day is used up (`limit`; `type` is `bandwidth_limit` where it is the bytes).", shapes.Error, (*STANDING, "Retry-After"))},
        (
            DATASET, VERSION,
            Parameter("Idempotency-Key", "A random key of the client's own making, one for each download.", {"type": "string", "pattern": f"^{parameters.IDEMPOTENCY_KEY}$"}, "header"),
        ), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/sample-download", "post", "createSampleSession", "Get Sample Download URL",
        "As a download session, for the dataset's small sample: terms apply, quota and price do not.",
        {200: ok("The session.", shapes.SampleSession), **{status: answer for status, answer in OF_A_SESSION.items() if status != 402}},
        (DATASET,), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/pieces", "get", "getPieces", "Get piece hashes",
        "The SHA-256 of each piece of the archive, so that a client can prove and repair a download piece by piece. Key and "
        "terms as for a download; free of quota.",
        {200: ok("The hashes.", shapes.Pieces), **OF_BYTES},
        (DATASET, VERSION), security=("apiKey", "basic"), tags=("Downloads",),
    ),
    Operation(
        "/datasets/{datasetId}/download/{downloadToken}", "get", "downloadFile", "Download Dataset File (removed)",
        "This endpoint has been removed. `POST /datasets/{datasetId}/download` returns a URL for direct download.",
        {410: Response("Always.", shapes.Error)},
        (DATASET, Parameter("downloadToken", "The temporary download token.", {"type": "string", "minLength": 1}, "path")), tags=("Downloads",),
    ),
    Operation(
        "/account", "get", "getAccount", "Get your account",
        "Whose key you sent, for which organization, and what is left of today's limits.",
        {200: ok("The account.", shapes.Account), 401: STATUS_401, 429: STATUS_429},
        security=("apiKey", "basic"), tags=("Account",),
    ),
    *SIGN_IN,
    *PUBLISHING,
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
