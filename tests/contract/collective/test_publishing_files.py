"""Sending files over a real socket: sessions, parts in any order, completion, what verification finds (section 2)."""

import base64
import hashlib
import io
import random
import tarfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from commonhold.server.submissions.rules import Refused
from tests.support.collection import Maker
from tests.support.publishing import Publisher, agree, approve, file, publisher, until
from tests.support.site import Site

MEBIBYTE = 1 << 20
PART = 5 * MEBIBYTE


@pytest.fixture(scope="module")
def one(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Publisher:
    """A publisher for all tests here: what each makes is its own."""
    return publisher(site, Maker(tmp_path_factory.mktemp("collection")))


def large(folder: Path, size: int = 4 * PART) -> Path:
    """Write an archive of random bytes, which do not shrink."""
    return file(folder, "large.tar.gz", random.Random(7).randbytes(size))


def cut(path: Path) -> list[bytes]:
    content = path.read_bytes()
    return [content[start : start + PART] for start in range(0, len(content), PART)]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("filename", "x.tar"), ("filename", "../x.tar.gz"), ("filename", "a/b.tar.gz"), ("filename", ".tar.gz"),
        ("filename", "x" * 260 + ".tar.gz"), ("filename", ""), ("filename", 7), ("fileSize", 0), ("fileSize", -1),
        ("fileSize", (1 << 40) + 1), ("fileSize", "12"), ("fileSize", 1.5), ("fileSize", None),
        ("mimeType", "text/html"), ("mimeType", "application/zip"), ("mimeType", None), ("submissionId", None),
    ],
)  # fmt: skip
def test_what_cannot_be_sent(one: Publisher, field: str, value: object) -> None:
    body = {
        "submissionId": one.draft(),
        "filename": "x.tar.gz",
        "fileSize": 10,
        "mimeType": "application/gzip",
    }
    refused = one.call("POST", "/uploads", {**body, field: value})
    assert refused.status_code == 400, refused.text
    assert refused.json()["details"].keys() == {field}


def test_the_official_client_names_zip_as_gzip(one: Publisher) -> None:
    body = {"submissionId": one.draft(), "filename": "x.zip", "fileSize": 10, "mimeType": "application/gzip"}
    assert one.call("POST", "/uploads", body).json()["details"].keys() == {"mimeType"}
    assert one.call("POST", "/uploads", {**body, "mimeType": "application/zip"}).status_code == 201


def test_a_tebibyte_can_be_announced(one: Publisher) -> None:
    body = {
        "submissionId": one.draft(), "filename": "x.tar.gz", "fileSize": 1 << 40, "mimeType": "application/x-gzip",
    }  # fmt: skip
    session = one.call("POST", "/uploads", body).json()
    assert isinstance(session["fileUploadId"], str)
    assert isinstance(session["uploadId"], str)
    assert session["partSize"] * 10_000 >= 1 << 40
    url = one.call("GET", f"/uploads/{session['fileUploadId']}/parts/10000").json()
    assert (url["partNumber"], url["url"][:7]) == (10_000, "http://")
    assert url["expiresAt"].endswith("Z")
    for number in ("0", "10001", "-1", "x", "1.5", "9" * 30):
        assert one.call("GET", f"/uploads/{session['fileUploadId']}/parts/{number}").status_code == 400, (
            number
        )


def test_parts_out_of_order_from_sixteen_connections_and_repeated(one: Publisher, tmp_path: Path) -> None:
    path = large(tmp_path)
    parts = list(enumerate(cut(path), start=1))
    session = one.begin(one.draft(), path)
    repeated = [*parts, *parts]
    random.Random(3).shuffle(repeated)
    with ThreadPoolExecutor(16) as threads:
        etags = dict(threads.map(lambda part: (part[0], one.put(session, *part)), repeated))
    # The last PUT of a part wins, whichever that was: what arrived is what counts.
    state = one.call("GET", f"/uploads/{session['fileUploadId']}").json()
    arrived = [(part["partNumber"], part["etag"]) for part in state["parts"]]
    assert [number for number, _ in arrived] == [number for number, _ in parts]
    assert [part["size"] for part in state["parts"]] == [len(content) for _, content in parts]
    shuffled = [(number, etag.strip('"') if number % 2 else etag) for number, etag in reversed(arrived)]
    done = one.complete(session, shuffled, sha256(path))
    assert done.json() == {"success": True, "fileUploadId": session["fileUploadId"], "status": "completed"}
    assert set(etags) == {number for number, _ in parts}
    verified = one.verified(session["fileUploadId"])
    assert (verified["verification"], verified["checksum"]) == ("verified", f"sha256:{sha256(path)}")


