"""The official client publishes, unmodified: every function it has for publishers, version by version."""

from pathlib import Path

from tests.contract.sdk.environments import Sdk
from tests.support.collection import Maker
from tests.support.publishing import Publisher, agree, approve, file, publisher, until
from tests.support.site import Site

# Old and new versions name the same fields; those that are newer are added by the tests that need them.
SUBMISSION = """
from datacollective import DatasetSubmission, License, Task
submission = DatasetSubmission(
    name="Sent by the official client", shortDescription="Short.", longDescription="Long.", locale="en",
    task=Task.NLP, format="TSV", licenseAbbreviation=License.CC_BY_4_0, restrictions="None.",
    forbiddenUsage="Harm.", pointOfContactFullName="Ada Example", pointOfContactEmail="ada@example.org",
    agreeToSubmit=True, {more}
)
"""
VISIBLE = "visibility='public', showContactInfo=False"


def newer(sdk: Sdk) -> str:
    return SUBMISSION.format(more="" if sdk.version == "0.5.0" else VISIBLE)


def with_upload(sdk: Sdk, one: Publisher, path: Path, folder: Path) -> dict:
    body = newer(sdk) + f"""
from datacollective import create_submission_with_upload
return create_submission_with_upload({str(path)!r}, submission)
"""
    return sdk.run(body, api_url=one.site.api, key=one.key, folder=folder)


def test_a_submission_with_its_archive_in_one_call(sdk: Sdk, site: Site, make: Maker, tmp_path: Path) -> None:
    one = publisher(site, make)
    path = file(tmp_path, content=b"x" * 3_000_000)
    answer = with_upload(sdk, one, path, tmp_path / "home")
    assert answer.get("value"), answer
    submission = answer["value"]["submission"]
    assert submission["status"] == "submitted"
    assert one.verified(submission["fileUploadId"])["verification"] == "verified"
