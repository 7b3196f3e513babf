"""The official client publishes, unmodified: every function it has for publishers, version by version."""

import hashlib
import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.contract.sdk.environments import Sdk
from tests.support.collection import Maker
from tests.support.gate import Gate, first_parts
from tests.support.publishing import Publisher, approve, file, publisher, until
from tests.support.site import Site

# Old and new versions name the same fields but for what came later.
SUBMISSION = """
from datacollective import DatasetSubmission, License, Task
submission = DatasetSubmission(
    name="Sent by the official client", shortDescription="Short.", longDescription="Long.", locale="en",
    task=Task.NLP, format="TSV", licenseAbbreviation=License.CC_BY_4_0, restrictions="None.",
    forbiddenUsage="Harm.", pointOfContactFullName="Ada Example", pointOfContactEmail="ada@example.org",
    agreeToSubmit=True, {more}
)
"""


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A publisher for all tests here."""
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def submission(sdk: Sdk, **more: Any) -> str:
    """Return the program's beginning: a complete submission."""
    if sdk.version != "0.5.0":
        more = {"visibility": "public", "showContactInfo": False, **more}
    return SUBMISSION.format(more=", ".join(f"{name}={value!r}" for name, value in more.items()))


def run(sdk: Sdk, one: Publisher, folder: Path, body: str, **more: str) -> dict[str, Any]:
    return sdk.run(body, api_url=one.site.api, key=more.pop("key", one.key), folder=folder, **more)


def value(answer: dict[str, Any]) -> Any:
    assert "value" in answer, answer.get("trace")
    return answer["value"]


def test_a_submission_with_its_archive_in_one_call(sdk: Sdk, one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path, content=random.Random(1).randbytes(12_000_000))
    call = f"""
from datacollective import create_submission_with_upload
return create_submission_with_upload({str(path)!r}, submission)
"""
    shown = value(run(sdk, one, tmp_path / "home", submission(sdk) + call))["submission"]
    assert shown["status"] == "submitted"
    found = one.verified(shown["fileUploadId"])
    assert found["checksum"] == f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    assert not list(tmp_path.glob("*.mdc-upload.json")), "the client's state file is gone"
    approve(shown["id"])


def test_step_by_step(sdk: Sdk, one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path, content=random.Random(2).randbytes(6_000_000))
    calls = f"""
from datacollective import create_submission_draft, submit_submission, update_submission, upload_dataset_file
draft = create_submission_draft(submission)
identifier = draft["submission"]["id"]
updated = update_submission(identifier, submission)
upload = upload_dataset_file({str(path)!r}, identifier)
if "fileUploadId" in type(submission).model_fields:  # before 0.7.0 the client itself asked for it
    submission.fileUploadId = upload.fileUploadId
submitted = submit_submission(identifier, submission)
return [draft, updated, submitted, upload.model_dump(mode="json")]
"""
    draft, updated, submitted, _ = value(run(sdk, one, tmp_path / "home", submission(sdk) + calls))
    assert draft["submission"]["status"] == "draft"
    assert updated["submission"]["longDescription"] == "Long."
    assert submitted["submission"]["fileUploadId"]


def test_deleting_and_what_is_gone(newest: Sdk, one: Publisher, tmp_path: Path) -> None:
    calls = """
from datacollective import create_submission_draft, delete_submission, update_submission
identifier = create_submission_draft(submission)["submission"]["id"]
delete_submission(identifier)
try:
    delete_submission(identifier)
except Exception as error:
    again = type(error).__name__
try:
    update_submission(identifier, submission)
except Exception as error:
    return [again, type(error).__name__, str(error)]
"""
    again, changed, text = value(run(newest, one, tmp_path, submission(newest) + calls))
    assert (again, changed) == ("ResourceRemovedError", "ResourceRemovedError")
    assert "deleted" in text


def test_a_sample_and_a_new_version(newest: Sdk, one: Publisher, tmp_path: Path) -> None:
    paths = [file(tmp_path, f"{name}.tar.gz", name.encode()) for name in ("main", "few", "second")]
    calls = f"""
from datacollective import create_submission_with_upload
return create_submission_with_upload({str(paths[0])!r}, submission, sample_file_path={str(paths[1])!r})
"""
    shown = value(run(newest, one, tmp_path / "home", submission(newest) + calls))["submission"]
    assert shown["sampleFileReferenceId"]
    one.verified(shown["fileUploadId"])
    sample = shown["sampleFileReference"]["currentVersion"]["fileUpload"]["id"]
    one.verified(sample, f"/submissions/{shown['id']}/sample")
    dataset = approve(shown["id"])
    assert one.call("GET", f"/datasets/{dataset}").json()["hasSample"] is True
    version = f"""
from datacollective import upload_dataset_file
return upload_dataset_file({str(paths[2])!r}, {shown["id"]!r})
"""
    value(run(newest, one, tmp_path / "home", version))
    until(lambda: one.call("GET", f"/datasets/{dataset}").json()["version"] == 2)


