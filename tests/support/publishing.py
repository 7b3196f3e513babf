"""Publishing as tests need it: complete fields, parts sent by hand, a reviewer, waiting for what runs in the background."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.collection import Maker, archive
from tests.support.site import TRUST, Site

PATIENCE_SECONDS = 120

COMPLETE = {
    "name": "Greetings from tests",
    "shortDescription": "Greetings.",
    "longDescription": "Greetings, as tests say them.",
    "locale": "en",
    "task": "NLP",
    "format": "TSV",
    "licenseAbbreviation": "CC-BY-4.0",
    "restrictions": "None beyond the licence.",
    "forbiddenUsage": "Harm.",
    "pointOfContactFullName": "Ada Example",
    "pointOfContactEmail": "ada@example.org",
    "visibility": "public",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """An organization that may publish, somebody of it with a key, and the site."""

    site: Site
    organization: str
    email: str
    key: str

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        """Send one request to the API; ``path`` begins behind ``/api``."""
        arguments = {} if body is None else {"json": body}
        return self.site.request(method, f"/api{path}", key=key or self.key, **arguments)

    def draft(self, **fields: Any) -> str:
        """Begin a submission, fill it in and return its id."""
        values = {**COMPLETE, **fields}
        made = self.call("POST", "/submissions", {"name": values["name"]})
        assert made.status_code == 201, made.text
        identifier: str = made.json()["submission"]["id"]
        filled = self.call("PATCH", f"/submissions/{identifier}", values)
        assert filled.status_code == 200, filled.text
        return identifier

    def begin(self, submission: str, path: Path, *, sample: bool = False) -> dict[str, Any]:
        """Begin to send a file and return the session."""
        body = {
            "submissionId": submission,
            "filename": path.name,
            "fileSize": path.stat().st_size,
            "mimeType": "application/zip" if path.name.endswith(".zip") else "application/gzip",
        }
        made = self.call("POST", f"/submissions/{submission}/sample" if sample else "/uploads", body)
        assert made.status_code == 201, made.text
        session: dict[str, Any] = made.json()
        return session

    def put(self, session: dict[str, Any], number: int, content: bytes, root: str = "/uploads") -> str:
        """Send one part and return its ETag."""
        url = self.call("GET", f"{root}/{session['fileUploadId']}/parts/{number}").json()["url"]
        answer = httpx.put(url, content=content, timeout=60, verify=TRUST)
        assert answer.status_code < 300, answer.text
        return answer.headers["etag"]

    def complete(
        self, session: dict[str, Any], parts: list[tuple[int, str]], checksum: str, root: str = "/uploads"
    ) -> httpx.Response:
        """Complete an upload."""
        body = {
            "uploadId": session["uploadId"],
            "parts": [{"partNumber": number, "etag": etag} for number, etag in parts],
            "checksum": checksum,
        }
        return self.call("POST", f"{root}/{session['fileUploadId']}", body)

    def send(self, submission: str, path: Path, *, sample: bool = False, checksum: str = "") -> str:
        """Send a small file in one part and return the upload's id."""
        content = path.read_bytes()
        session = self.begin(submission, path, sample=sample)
        root = f"/submissions/{submission}/sample" if sample else "/uploads"
        etag = self.put(session, 1, content, root)
        done = self.complete(session, [(1, etag)], checksum or hashlib.sha256(content).hexdigest(), root)
        assert done.status_code == 200, done.text
        identifier: str = session["fileUploadId"]
        return identifier

    def submit(self, submission: str) -> httpx.Response:
        """Submit for review."""
        return self.call("POST", f"/submissions/{submission}", {"agreeToSubmit": True})

    def state(self, submission: str) -> dict[str, Any]:
        """Return a submission as it is now."""
        found: dict[str, Any] = self.call("GET", f"/submissions/{submission}").json()["submission"]
        return found

    def verified(self, upload: str, root: str = "/uploads") -> dict[str, Any]:
        """Wait until a file was read, and return its upload's state."""

        def state() -> dict[str, Any] | None:
            answer = self.call("GET", f"{root}/{upload}")
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found if found["verification"] in {"verified", "rejected"} else None

        return until(state)

    def publish(self, path: Path, **fields: Any) -> str:
        """Take a file all the way to a published dataset, and return the submission's id."""
        submission = self.draft(**fields)
        upload = self.send(submission, path)
        assert self.submit(submission).status_code == 200
        assert self.verified(upload)["verification"] == "verified"
        approve(submission)
        return submission


def publisher(site: Site, make: Maker, **organization: Any) -> Publisher:
    """Make an organization that may publish, and a publisher of it."""
    slug = make.organization(**organization)
    email, key = make.person(slug, "publisher")
    make.load()
    return Publisher(site, slug, email, key)


def approve(submission: str) -> str:
    """Approve as the operator does at the command line; return the dataset's id."""
    from commonhold.server.submissions.actions.review import approve as approve_submission

    dataset = approve_submission(None, submission).dataset
    assert dataset is not None
    identifier: str = dataset.public_id
    return identifier


def agree(dataset: str, email: str) -> None:
    """Agree to a dataset's terms as its page does."""
    from commonhold.server.access.actions import agree as write_agreement
    from commonhold.server.access.models import Terms
    from commonhold.server.accounts.models import Person
    from commonhold.server.catalogue.models import Dataset
    from commonhold.server.kit.viewer import Viewer

    row = Dataset.objects.get(public_id=dataset)
    terms = Terms.objects.filter(dataset=row).order_by("-number")[0]
    person = Person.objects.get(email=email)
    viewer = Viewer(person=person.pk, organization=person.personal_organization.pk)
    locale = row.default_locale
    write_agreement(viewer, row, terms=terms.pk, locale=locale, text_hash=terms.hashes[locale])


def until(found: Callable[[], Any], patience: float = PATIENCE_SECONDS) -> Any:
    """Ask again and again until there is an answer, and return it."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        time.sleep(0.1)
    raise AssertionError("it did not come about")


def file(folder: Path, name: str = "greetings.tar.gz", content: bytes = b"hello\n") -> Path:
    """Write a small, sound archive."""
    return archive(folder, name, content)
