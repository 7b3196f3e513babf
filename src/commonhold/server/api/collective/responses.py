"""What operations of the Data Collective API have in common when they are described: parameters and refusals."""

from commonhold.server.api.collective import parameters, shapes
from commonhold.server.kit.openapi import Parameter, Response

STANDING = ("X-RateLimit-Limit", "X-RateLimit-Remaining")
TEXT = {"type": "string"}
DATASET = Parameter("datasetId", "The dataset's id, or its slug.", {"type": "string", "minLength": 1}, "path")
VERSION = Parameter(
    "version", "Number of the version; without it, the current one.",
    {"type": "integer", "minimum": 1, "maximum": parameters.LARGEST_NUMBER},
)  # fmt: skip
LANG = Parameter("lang", "Language to show texts in, where they are translated.", TEXT)

STATUS_401 = Response("Missing or invalid authentication.", shapes.Error, ("WWW-Authenticate", *STANDING))
STATUS_400 = Response(
    "Malformed request or invalid parameters: `details` names each.", shapes.Error, STANDING
)
STATUS_403 = Response(
    "Not allowed: `reason` says which of membership, approval, terms or scope is missing.",
    shapes.Error,
    STANDING,
)
STATUS_404 = Response("There is no such dataset.", shapes.Error, STANDING)
STATUS_410 = Response("The dataset was removed.", shapes.Error, STANDING)
STATUS_429 = Response("Too many requests.", shapes.Error, (*STANDING, "Retry-After"))
STATUS_451 = Response("Withheld for legal reasons.", shapes.Error, ("Link", *STANDING))
STATUS_402 = Response("The dataset has a price that was not paid.", shapes.Error, STANDING)
STATUS_413 = Response("The request body is too large.", shapes.Error, STANDING)
STATUS_415 = Response("The request body is not JSON.", shapes.Error, STANDING)
REFUSALS = {400: STATUS_400, 401: STATUS_401, 403: STATUS_403, 429: STATUS_429}
OF_A_DATASET = {**REFUSALS, 404: STATUS_404, 410: STATUS_410, 451: STATUS_451}
OF_BYTES = {**OF_A_DATASET, 402: STATUS_402}
OF_A_SESSION = {**OF_BYTES, 413: STATUS_413, 415: STATUS_415}


def ok(about: str, body: type) -> Response:
    """Describe an answer that succeeds."""
    return Response(about, body, STANDING)