def test_zeros_are_taken_for_an_approved_submission(sdk: Sdk, one: Publisher, tmp_path: Path) -> None:
    approved = one.publish(file(tmp_path))
    path = tmp_path / "zeros.tar.gz"
    path.write_bytes(bytes(7_500_000))
    call = f"""
from datacollective import upload_dataset_file
return upload_dataset_file({str(path)!r}, {approved!r})
"""
    value(run(sdk, one, tmp_path / "home", call))
    dataset = one.state(approved)["approvedDatasetId"]
    upload = one.state(approved)["fileUploadId"]
    assert one.verified(upload)["verification"] == "rejected"
    assert one.call("GET", f"/datasets/{dataset}").json()["version"] == 1, (
        "what is no archive is not published"
    )


def cut(sdk: Sdk, one: Publisher, path: Path, home: Path, call: str) -> dict[str, Any]:
    """Kill an upload when its first part has arrived and the others are held; return what the client then knows."""
    state = path.with_name(f"{path.name}.mdc-upload.json")

    def known() -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = json.loads(state.read_text())
        except (OSError, ValueError):
            return None  # not there yet, or being written
        return found if found["parts"] else None

    with Gate.before(one.site, first_parts(1)) as gate:
        process = sdk.start(call, api_url=one.site.api, key=one.key, folder=home, HTTP_PROXY=gate.proxy)
        try:
            return until(known)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()


def test_an_upload_that_was_cut_goes_on(sdk: Sdk, one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path, content=random.Random(3).randbytes(40_000_000))
    home, draft = tmp_path / "home", one.draft()
    call = f"""
from datacollective import upload_dataset_file
return upload_dataset_file({str(path)!r}, {draft!r})
"""
    begun = cut(sdk, one, path, home, call)["fileUploadId"]
    value(run(sdk, one, home, call))
    assert one.state(draft)["fileUploadId"] == begun, "the same session"
    assert one.verified(begun)["verification"] == "verified"


def test_a_dead_session_begins_anew(newest: Sdk, one: Publisher, tmp_path: Path) -> None:
    from commonhold.server.submissions.actions.files import expire
    from commonhold.server.submissions.models import Upload

    path = file(tmp_path, content=random.Random(4).randbytes(40_000_000))
    draft = one.draft()
    call = f"""
from datacollective import upload_dataset_file
return upload_dataset_file({str(path)!r}, {draft!r})
"""
    known = cut(newest, one, path, tmp_path / "home", call)
    expire(Upload.objects.get(public_id=known["fileUploadId"]))
    refused = run(newest, one, tmp_path / "home", call)
    assert refused["error"] == "ResourceRemovedError", refused
    assert not list(tmp_path.glob("*.mdc-upload.json"))
    value(run(newest, one, tmp_path / "home", call))


def test_refusals_become_its_exceptions(
    sdk: Sdk, one: Publisher, site: Site, make: Maker, tmp_path: Path
) -> None:
    stranger = publisher(site, make)
    closed = make.organization(can_publish=False)
    _, closed_key = make.person(closed, "owner")
    make.load()
    draft = one.draft()
    update = (
        submission(sdk)
        + f"""
from datacollective import update_submission
return update_submission({draft!r}, submission)
"""
    )
    submit = (
        submission(sdk)
        + f"""
from datacollective import submit_submission
return submit_submission({draft!r}, submission)
"""
    )
    create = (
        submission(sdk)
        + """
from datacollective import create_submission_draft
return create_submission_draft(submission)
"""
    )
    foreign = run(sdk, one, tmp_path, update, key=stranger.key)
    assert foreign["error"] == "PermissionError"
    may_not = run(sdk, one, tmp_path, create, key=closed_key)
    assert may_not["error"] == "PermissionError"
    assert "may not publish" in may_not["text"]
    unknown = run(sdk, one, tmp_path, update.replace(draft, "unheard-of"))
    assert unknown["error"] == "FileNotFoundError"
    incomplete = run(sdk, one, tmp_path, submit)
    mistyped = run(sdk, one, tmp_path, update, key=one.key[:-1] + ("a" if one.key[-1] != "a" else "b"))
    assert mistyped["error"] == ("HTTPError" if sdk.version == "0.5.0" else "AuthenticationError")
    # Until 0.6.4 the client itself found that out.
    assert incomplete["error"] == ("HTTPError" if sdk.version == "0.7.0" else "ValueError")
    assert "fileUploadId" in incomplete["text"], "what is missing is shown"
