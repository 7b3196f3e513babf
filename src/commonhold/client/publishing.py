"""Calls of publishers: submissions, and the files that are sent for them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from commonhold.client.deferred import Deferred
from commonhold.client.fields import whole
from commonhold.client.wire import Wire, items_of, pages, part

if TYPE_CHECKING:
    from commonhold.client import submissions as entries
else:
    entries = Deferred("commonhold.client.submissions")

_PAGE = 100


class PublishingCalls(Wire):
    """Calls about submissions and uploads."""

    # -- submissions

    def submissions(self, *, limit: int = _PAGE) -> "Iterator[entries.Submission]":
        """Yield the organization's submissions, the newest first, ``limit`` with each request."""
        return pages(lambda page: self.submissions_page(page, limit))

    def submissions_page(self, page: int = 1, limit: int = 24) -> "tuple[list[entries.Submission], int]":
        """Return a page of the organization's submissions, and how many there are."""
        answer = self._get("/submissions", {"page": page, "limit": limit})
        found = [entries.Submission.read(item) for item in items_of(answer, "submissions")]
        return found, whole(answer.get("total"), "a total")

    def submission(self, identifier: str) -> "entries.Submission":
        """Return one."""
        return entries.Submission.read(self._get(_submission(identifier)))

    def create_submission(self, name: str, *, dataset: str | None = None) -> "entries.Submission":
        """Begin a submission; with ``dataset`` (an id) one that changes a dataset which is published already."""
        body = {"name": name} if dataset is None else {"name": name, "datasetId": dataset}
        return entries.Submission.read(self.send("POST", "/submissions", body))

    def update_submission(self, identifier: str, fields: Mapping[str, Any]) -> "entries.Submission":
        """Fill in fields, named as the API names them."""
        return entries.Submission.read(self.send("PATCH", _submission(identifier), fields, repeatable=True))

    def submit(self, identifier: str) -> "entries.Submission":
        """Submit for review, agreeing to the terms for publishers."""
        return entries.Submission.read(self.send("POST", _submission(identifier), {"agreeToSubmit": True}))

    def retract(self, identifier: str) -> "entries.Submission":
        """Withdraw from review."""
        return entries.Submission.read(self.send("POST", f"{_submission(identifier)}/retract", {}))

    def delete_submission(self, identifier: str) -> None:
        """Delete what was not published."""
        self.send("DELETE", _submission(identifier))

    # -- files; ``sample_of`` names the submission whose sample it is, None stands for the archive itself

    def create_upload(
        self, submission: str, filename: str, size: int, kind: str, *, sample: bool = False
    ) -> "entries.UploadSession":
        """Begin to send a file of ``size`` bytes; ``kind`` is its MIME type (``application/gzip``)."""
        body = {"submissionId": submission, "filename": filename, "fileSize": size, "mimeType": kind}
        return entries.UploadSession.read(
            self.send("POST", f"{_submission(submission)}/sample" if sample else "/uploads", body)
        )

    def upload(self, upload: str, *, sample_of: str | None = None) -> "entries.UploadState":
        """Return how far an upload, and then its verification, is."""
        return entries.UploadState.read(self._get(_upload(upload, sample_of)))

    def part_address(
        self, upload: str, number: int, *, sample_of: str | None = None
    ) -> "entries.PartAddress":
        """Return where to PUT one part."""
        return entries.PartAddress.read(self._get(f"{_upload(upload, sample_of)}/parts/{int(number)}"))

    def part_addresses(
        self, upload: str, numbers: Sequence[int], *, sample_of: str | None = None
    ) -> "list[entries.PartAddress]":
        """Return where to PUT many parts, at most 1,000."""
        body = {"partNumbers": list(numbers)}
        answer = self.send("POST", f"{_upload(upload, sample_of)}/parts", body, repeatable=True)
        return [
            entries.PartAddress.read(entry) for entry in items_of({"items": answer.get("parts")}, "parts")
        ]

    def complete_upload(
        self,
        session: "entries.UploadSession",
        etags: Mapping[int, str],
        checksum: str | None = None,
        *,
        sample_of: str | None = None,
    ) -> None:
        """Make the parts the file. Repeating it is harmless.

        Args:
            session: what was begun.
            etags: what the storage answered, by the number of the part.
            checksum: SHA-256 of the file in hex.
            sample_of: the submission whose sample it is.
        """
        parts = [{"partNumber": number, "etag": etags[number]} for number in sorted(etags)]
        body = {"uploadId": session.upload_id, "parts": parts, "checksum": checksum}
        self.send("POST", _upload(session.upload, sample_of), body, repeatable=True)


def _submission(identifier: str) -> str:
    return entries.path(identifier)


def _upload(upload: str, sample_of: str | None) -> str:
    root = "/uploads" if sample_of is None else f"{_submission(sample_of)}/sample"
    return f"{root}/{part(upload, 'an upload', 'It is the `upload` of an UploadSession.')}"
