"""The readable pages of the two dialects: their OpenAPI documents, with the reader's own address and a real dataset."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from commonhold.server.api.addresses import base_url
from commonhold.server.api.collective import description as collective
from commonhold.server.api.collective.advice import ADVICE
from commonhold.server.api.samples import Call, samples
from commonhold.server.api.sketch import example, sketch
from commonhold.server.api.v4 import description as v4
from commonhold.server.api.v4.advice import ADVICE as V4_ADVICE
from commonhold.server.catalogue.queries import DatasetRow, Filters
from commonhold.server.catalogue.search.finding import listed
from commonhold.server.kit.translation import pick
from commonhold.server.kit.viewer import ANONYMOUS

# What an address carries besides, by operation.
_QUERIES = {
    "listDatasets": "?limit=5",
    "searchDatasets": "?q={word}",
    "completeDatasets": "?q={word}",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """An error, and what to do about it.

    Attributes:
        status: of the answer.
        text: what the body says, word for word.
        advice: what the reader does next, as Markdown.
    """

    status: int
    text: str
    advice: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of the two APIs: where it lies, its document, its errors."""

    root: str
    describe: Callable[[str], dict[str, Any]]
    errors: Sequence[Advice]


_COLLECTIVE = Dialect("/api", collective.describe, [Advice(*one) for one in ADVICE])
_V4 = Dialect("/api/v4", v4.describe, [Advice(*one) for one in V4_ADVICE])


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """``GET /api-reference``: the Data Collective API."""
    return _page(request, _COLLECTIVE)


@require_safe
def page_v4(request: HttpRequest) -> HttpResponse:
    """``GET /api-reference/v4``."""
    return _page(request, _V4)


def _page(request: HttpRequest, dialect: Dialect) -> HttpResponse:
    server = base_url(request) + dialect.root
    document = dialect.describe(server)
    # A dataset everybody may see, so that the page tells nobody of another.
    rows, _ = listed(ANONYMOUS, Filters(visibilities=["public"], is_paid=False), limit=1, offset=0)
    real = _Real(rows[0] if rows else None)
    tags: dict[str, list[dict[str, Any]]] = {}
    usual = _usual_answers(document)
    first: dict[str, str] = {}
    for address, methods in document["paths"].items():
        for method, described in methods.items():
            shown = _operation(document, usual, real, (address, method, described))
            for answer in shown["success"]:
                # A shape is drawn once; where it comes again, the page points to it.
                answer["same_as"] = first.setdefault(answer["text"], shown["id"]) if answer["text"] else ""
                answer["same_as"] = "" if answer["same_as"] == shown["id"] else answer["same_as"]
            tags.setdefault(described["tags"][0], []).append(shown)
    context = {
        "title": document["info"]["title"],
        "about": document["info"]["description"],
        "server": server,
        "is_v4": dialect is _V4,
        "tags": tags,
        "dataset": real.row.public_id if real.row else "",
        "dataset_slug": real.row.slug if real.row else "",
        "errors": dialect.errors,
    }
    return render(request, "api/reference.html", context)


class _Real:
    """Real values for the parts of an address; a word in capitals for those only the reader has."""

    def __init__(self, row: DatasetRow | None) -> None:
        self.row = row
        name = (pick(row.name, None, row.default_locale) or row.slug) if row else "greetings"
        words = [word for word in name.split() if len(word) > 1 and word.isalnum()]
        self.word = quote(words[0] if words else name)
        self.parts = {
            "datasetId": row.public_id if row else "DATASET_ID",
            "dataset": row.public_id if row else "DATASET_ID",
            "slug": row.organization_slug if row else "ORGANIZATION",
            "downloadToken": "tok_xyz789",
            "partNumber": "1",
        }

    def url(self, server: str, address: str, operation: str) -> str:
        """Return the whole address of an operation."""
        for name in [part.split("}")[0] for part in address.split("{")[1:]]:
            address = address.replace(f"{{{name}}}", self.parts.get(name, _shouted(name)))
        query = (
            _QUERIES.get(operation, "")
            if operation != "listDatasets" or "/v4" not in server
            else "?page_size=5"
        )
        return server + address + query.format(word=self.word)


