"""What the v4 API can do, described for its OpenAPI document."""

from typing import Any

from django.http import HttpResponse
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

import commonhold
from commonhold.server.api.v4.endpoint import Endpoint
from commonhold.server.api.v4.operations import OPERATIONS
from commonhold.server.kit.openapi import document

_ABOUT = """
For site builders and tools. Every address ends in a slash; without it, any method is answered 301.

**Errors.** 400 names each field that is wrong with a list of messages (`non_field_errors` for what belongs to none);
everything else carries `detail`, and a 401 `code` where one of three constants fits: `ERROR_INVALID_HEADER`,
`ERROR_SIGNATURE_EXPIRED`, `ERROR_DECODING_SIGNATURE`. Messages come in the language of `lang`, else of Accept-Language.

**Maintenance.** While the site is read-only, anything but GET, HEAD and OPTIONS is answered 503 with `error`. Ask `site/`
before you write.

**Paging.** `page_size` takes 1 to 50 (25 without it); follow `next` until it is null. Searches reach as deep as the
site's result window; `count` is the true one all the same.

**Translated fields** are objects from locale to text; with `lang`, a GET gives one text: in that language, else in the
dataset's own. To write one, send an object (null takes a translation away, what is not named stays) or one text in the
current language.

**Submissions** are filled in and moved from state to state here, under the same rules as in the Data Collective API; files
are sent through `/api/uploads`, and `archive` and `sample` show how far they are. What goes on in the background is told as
202: `pending` names it, and `Location` is the address to look at. A step that the state does not allow is a 400.
"""

_HEADERS = {
    "X-RateLimit-Limit": {
        "description": "Requests allowed in the current window.",
        "schema": {"type": "integer"},
    },
    "X-RateLimit-Remaining": {
        "description": "Requests remaining in the current window.",
        "schema": {"type": "integer"},
    },
    "Retry-After": {
        "description": "Seconds until the next request is allowed.",
        "schema": {"type": "integer"},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
    "Link": {"description": 'Why it is withheld, as `rel="blocked-by"`.', "schema": {"type": "string"}},
    "Location": {
        "description": "Where it is read, now and later.",
        "schema": {"type": "string", "format": "uri"},
    },
    "Allow": {"description": "The methods this address knows.", "schema": {"type": "string"}},
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A session token (`accounts/session/`) or an API key."},
    "jwt": {
        "type": "apiKey", "in": "header", "name": "Authorization",
        "description": "`JWT <token>`: HS256, with `iss`, `iat` and `exp`, at most 300 seconds apart; `jti` is optional.",
    },
}  # fmt: skip


def describe(server: str) -> dict[str, Any]:
    """Return the OpenAPI document for the API at ``server``."""
    return document(
        title="Commonhold v4 API",
        version=commonhold.__version__,
        about=_ABOUT.strip(),
        server=server,
        operations=OPERATIONS,
        security_schemes=_SECURITY,
        headers=_HEADERS,
        examples={},
    )


class OpenApi(Endpoint):
    """``openapi.json``."""

    authentication_classes = ()

    def get_permissions(self) -> list[BasePermission]:
        """Let everybody read it."""
        return []

    def get(self, request: Request) -> HttpResponse:  # noqa: ARG002  the method's signature
        """Return the document, with this site's address in it."""
        return self.answer(
            describe(f"{self.site_url}/api/v4"), headers={"Cache-Control": "public, max-age=3600"}
        )