def test_completion_again_and_again(one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path)
    session = one.begin(one.draft(), path)
    etag = one.put(session, 1, path.read_bytes())
    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(lambda _: one.complete(session, [(1, etag)], sha256(path)), range(4)))
    assert [answer.status_code for answer in answers] == [200] * 4
    assert one.complete(session, [(1, etag)], "0" * 64).status_code == 409
    assert one.call("GET", f"/uploads/{session['fileUploadId']}/parts/1").status_code == 409


def test_completions_that_cannot_be(one: Publisher, tmp_path: Path) -> None:
    path = large(tmp_path, 2 * PART)
    contents = cut(path)
    session = one.begin(one.draft(), path)
    etags = [
        (number, one.put(session, number, content)) for number, content in enumerate(contents[:-1], start=1)
    ]
    good = sha256(path)
    for parts, checksum, field in (
        ([], good, "parts"), ([(1, "x")], good, "parts"), (etags, good, "parts"),
        ([*etags, (3, "x")], good, "parts"), ([*etags, etags[0]], good, "parts"), ([(0, "x")], good, "parts"),
        (etags, "xyz", "checksum"), (etags, good.upper(), "checksum"),
    ):  # fmt: skip
        refused = one.complete(session, parts, checksum)
        assert refused.status_code == 400, (parts, refused.text)
        assert field in refused.json()["details"]
    wrong = one.complete({**session, "uploadId": "another"}, etags, good)
    assert wrong.json()["details"].keys() == {"uploadId"}
    last = (len(contents), one.put(session, len(contents), contents[-1]))
    assert one.complete(session, [*etags, last], good).status_code == 200


def test_small_parts_and_unequal_ones(one: Publisher, tmp_path: Path) -> None:
    path = large(tmp_path, 2 * PART)
    content = path.read_bytes()
    session = one.begin(one.draft(), path)
    halves = [content[: 4 * MEBIBYTE], content[4 * MEBIBYTE :]]
    etags = [(number, one.put(session, number, half)) for number, half in enumerate(halves, start=1)]
    refused = one.complete(session, etags, sha256(path))
    assert (refused.status_code, "parts" in refused.json()["details"]) == (400, True)


def test_ten_thousand_parts_in_one_body(one: Publisher, tmp_path: Path) -> None:
    session = one.begin(one.draft(), file(tmp_path))
    listed = [(number, f'"{number:064x}"') for number in range(1, 10_001)]
    refused = one.complete(session, listed, "0" * 64)
    assert refused.status_code == 400
    assert "parts" in refused.json()["details"], "read and understood, though nothing of it arrived"


def test_a_thousand_urls_in_one_call(one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path)
    session = one.begin(one.draft(), path)
    address = f"/uploads/{session['fileUploadId']}/parts"
    signed = one.call("POST", address, {"partNumbers": list(range(1, 1001))}).json()["parts"]
    assert [part["partNumber"] for part in signed] == list(range(1, 1001))
    etag = httpx.put(signed[0]["url"], content=path.read_bytes(), timeout=60).headers["etag"]
    assert one.complete(session, [(1, etag)], sha256(path)).status_code == 200
    fresh = one.begin(one.draft(), path)
    for numbers in ([], list(range(1, 1002)), [0], [10_001], ["1"], [True], None):
        refused = one.call("POST", f"/uploads/{fresh['fileUploadId']}/parts", {"partNumbers": numbers})
        assert refused.status_code == 400, numbers


def test_part_urls_stand_outside_the_request_limit(site: Site, make: Maker, tmp_path: Path) -> None:
    one = publisher(site, make, request_limit="8/hour")
    session = one.begin(one.draft(), file(tmp_path))
    address = f"/uploads/{session['fileUploadId']}/parts"
    for number in range(1, 31):
        assert one.call("GET", f"{address}/{number}").status_code == 200
    assert one.call("POST", address, {"partNumbers": [1, 2]}).status_code == 200
    statuses = {one.call("GET", "/account").status_code for _ in range(10)}
    assert 429 in statuses


