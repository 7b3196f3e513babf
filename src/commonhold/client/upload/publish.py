"""Publishing in one go, and in one go again after anything: draft, metadata, files, submission for review."""

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.submissions import Submission
from commonhold.client.transfer.layout import read_json, write_json
from commonhold.client.transfer.request import Watcher
from commonhold.client.upload.hashing import Look
from commonhold.client.upload.send import Sent, Upload, send

# A small file is read at once, a large one for an hour.
_FIRST_LOOK, _LOOK_EVERY = 0.25, 2.0


@dataclass(frozen=True, slots=True)
class Publication:
    """What to publish.

    Attributes:
        archive: the dataset's file.
        metadata: fields of the submission.
        sample: a small archive that shows what it is like, or None.
        submission: go on with this one, instead of the one begun for this archive before, or a new one.
        connections: never more than this many.
    """

    archive: Path
    metadata: Mapping[str, Any]
    sample: Path | None = None
    submission: str | None = None
    connections: int = 8


class Draft:
    """Which submission an archive goes to, remembered beside it until that is submitted."""

    def __init__(self, archive: Path, api_url: str) -> None:
        self._path = archive.absolute().with_name(f".{archive.name}.commonhold-publish")
        kept = read_json(self._path) or {}
        self._kept: dict[str, Any] = kept if kept.get("apiUrl") == api_url else {"apiUrl": api_url}

    @property
    def submission(self) -> str | None:
        """The submission, if one was begun."""
        found = self._kept.get("submission")
        return found if isinstance(found, str) else None

    def begun(self, submission: str) -> None:
        """Remember the submission."""
        if submission != self.submission:
            self._kept = {"apiUrl": self._kept["apiUrl"], "submission": submission}
            self._write()

    def has(self, file: Path) -> str | None:
        """Return the upload by which this very file, unchanged since, has arrived; None where it has not."""
        look = Look.at(file)
        found = self._kept.get("files", {}).get(file.name)
        same = isinstance(found, dict) and found.get("look") == [look.size, look.modified, look.inode]
        return str(found["upload"]) if same else None

    def sent(self, file: Path, look: Look, upload: str) -> None:
        """Remember that a file has arrived."""
        entry = {"look": [look.size, look.modified, look.inode], "upload": upload}
        self._kept["files"] = {**self._kept.get("files", {}), file.name: entry}
        self._write()

    def forget(self) -> None:
        """It is submitted."""
        self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        try:
            write_json(self._path, self._kept, secret=False)
        except OSError as error:
            raise errors.LocalFileError(
                f"{self._path.parent} cannot be written to: {os.strerror(error.errno or 0)}.",
                hint="Put the archive where you can write: the upload keeps its place beside it.",
            ) from error


def prepare(site: Client, what: Publication, watcher: Watcher) -> tuple[Submission, str]:
    """Bring a submission to where it can be submitted; return it, and the upload of its archive.

    Raises:
        CommonholdError: see :mod:`commonhold.client.errors`; running it again goes on.
    """
    draft = Draft(what.archive, site.settings.api_url)
    Look.at(what.archive)
    submission = _submission(site, what, draft)
    draft.begun(submission.id)
    if what.metadata:
        submission = site.update_submission(submission.id, what.metadata)
    delivery = _Delivery(site, what, draft, watcher)
    if what.sample is not None:
        delivery.send(submission.id, what.sample)
    return submission, delivery.send(submission.id, what.archive)


def finish(site: Client, what: Publication) -> None:
    """Forget which submission the archive went to: everything is done, and the same archive would be another one."""
    Draft(what.archive, site.settings.api_url).forget()


def add_version(site: Client, archive: Path, submission: str, *, connections: int, watcher: Watcher) -> Sent:
    """Send a new version of a dataset that is published: its approved submission takes it."""
    return send(site, Upload(archive, submission, connections=connections), watcher)


def await_verification(
    site: Client, upload: str, told: Callable[[int], None] = lambda _: None
) -> Mapping[str, Any]:
    """Wait until the site has read a file, and return what it found (``verification``, ``reasons``, ``version``)."""
    pause = _FIRST_LOOK
    while True:
        state = site.send("GET", f"/uploads/{upload}")
        if state.get("verification") in {"verified", "rejected"}:
            return state
        done = state.get("verifiedBytes", "0")
        told(int(done) if isinstance(done, str) and done.isdigit() else 0)
        time.sleep(pause)
        pause = min(_LOOK_EVERY, pause * 1.5)


def _submission(site: Client, what: Publication, draft: Draft) -> Submission:
    known = what.submission or draft.submission
    if known is not None:
        try:
            return site.submission(known)
        except errors.NotFoundError:
            if what.submission is not None:
                raise
    name = what.metadata.get("name")
    if not isinstance(name, str) or not name.strip():
        raise errors.UsageError("The metadata names no dataset: `name` is missing.")
    return site.create_submission(name)


@dataclass(frozen=True, slots=True)
class _Delivery:
    site: Client
    what: Publication
    draft: Draft
    watcher: Watcher

    def send(self, submission: str, path: Path) -> str:
        """Send a file unless it has arrived already, and return its upload's id."""
        if (known := self.draft.has(path)) is not None:
            self.watcher.note(f"{path.name} has arrived already.")
            return known
        look = Look.at(path)
        upload = Upload(path, submission, path == self.what.sample, self.what.connections)
        sent = send(self.site, upload, self.watcher)
        self.draft.sent(path, look, sent.upload)
        return sent.upload
