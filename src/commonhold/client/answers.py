"""From a refusal of the site to the error that says what to do next."""

import json
from collections.abc import Mapping
from typing import Any

from commonhold.client import errors
from commonhold.client.fields import web_address
from commonhold.client.http.connection import Response, host_of
from commonhold.client.retry import retry_after

_LARGEST_REFUSAL = 1 << 20
_LONGEST_MESSAGE = 600

_MEANINGS: dict[int, tuple[type[errors.CommonholdError], str]] = {
    400: (errors.UsageError, "Correct the request: commonhold COMMAND --help shows what each command takes."),
    401: (errors.NotSignedInError, "Sign in with: commonhold login"),
    402: (errors.PaymentRequiredError, "Buy the dataset on its page, then run the same command again."),
    403: (
        errors.NotAllowedError,
        "Open the dataset's page and see what it asks for, then run the same command again.",
    ),
    404: (errors.NotFoundError, "Find the right one with: commonhold search WORDS"),
    405: (
        errors.ProtocolError,
        "Check the address of the API (--api-url): it is not one of a data collective.",
    ),
    409: (errors.NotAllowedError, "Look at the dataset's page: it is not in a state that allows this."),
    410: (errors.GoneError, "It cannot be had any more. Look for another with: commonhold search WORDS"),
    422: (errors.UsageError, "Correct the request: commonhold COMMAND --help shows what each command takes."),
    429: (errors.LimitError, "See what is left with: commonhold quota"),
    451: (errors.WithheldError, "It is kept back for legal reasons; the site's legal page says more."),
    503: (errors.BusyError, "Try again in a few minutes."),
}
_REASONS = {
    "terms": "Open {page}, read and accept the terms there, then run the same command again.",
    "membership": "Ask a member of the publishing organization to invite you, or use a key of that "
    "organization.",
    "approval": "Ask for access at {page}; once it is granted, run the same command again.",
    "price": "Buy the dataset at {page}, then run the same command again.",
    "scope": "Sign in with a key that may do this: commonhold login --scope read --scope download --scope publish",
}


def refusal(response: Response) -> errors.CommonholdError:
    """Read the error that an answer carries. The body of the answer is used up."""
    body = _read_body(response)
    status = response.status
    kind, hint = _MEANINGS.get(
        status, (errors.UnreachableError, "Try again later; if it lasts, tell the people of the site.")
    )
    if status not in _MEANINGS and status < 500:
        kind, hint = errors.ProtocolError, "Check the address of the API (--api-url)."
    error = _line(body.get("error"))
    message = _line(body.get("message")) or error or f"{host_of(response.url)} answered with status {status}"
    page = (
        web_address(body.get("agreeUrl"))
        or web_address(body.get("requestUrl"))
        or web_address(body.get("buyUrl"))
    )
    told = _REASONS.get(str(body.get("reason")))
    if status == 403 and told and (page or "{page}" not in told):
        hint = told.format(page=page)
    elif status == 403 and page:
        hint = f"Open {page}, then run the same command again."
    return kind(
        message if message.endswith((".", "!", "?")) else f"{message}.",
        hint=hint,
        status=status,
        error=error,
        url=page,
        retry_after=retry_after(response.header("Retry-After")),
        body=body,
    )


def _read_body(response: Response) -> Mapping[str, Any]:
    try:
        content = json.loads(response.read(_LARGEST_REFUSAL))
    except (errors.UnreachableError, errors.ProtocolError, ValueError, RecursionError):
        return {}  # a proxy's page, or half an answer: the status says enough
    return content if isinstance(content, Mapping) else {}


def _line(value: object) -> str:
    return " ".join(value.split())[:_LONGEST_MESSAGE] if isinstance(value, str) else ""
