"""Submissions and uploads as a client sees them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from commonhold.client import errors
from commonhold.client.fields import mapping, needed, text, web_address, whole
from commonhold.client.wire import part


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
            name=text(source, "name"),
            status=text(source, "status"),
            file_upload=text(source, "fileUploadId") or None,
            dataset=text(source, "approvedDatasetId") or None,
            review_note=text(source, "reviewNote"),
            raw=source,
        )


@dataclass(frozen=True, slots=True)
class UploadSession:
    """An upload that has begun. ``part_size`` is a proposal in bytes."""

    upload: str
    upload_id: str
    part_size: int | None
    expires_at: str

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "an upload")
        return cls(
            upload=needed(source, "fileUploadId"),
            upload_id=needed(source, "uploadId"),
            part_size=None if source.get("partSize") is None else whole(source["partSize"], "a part size"),
            expires_at=text(source, "expiresAt"),
        )


@dataclass(frozen=True, slots=True)
class UploadState:
    """How far an upload is: the numbers of the parts that arrived, then how verification goes."""

    upload: str
    submission: str
    status: str
    filename: str
    size_bytes: int
    arrived: tuple[int, ...]
    verification: str | None
    reasons: tuple[str, ...]
    raw: Mapping[str, Any]

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "an upload")
        parts, reasons = source.get("parts"), source.get("reasons")
        return cls(
            upload=needed(source, "fileUploadId"),
            submission=text(source, "submissionId"),
            status=text(source, "status"),
            filename=text(source, "filename"),
            size_bytes=whole(source.get("fileSize"), "a size"),
            arrived=tuple(
                whole(mapping(one, "a part").get("partNumber"), "a part")
                for one in (parts if isinstance(parts, list) else ())
            ),
            verification=text(source, "verification") or None,
            reasons=tuple(str(reason) for reason in reasons) if isinstance(reasons, list) else (),
            raw=source,
        )


@dataclass(frozen=True, slots=True)
class PartAddress:
    """Where one part goes, by PUT and without credentials."""

    number: int
    url: str
    expires_at: str

    @classmethod
    def read(cls, answer: object) -> Self:
        """Read one from a JSON object."""
        source = mapping(answer, "a part")
        url = web_address(source.get("url"))
        if url is None:
            raise errors.ProtocolError("The site's answer holds no address for a part.")
        return cls(whole(source.get("partNumber"), "a part"), url, text(source, "expiresAt"))


def path(submission: str) -> str:
    """Return the address of a submission below the API's."""
    return f"/submissions/{part(submission, 'a submission', '`commonhold submissions` lists yours.')}"
