"""The readable page of the API: its OpenAPI document, with the reader's own address and a real dataset in it."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from commonhold.server.api.collective.description import describe
from commonhold.server.api.collective.endpoint import base_url
from commonhold.server.catalogue.queries import Filters, listed
from commonhold.server.kit.viewer import ANONYMOUS


def page(request: HttpRequest) -> HttpResponse:
    """``GET /api-reference``."""
    server = f"{base_url(request)}/api"
    document = describe(server)
    rows, _ = listed(ANONYMOUS, Filters(), limit=1, offset=0)
    dataset = rows[0].public_id if rows else "dataset-1"
    tags: dict[str, list[dict[str, Any]]] = {}
    for address, methods in document["paths"].items():
        for method, described in methods.items():
            shown = _operation(address, method, described, server, dataset)
            tags.setdefault(described["tags"][0], []).append(shown)
    context = {"about": document["info"]["description"], "server": server, "tags": tags, "dataset": dataset}
    return render(request, "api/reference.html", context)


def _operation(
    address: str, method: str, described: Mapping[str, Any], server: str, dataset: str
) -> dict[str, Any]:
    filled = address.replace("{datasetId}", dataset).replace("{downloadToken}", "tok_xyz789")
    return {
        "id": described["operationId"],
        "method": method.upper(),
        "path": f"/api{address}",
        "summary": described["summary"],
        "about": described["description"],
        "parameters": [_parameter(parameter) for parameter in described["parameters"]],
        "responses": [_response(status, answer) for status, answer in described["responses"].items()],
        "needs_key": bool(described["security"]),
        "samples": _samples(method.upper(), server + filled, with_key=bool(described["security"])),
    }


def _parameter(parameter: Mapping[str, Any]) -> dict[str, Any]:
    schema = parameter["schema"]
    many = schema.get("type") == "array"
    inner = schema.get("items", schema)
    kind = " · ".join(map(str, inner["enum"])) if "enum" in inner else inner.get("type", "")
    bounds = [f"{inner[name]}" if name in inner else "" for name in ("minimum", "maximum")]
    return {
        "name": parameter["name"],
        "place": parameter["in"],
        "about": parameter["description"],
        "kind": kind + (f", {bounds[0]} to {bounds[1]}" if all(bounds) else ""),
        "many": many,
        "default": schema.get("default"),
    }


def _response(status: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    content = answer.get("content", {}).get("application/json", {})
    example = content.get("example")
    return {
        "status": status,
        "about": answer["description"],
        "headers": list(answer.get("headers", {})),
        "shape": content.get("schema", {}).get("$ref", "").rpartition("/")[2],
        "example": None if example is None else json.dumps(example, ensure_ascii=False, indent=2),
    }


def _samples(method: str, url: str, *, with_key: bool) -> list[tuple[str, str]]:
    """Return the same request in several languages; the key is read from the environment in all of them."""
    curl = "curl" + (f" -X {method}" if method != "GET" else "")
    curl += ' -H "Authorization: Bearer $COMMONHOLD_API_KEY"' if with_key else ""
    call = f"requests.{method.lower()}"
    key = ', headers={"Authorization": f"Bearer {os.environ[\'COMMONHOLD_API_KEY\']}"}' if with_key else ""
    python = f'import os, requests\n\nanswer = {call}("{url}"{key})\nprint(answer.status_code, answer.json())'
    headers = (
        "\n  headers: { Authorization: `Bearer ${process.env.COMMONHOLD_API_KEY}` }," if with_key else ""
    )
    javascript = f'const answer = await fetch("{url}", {{\n  method: "{method}",{headers}\n}});\nconsole.log(answer.status, await answer.json());'
    bearer = '\n  req_auth_bearer_token(Sys.getenv("COMMONHOLD_API_KEY")) |>' if with_key else ""
    r = f'library(httr2)\n\nrequest("{url}") |>\n  req_method("{method}") |>{bearer}\n  req_perform() |>\n  resp_body_json()'
    return [("curl", f"{curl} \\\n  {url}"), ("Python", python), ("JavaScript", javascript), ("R", r)]


urlpatterns = [path("api-reference", page, name="api_reference")]
