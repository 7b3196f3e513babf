"""Refusals under ``/api/``: the seed's English text in ``error``, what to do about it in ``message``.

Source: seed 000, "Error Responses" and "Error Handling"; decision 6.
"""

from typing import Any

from commonhold.server.access.rules import Answer, Next, Reason

AUTHENTICATION_REQUIRED = "Authentication required."
INVALID_PARAMETERS = "Invalid request parameters."
DATASET_NOT_FOUND = "Dataset not found"
ROUTE_NOT_FOUND = "Not found"
PRIVATE_DATASET = "Access denied. Private dataset requires organization membership"
RESTRICTED_DATASET = "Access denied. Restricted dataset requires approval"
MISSING_SCOPE = "Access denied. API key lacks the required scope"
TERMS_REQUIRED = "You must agree to the terms of use before downloading this dataset"
PAYMENT_REQUIRED = "Payment required"
DATASET_REMOVED = "This dataset has been removed."
DATASET_WITHHELD = "Unavailable for legal reasons."
REMOVED_ROUTE = "This endpoint has been removed. Use POST /download to get a presigned URL instead."
REQUEST_LIMIT = "Rate limit exceeded. Please try again later."
DAILY_LIMIT = "Rate limit exceeded"
METHOD_NOT_ALLOWED = "Method not allowed."
BODY_TOO_LARGE = "Request body too large."
UNSUPPORTED_MEDIA_TYPE = "Unsupported media type."
INTERNAL_ERROR = "Internal server error."
# Signing in without a key: the words of RFC 8628, 3.5.
AUTHORIZATION_PENDING = "authorization_pending"
SLOW_DOWN = "slow_down"
ACCESS_DENIED = "access_denied"
EXPIRED_TOKEN = "expired_token"  # noqa: S105  a word of the protocol

# For the reference page: by the name above, the status and what the reader of the error does next.
ADVICE = {
    "AUTHENTICATION_REQUIRED": (401, "Send a key as `Authorization: Bearer …`; make one on your profile page."),
    "INVALID_PARAMETERS": (400, "Mend what `details` names, field by field."),
    "DATASET_NOT_FOUND": (404, "Check the id or slug; `message` says whether a version or a file is missing."),
    "ROUTE_NOT_FOUND": (404, "Check the address against this reference."),
    "PRIVATE_DATASET": (403, "Use a key of the organization that publishes it (`reason` is `membership`)."),
    "RESTRICTED_DATASET": (403, "Ask for access on the page in `requestUrl` (`reason` is `approval`)."),
    "MISSING_SCOPE": (403, "Make a key that has the scope `message` names (`reason` is `scope`)."),
    "TERMS_REQUIRED": (403, "Read and agree on the page in `agreeUrl` (`reason` is `terms`)."),
    "PAYMENT_REQUIRED": (402, "The dataset has a price that your organization has not paid (`reason` is `price`)."),
    "DATASET_REMOVED": (410, "It is gone; `message` says why. Delete your copies where its terms ask for it."),
    "DATASET_WITHHELD": (451, "It is withheld for legal reasons; the `Link` header leads to an explanation."),
    "REMOVED_ROUTE": (410, "Use `POST /api/datasets/{datasetId}/download` and fetch the URL it returns."),
    "REQUEST_LIMIT": (429, "Wait the seconds in `Retry-After` (`type` is `request_limit`)."),
    "DAILY_LIMIT": (429, "Wait until `limit.resetsAt`; URLs you already have go on working. `type` is `bandwidth_limit` where bytes are used up."),
    "METHOD_NOT_ALLOWED": (405, "Use a method that the `Allow` header names."),
    "BODY_TOO_LARGE": (413, "Send less: 2 MiB at most."),
    "UNSUPPORTED_MEDIA_TYPE": (415, "Send JSON with `Content-Type: application/json`, or no body."),
    "INTERNAL_ERROR": (500, "Our fault; try again later."),
    "AUTHORIZATION_PENDING": (400, "Nobody has entered the code yet: ask again after `interval` seconds."),
    "SLOW_DOWN": (400, "You ask too often: from now on wait five seconds longer between two requests."),
    "ACCESS_DENIED": (400, "The person said no. Do not ask again with this code."),
    "EXPIRED_TOKEN": (400, "The code has expired, was used, or never was one: begin anew with `POST /api/device/authorize`."),
}  # fmt: skip


class Problem(Exception):  # noqa: N818  it is an answer; "error" is one of its fields
    """An answer other than success.

    Args:
        status: HTTP status.
        error: the fixed English text.
        message: what is wrong here, and the next step.
        headers: response headers to send along.
        **body: further keys of the body (``details``, ``limit``, ``type``, ``reason``, ``agreeUrl`` …).
    """

    def __init__(
        self,
        status: int,
        error: str,
        message: str = "",
        *,
        headers: dict[str, str] | None = None,
        **body: Any,
    ) -> None:
        super().__init__(error)
        self.status = status
        self.headers = headers or {}
        self.body = {"error": error, **({"message": message} if message else {}), **body}


def unauthenticated(message: str) -> Problem:
    """Return the 401 of the seed."""
    return Problem(401, AUTHENTICATION_REQUIRED, message, headers={"WWW-Authenticate": 'Bearer realm="api"'})


def invalid(details: dict[str, str]) -> Problem:
    """Return the 400 of the seed: ``details`` maps each field to what is wrong with it."""
    told = "; ".join(f"{name}: {text}" for name, text in details.items())
    return Problem(400, INVALID_PARAMETERS, f"{INVALID_PARAMETERS} {told}", details=details)


_BY_REASON = {
    Reason.SIGN_IN: (401, AUTHENTICATION_REQUIRED),
    Reason.NOT_FOUND: (404, DATASET_NOT_FOUND),
    Reason.NO_FILE: (404, DATASET_NOT_FOUND),
    Reason.SCOPE: (403, MISSING_SCOPE),
    Reason.MEMBERSHIP: (403, PRIVATE_DATASET),
    Reason.APPROVAL: (403, RESTRICTED_DATASET),
    Reason.TERMS: (403, TERMS_REQUIRED),
    Reason.PRICE: (402, PAYMENT_REQUIRED),
    Reason.REMOVED: (410, DATASET_REMOVED),
    Reason.WITHHELD: (451, DATASET_WITHHELD),
}
_EXPLAINED = {Reason.SCOPE, Reason.MEMBERSHIP, Reason.APPROVAL, Reason.TERMS, Reason.PRICE}
_PAGE_KEYS = {Next.AGREE: "agreeUrl", Next.REQUEST: "requestUrl"}


def refusal(answer: Answer, dataset_url: str, legal_url: str = "") -> Problem:
    """Return the problem that a refusal of the policy becomes.

    Args:
        answer: what ``access.rules`` decided.
        dataset_url: the dataset's page, under which the page that mends it lies.
        legal_url: where withholding is explained, sent as a link with 451 (RFC 7725).
    """
    status, error = _BY_REASON[answer.reason]
    body: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if answer.reason in _EXPLAINED:
        body["reason"] = str(answer.reason)
    message = answer.message
    if key := _PAGE_KEYS.get(answer.next):
        body[key] = f"{dataset_url}/{answer.next}"
        message = f"{message} {body[key]}"
    if answer.reason is Reason.WITHHELD and legal_url:
        headers["Link"] = f'<{legal_url}>; rel="blocked-by"'
    if answer.reason is Reason.SIGN_IN:
        return unauthenticated(message)
    return Problem(status, error, message, headers=headers, **body)
