"""Metadata files: the fields of a submission, as JSON, or as YAML where a reader for it is installed."""

import json
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from commonhold.client.errors import LocalFileError, UsageError

_LARGEST = 1 << 20
_CONTACTS = tuple(
    f"{who}{what}"
    for who in ("pointOfContact", "fundedBy", "legalContact", "createdBy")
    for what in ("FullName", "Email")
)
FIELDS = (
    "name", "shortDescription", "longDescription", "locale", "task", "format", "licenseAbbreviation", "license",
    "licenseUrl", "restrictions", "forbiddenUsage", "additionalConditions", "terms", "intendedUsage",
    "ethicalReviewProcess", "other", *_CONTACTS, "showContactInfo", "showComplianceAttributes", "visibility",
    "exclusivityOptOut", "isPaid", "basePriceCents", "currency", "autoApproveAccessRequests", "translations",
    "defaultLocale",
)  # fmt: skip


def read(path: Path) -> Mapping[str, Any]:
    """Read a metadata file. What its values may be, the site decides.

    Raises:
        LocalFileError: it cannot be read.
        UsageError: it holds no mapping, or a key that is no field.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise LocalFileError(f"{path} cannot be read: {error.strerror}.") from error
    if len(content) > _LARGEST:
        raise UsageError(f"{path} is too large for a metadata file.")
    values = _json(path, content) if path.suffix.lower() == ".json" else _yaml(path, content)
    if not isinstance(values, Mapping):
        raise UsageError(f"{path} must hold a mapping from fields to values.")
    for key in values:
        if key not in FIELDS:
            near = get_close_matches(str(key), FIELDS, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"The fields are: {', '.join(FIELDS)}."
            raise UsageError(f"{path}: there is no field {str(key)!r:.60}.", hint=hint)
    return values


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON: {error}.") from error


def _yaml(path: Path, content: bytes) -> Any:
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415 -- not everybody has it
        from ruamel.yaml.error import YAMLError  # noqa: PLC0415
    except ModuleNotFoundError:
        raise UsageError(
            f"{path} is taken for YAML, for which a reader is missing here.",
            hint="Write the metadata as JSON, in a file that ends in .json, or: pip install ruamel.yaml",
        ) from None
    try:
        return YAML(typ="safe", pure=True).load(content)
    except (YAMLError, ValueError, RecursionError) as error:
        told = " ".join(str(error).split())
        raise UsageError(f"{path} is no YAML: {told:.200}") from error