def test_a_session_that_is_gone(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft()
    session = one.begin(submission, file(tmp_path))
    etag = one.put(session, 1, file(tmp_path).read_bytes())
    assert one.call("DELETE", f"/submissions/{submission}").status_code == 204
    assert one.complete(session, [(1, etag)], "0" * 64).status_code == 410
    assert one.call("GET", f"/uploads/{session['fileUploadId']}/parts/1").status_code == 410
    assert one.call("GET", "/uploads/unheard-of/parts/1").status_code == 404


def test_bytes_that_are_no_archive_are_held_back_not_refused(one: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "zeros.tar.gz"
    path.write_bytes(bytes(7_500_000))
    submission = one.draft()
    upload = one.send(submission, path)
    assert one.submit(submission).status_code in {200, 400}
    found = one.verified(upload)
    assert found["verification"] == "rejected"
    assert found["reasons"]

    def given_back() -> bool:
        return one.state(submission)["status"] in {"edits_requested", "draft"}

    until(given_back)
    with pytest.raises(Refused, match="review"):
        approve(submission)
    # Another file takes its place.
    better = one.send(submission, file(tmp_path))
    assert one.submit(submission).status_code == 200
    assert one.verified(better)["verification"] == "verified"
    approve(submission)


def test_a_claim_that_is_wrong_is_a_rejection_with_its_reason(one: Publisher, tmp_path: Path) -> None:
    path = file(tmp_path)
    upload = one.send(one.draft(), path, checksum="0" * 64)
    found = one.verified(upload)
    assert found["verification"] == "rejected"
    assert sha256(path) in " ".join(found["reasons"])


def test_members_that_lead_out_are_refused(one: Publisher, tmp_path: Path) -> None:
    path = tmp_path / "hostile.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        info = tarfile.TarInfo("../../etc/passwd")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    found = one.verified(one.send(one.draft(), path))
    assert found["verification"] == "rejected"


def test_a_new_file_is_a_new_version(one: Publisher, tmp_path: Path) -> None:
    first = file(tmp_path)
    submission = one.publish(first)
    state = one.state(submission)
    dataset, slug = state["approvedDatasetId"], state["slug"]
    second = file(tmp_path, "second.tar.gz", b"second\n")
    one.verified(one.send(submission, second))
    until(lambda: one.call("GET", f"/datasets/{dataset}").json()["version"] == 2)
    details = one.call("GET", f"/datasets/{dataset}").json()
    assert (details["filename"], details["checksum"]) == (f"{slug}-v2.tar.gz", f"sha256:{sha256(second)}")
    assert one.call("GET", f"/datasets/{dataset}?version=1").json()["filename"] == f"{slug}-v1.tar.gz"
    versions = one.call("GET", f"/datasets/{dataset}/versions").json()
    assert [(entry["version"], entry["isCurrent"]) for entry in versions["items"]] == [(2, True), (1, False)]
    agree(dataset, one.email)
    for number, path in ((1, first), (2, second)):
        session = one.call("POST", f"/datasets/{dataset}/download?version={number}").json()
        assert httpx.get(session["downloadUrl"], timeout=60).content == path.read_bytes()
    # The same bytes again are the version they were.
    again = one.send(submission, second)
    one.verified(again)
    until(lambda: one.call("GET", f"/uploads/{again}").json()["version"] == 2)
    assert one.call("GET", f"/datasets/{dataset}/versions").json()["total"] == 2
    session = one.call("POST", f"/datasets/{dataset}/download").json()
    assert httpx.get(session["downloadUrl"], timeout=60).content == second.read_bytes()


def test_two_files_at_once_are_two_versions(one: Publisher, tmp_path: Path) -> None:
    submission = one.publish(file(tmp_path))
    dataset = one.state(submission)["approvedDatasetId"]
    paths = [file(tmp_path, f"{name}.tar.gz", name.encode()) for name in ("left", "right")]
    with ThreadPoolExecutor(2) as threads:
        uploads = list(threads.map(lambda path: one.send(submission, path), paths))
    assert [one.verified(upload)["verification"] for upload in uploads] == ["verified"] * 2
    until(lambda: one.call("GET", f"/datasets/{dataset}/versions").json()["total"] == 3)
    numbers = {one.call("GET", f"/uploads/{upload}").json()["version"] for upload in uploads}
    assert numbers == {2, 3}


def test_two_files_at_once_for_a_draft_leave_the_later_one(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft()
    paths = [file(tmp_path, f"{name}.tar.gz", name.encode()) for name in ("left", "right")]
    with ThreadPoolExecutor(2) as threads:
        uploads = list(threads.map(lambda path: one.send(submission, path), paths))
    kept = one.state(submission)["fileUploadId"]
    assert kept in uploads
    assert one.verified(kept)["verification"] == "verified"


def test_a_version_that_waits_for_review(one: Publisher, tmp_path: Path) -> None:
    from commonhold.server.organizations.models import Organization
    from commonhold.server.submissions.actions.review import release_version, turn_down_version
    from commonhold.server.submissions.models import PublishingPolicy

    submission = one.publish(file(tmp_path))
    dataset = one.state(submission)["approvedDatasetId"]
    organization = Organization.objects.get(slug=one.organization)
    PublishingPolicy.objects.update_or_create(
        organization=organization, defaults={"review_new_versions": True}
    )
    try:
        first = one.send(submission, file(tmp_path, "a.tar.gz", b"a"))
        second = one.send(submission, file(tmp_path, "b.tar.gz", b"b"))
        assert [one.verified(upload)["verification"] for upload in (first, second)] == ["verified"] * 2
        assert one.call("GET", f"/datasets/{dataset}").json()["version"] == 1
        turn_down_version(None, first, "Not this one.")
        release_version(None, second)
        assert one.call("GET", f"/datasets/{dataset}").json()["version"] == 2
        assert one.call("GET", f"/uploads/{first}").json()["reasons"] == ["Not this one."]
    finally:
        PublishingPolicy.objects.filter(organization=organization).delete()


def test_a_sample_beside_the_archive(one: Publisher, tmp_path: Path) -> None:
    submission = one.draft()
    upload = one.send(submission, file(tmp_path))
    sample_path = file(tmp_path, "sample.tar.gz", b"little")
    sample = one.send(submission, sample_path, sample=True)
    root = f"/submissions/{submission}/sample"
    assert one.call("GET", f"/uploads/{sample}").status_code == 404, "a sample is no archive"
    one.verified(upload)
    one.verified(sample, root)
    one.submit(submission)
    state = one.state(submission)
    assert state["fileUploadId"] == upload
    assert state["sampleFileReference"]["currentVersion"]["fileUpload"]["id"] == sample
    dataset = approve(submission)
    agree(dataset, one.email)
    session = one.call("POST", f"/datasets/{dataset}/sample-download").json()
    assert httpx.get(session["downloadUrl"], timeout=60).content == sample_path.read_bytes()
    # Another one takes its place, also after approval.
    better = file(tmp_path, "better.tar.gz", b"better")
    one.verified(one.send(submission, better, sample=True), root)

    def replaced() -> bool:
        session = one.call("POST", f"/datasets/{dataset}/sample-download").json()
        return httpx.get(session["downloadUrl"], timeout=60).content == better.read_bytes()

    until(replaced)
    assert one.call("GET", f"/datasets/{dataset}").json()["version"] == 1


@pytest.mark.parametrize("kind", ["tar.gz", "zip"])
def test_one_member_by_its_range(one: Publisher, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"many.{kind}"
    contents = {f"folder/{number}.bin": random.Random(number).randbytes(3_000_000) for number in range(6)}
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz", compresslevel=1) as archive:
            for name, content in contents.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    dataset = one.state(one.publish(path))["approvedDatasetId"]
    assert one.call("GET", f"/datasets/{dataset}/members").status_code == 403, "the terms come first"
    agree(dataset, one.email)
    first = one.call("GET", f"/datasets/{dataset}/members?limit=4").json()
    rest = one.call("GET", f"/datasets/{dataset}/members?after={first['next']}").json()
    assert (first["total"], rest["next"]) == (6, None)
    assert [item["name"] for item in first["items"] + rest["items"]] == list(contents)
    name = "folder/4.bin"
    member = one.call("GET", f"/datasets/{dataset}/members?name={name}").json()["items"][0]
    start, end = int(member["start"]), int(member["end"])
    assert end - start < path.stat().st_size, "not the whole archive"
    url = one.call("POST", f"/datasets/{dataset}/download").json()["downloadUrl"]
    got = httpx.get(url, headers={"Range": f"bytes={start}-{end - 1}"}, timeout=60).content
    assert unpacked(member, got) == contents[name]
    assert one.call("GET", f"/datasets/{dataset}/members?name=nothing").status_code == 404
    assert one.call("GET", f"/datasets/{dataset}/members?limit=0").status_code == 400


def unpacked(member: dict, got: bytes) -> bytes:
    """Unpack a member as the reference says."""
    point, skip, size = member["point"], int(member["skip"]), int(member["size"])
    if point:
        lead = bytearray(base64.b64decode(point["lead"]))
        lead[-1:] = bytes([lead[-1] | (got[0] & point["mask"])]) if lead else b""
        stream = zlib.decompressobj(-15, zdict=base64.b64decode(point["window"]))
        plain = stream.decompress(bytes(lead) + got[1:] if lead else got)
    elif member["deflated"]:
        plain = zlib.decompressobj(-15).decompress(got)
    else:
        plain = zlib.decompressobj(31).decompress(got) if got[:2] == b"\x1f\x8b" else got
    return plain[skip : skip + size]
