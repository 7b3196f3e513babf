"""Submissions as a client sees them: what a publisher does with them, one function for each call."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.models import mapping


@dataclass(frozen=True, slots=True)
class Submission:
    """A submission; ``raw`` keeps all of it."""

    id: str
    name: str
    status: str
    file_upload: str | None
    dataset: str | None
    review_note: str
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, answer: Mapping[str, Any]) -> Self:
        """Read an answer that carries one."""
        source = mapping(answer.get("submission", answer), "a submission")
        identifier = source.get("id")
        if not isinstance(identifier, str) or not identifier:
            raise errors.ProtocolError("The site's answer holds a submission without an id.")
        return cls(
            id=identifier,
            name=_text(source, "name"),
            status=_text(source, "status"),
            file_upload=_text(source, "fileUploadId") or None,
            dataset=_text(source, "approvedDatasetId") or None,
            review_note=_text(source, "reviewNote"),
            raw=source,
        )


def create(site: Client, name: str, *, dataset: str | None = None) -> Submission:
    """Begin a submission; with ``dataset`` (an id) one that changes a dataset which is published already."""
    body = {"name": name} if dataset is None else {"name": name, "datasetId": dataset}
    return Submission.read(site.send("POST", "/submissions", body))


def change(site: Client, submission: str, fields: Mapping[str, Any]) -> Submission:
    """Fill in fields, named as the API names them."""
    return Submission.read(site.send("PATCH", path(submission), fields, repeatable=True))


def submit(site: Client, submission: str) -> Submission:
    """Submit for review, agreeing to the terms for publishers."""
    return Submission.read(site.send("POST", path(submission), {"agreeToSubmit": True}))


def retract(site: Client, submission: str) -> Submission:
    """Withdraw from review."""
    return Submission.read(site.send("POST", f"{path(submission)}/retract", {}))


def delete(site: Client, submission: str) -> None:
    """Delete what was not published."""
    site.send("DELETE", path(submission))


def get(site: Client, submission: str) -> Submission:
    """Return one."""
    return Submission.read(site.send("GET", path(submission)))


def listed(site: Client, *, page: int = 1, limit: int = 24) -> tuple[list[Submission], int]:
    """Return a page of the organization's submissions, and how many there are."""
    answer = site.send("GET", f"/submissions?page={page}&limit={limit}")
    items, total = answer.get("items"), answer.get("total")
    if not isinstance(items, list) or not isinstance(total, int):
        raise errors.ProtocolError("The site's answer is no list of submissions.")
    return [Submission.read(mapping(item, "a submission")) for item in items], total


def versions(site: Client, dataset: str) -> list[Mapping[str, Any]]:
    """Return the versions of a dataset, the newest first."""
    items = site.send("GET", f"/datasets/{quote(dataset, safe='')}/versions").get("items")
    if not isinstance(items, list):
        raise errors.ProtocolError("The site's answer is no list of versions.")
    return [mapping(item, "a version") for item in items]


def path(submission: str) -> str:
    """Return the address of a submission below the API's."""
    if not submission or submission in {".", ".."} or len(submission) > 300:
        raise errors.UsageError(
            f"{submission!r:.60} cannot be a submission.", hint="`commonhold submissions` lists yours."
        )
    return f"/submissions/{quote(submission, safe='')}"


def _text(source: Mapping[str, Any], key: str) -> str:
    value = source.get(key)
    return value if isinstance(value, str) else ""
