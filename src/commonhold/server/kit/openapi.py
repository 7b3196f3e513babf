"""OpenAPI 3.1 documents from plain descriptions of operations and from the types of their bodies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

REFERENCE = "#/components/schemas/{name}"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One query, path or header parameter; ``schema`` is its JSON Schema."""

    name: str
    about: str
    schema: Mapping[str, Any]
    place: str = "query"
    many: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """One answer: its body's type (None: it has none), what it means, the headers it may carry.

    ``many`` tells that the body is a bare array of that type.
    """

    about: str
    body: type | None = None
    headers: Sequence[str] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    Attributes:
        path: with ``{name}`` for path parameters, below the document's server address.
        method: in lower case.
        name: the ``operationId``, as clients generated from the document call it.
        summary: one line.
        about: the rest, as Markdown.
        responses: by status.
        parameters: path parameters included.
        body: type of the request body, if one is read.
        body_required: whether it may be left out.
        security: names of the schemes that open it; None: it asks for none.
        optional_security: whether it can also be read without.
        example: the key under which examples of its bodies are kept.
    """

    path: str
    method: str
    name: str
    summary: str
    about: str
    responses: Mapping[int, Response]
    parameters: Sequence[Parameter] = ()
    body: type | None = None
    body_required: bool = True
    security: Sequence[str] = ()
    optional_security: bool = False
    tags: Sequence[str] = field(default_factory=tuple)


def document(
    *,
    title: str,
    version: str,
    about: str,
    server: str,
    operations: Sequence[Operation],
    security_schemes: Mapping[str, Any],
    headers: Mapping[str, Any],
    examples: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the OpenAPI document.

    Args:
        title: of the document.
        version: of the API described.
        about: its introduction, as Markdown.
        server: address that the paths are relative to.
        operations: everything it can do.
        security_schemes: as OpenAPI writes them.
        headers: response headers by name, as OpenAPI writes them.
        examples: bodies by ``"<operation name> <status>"``.
    """
    bodies = {
        body
        for operation in operations
        for body in (operation.body, *(answer.body for answer in operation.responses.values()))
        if body is not None
    }
    _, schemas = msgspec.json.schema_components(
        sorted(bodies, key=lambda kind: kind.__name__), ref_template=REFERENCE
    )
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation, examples)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title, "version": version, "description": about,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": dict(security_schemes), "headers": dict(headers)},
    }  # fmt: skip


def _operation(operation: Operation, examples: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": operation.about,
        "tags": list(operation.tags),
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
        "responses": {
            str(status): _response(answer, examples.get(f"{operation.name} {status}"))
            for status, answer in sorted(operation.responses.items())
        },
        "security": [{name: []} for name in operation.security]
        + ([{}] if operation.optional_security else []),
    }
    if operation.body is not None:
        schema = {"$ref": REFERENCE.format(name=operation.body.__name__)}
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": {"schema": schema}},
        }
    return described


def _parameter(parameter: Parameter) -> dict[str, Any]:
    described: dict[str, Any] = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.about,
        "required": parameter.place == "path",
        "schema": dict(parameter.schema),
    }
    if parameter.many:
        described["schema"] = {"type": "array", "items": dict(parameter.schema)}
        described["style"], described["explode"] = "form", True
    return described


def _response(answer: Response, example: Any) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.about}
    if answer.headers:
        described["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in answer.headers}
    if answer.body is not None:
        schema: dict[str, Any] = {"$ref": REFERENCE.format(name=answer.body.__name__)}
        content: dict[str, Any] = {"schema": {"type": "array", "items": schema} if answer.many else schema}
        if example is not None:
            content["example"] = example
        described["content"] = {"application/json": content}
    return described