def _shouted(name: str) -> str:
    """Return ``submissionId`` as ``SUBMISSION_ID``."""
    return "".join(f"_{letter}" if letter.isupper() else letter.upper() for letter in name)


def _usual_answers(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what each status usually means: said once, at the end, and at an operation only where it differs."""
    told = Counter(
        (status, answer["description"])
        for methods in document["paths"].values()
        for described in methods.values()
        for status, answer in described["responses"].items()
    )
    usual: dict[str, str] = {}
    for (status, text), _ in told.most_common():
        usual.setdefault(status, text)
    return usual


def _operation(
    document: Mapping[str, Any],
    usual: Mapping[str, str],
    real: _Real,
    operation: tuple[str, str, Mapping[str, Any]],
) -> dict[str, Any]:
    address, method, described = operation
    schemas = document["components"]["schemas"]
    server = document["servers"][0]["url"]
    with_key = bool(described["security"]) and {} not in described["security"]
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    call = Call(
        method.upper(),
        real.url(server, address, described["operationId"]),
        with_key,
        None if content is None else example(content["schema"], schemas),
    )
    answers = described["responses"]
    success = [_success(status, answer, schemas) for status, answer in answers.items() if status < "300"]
    refusals = [
        {
            "status": status,
            "about": "" if usual[status] == answer["description"] else _plain(answer["description"]),
        }
        for status, answer in answers.items()
        if status >= "300"
    ]
    about = described["description"]
    return {
        "id": described["operationId"],
        "method": method.upper(),
        "path": server.partition("//")[2].partition("/")[2].join(("/", address)),
        "summary": described["summary"],
        "about": about if about != described["summary"] else "",
        "parameters": [_parameter(parameter) for parameter in described["parameters"]],
        "body": _fields(content["schema"], schemas) if content else [],
        "needs_key": with_key,
        "takes_key": bool(described["security"]),
        "samples": samples(call).items(),
        "success": success,
        "refusals": refusals,
    }


def _plain(text: str) -> str:
    """Return a sentence as it stands within another one."""
    return text.replace("`", "").rstrip(".")


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    inner = schema.get("items", schema)
    kind = " · ".join(map(str, inner["enum"])) if "enum" in inner else inner.get("type", "")
    bounds = [f"{inner[name]}" if name in inner else "" for name in ("minimum", "maximum")]
    return {
        "name": parameter["name"],
        "about": parameter["description"],
        "kind": kind + (f", {bounds[0]} to {bounds[1]}" if all(bounds) else ""),
        "many": schema.get("type") == "array",
        "default": schema.get("default"),
    }


def _fields(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[tuple[str, str, bool]]:
    """Return the fields of a body: name, kind, whether it must be there."""
    named = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    required = set(named.get("required", ()))
    return [
        (name, _kind(sketch(field, schemas)), name in required)
        for name, field in named.get("properties", {}).items()
    ]


def _kind(shape: Any) -> str:
    if isinstance(shape, str):
        return shape
    return json.dumps(shape, ensure_ascii=False).replace('"', "")


def _success(status: str, answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer that is none of a refusal: a recorded one where there is one, else its shape."""
    content = answer.get("content", {}).get("application/json", {})
    recorded = content.get("example")
    shape = sketch(content["schema"], schemas) if content and recorded is None else recorded
    text = "" if shape is None else json.dumps(shape, ensure_ascii=False, indent=1)
    return {
        "status": status,
        "about": answer["description"],
        "text": text,
        "is_recorded": recorded is not None,
    }


urlpatterns = [
    path("api-reference", page, name="api_reference"),
    path("api-reference/v4", page_v4, name="api_reference_v4"),
]
