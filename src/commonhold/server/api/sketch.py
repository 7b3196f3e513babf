"""From a schema to what a reader wants to see: an example to send, a sketch of what comes back."""

from collections.abc import Mapping
from typing import Any

_PREFIX = "#/components/schemas/"
_DEEPEST = 4
# Values that fields of these names have in examples.
_LIKELY: dict[str, Any] = {
    "name": "Greetings",
    "summary": {"en-US": "How people greet."},
    "description": {"en-US": "How people greet, in fifty languages."},
    "email": "you@example.org",
    "password": "YOUR_PASSWORD",
    "filename": "greetings.tar.gz",
    "fileSize": 1048576,
    "mimeType": "application/gzip",
    "submissionId": "SUBMISSION_ID",
    "uploadId": "UPLOAD_ID",
    "etag": "ETAG_OF_THE_PART",
    "checksum": "SHA256_OF_THE_FILE",
    "message": "For my thesis.",
    "locale": "en-US",
    "website": "https://example.org",
}
# Fields worth sending where none is required.
_TELLING = (
    "name",
    "summary",
    "shortDescription",
    "message",
    "decision",
    "notice",
    "website",
    "locale",
    "task",
    "format",
)


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], name: str = "") -> Any:
    """Return something that may be sent: what is required, or where nothing is, a field that says most.

    Args:
        schema: of the value.
        schemas: the document's, by name.
        name: of the field that holds it.
    """
    schema = _resolved(schema, schemas)
    if name in _LIKELY and _takes(schema, _LIKELY[name]):
        return _LIKELY[name]
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    kind = schema.get("type")
    if kind == "object":
        return _object(schema, schemas)
    if kind == "array":
        return [example(schema.get("items", {}), schemas, name)]
    simple = {"integer": schema.get("minimum", 1), "number": 1, "boolean": True, "null": None}
    return simple.get(str(kind), "…")


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    fields: Mapping[str, Any] = schema.get("properties", {})
    if not fields:
        return {"en-US": "…"}
    wanted = schema.get("required") or [name for name in _TELLING if name in fields][:1] or list(fields)[:1]
    return {name: example(fields[name], schemas, name) for name in wanted}


def _takes(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a value is of the schema's kind."""
    kinds = {str: "string", int: "integer", dict: "object"}
    return bool(schema.get("type") == kinds[type(value)])


def sketch(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """Return the shape of a value: objects with the kind of each field in place of its value."""
    schema = _resolved(schema, schemas)
    kind = str(schema.get("type", "any"))
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if kind == "array":
        return [sketch(schema.get("items", {}), schemas, depth + 1)]
    if kind != "object":
        return kind
    fields: Mapping[str, Any] = schema.get("properties", {})
    if not fields:
        return {"LOCALE": "string"}
    if depth >= _DEEPEST:
        return "object"
    return {name: sketch(field, schemas, depth + 1) for name, field in fields.items()}


def _resolved(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with its reference followed; of several it may be, the first that is not null."""
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].removeprefix(_PREFIX)], schemas)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            kinds = [one for one in schema[several] if one.get("type") != "null"] or schema[several]
            return _resolved(kinds[0], schemas)
    return schema
