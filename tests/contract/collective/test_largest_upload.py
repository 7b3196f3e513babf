"""A tebibyte in ten thousand parts, completed over a real socket; the bytes are zeros that no disk holds."""

import datetime as dt
import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from commonhold.server.config.environment import environment
from commonhold.server.storage.keys import archive_content_type
from commonhold.server.storage.store import object_store
from commonhold.server.submissions.models import Upload
from tests.support.collection import Maker
from tests.support.publishing import publisher, until
from tests.support.site import Site

pytestmark = pytest.mark.embedded_store

TEBIBYTE = 1 << 40
FILENAME = "x.tar.gz"


def parts_by_hand(folder: Path, part_size: int) -> list[dict]:
    """Put the parts where their PUTs would have: sparse files, and what answers for their MD5."""
    parts = []
    for number, start in enumerate(range(0, TEBIBYTE, part_size), start=1):
        with (folder / f"{number:05d}").open("wb") as file:
            file.truncate(min(part_size, TEBIBYTE - start))
            file.seek(0, os.SEEK_END)
            file.write(number.to_bytes(16))
        parts.append({"partNumber": number, "etag": number.to_bytes(16).hex()})
    return parts


def test_a_tebibyte_in_ten_thousand_parts(site: Site, make: Maker) -> None:
    one = publisher(site, make)
    submission = one.draft()
    body = {"filename": FILENAME, "fileSize": TEBIBYTE, "mimeType": archive_content_type(FILENAME)}
    session = one.call("POST", "/uploads", {**body, "submissionId": submission}).json()
    root = f"/uploads/{session['fileUploadId']}"
    part_size = -(-TEBIBYTE // 10_000)
    assert part_size <= session["partSize"]
    store = object_store(environment(), public_url=site.storage_url)
    key = Upload.objects.get(public_id=session["fileUploadId"]).object_key
    folder = environment().data / "objects" / ".uploads" / session["uploadId"]
    held = os.open(folder, os.O_RDONLY)
    try:
        # As if the parts were being joined elsewhere: here that would write a tebibyte.
        fcntl.flock(held, fcntl.LOCK_EX)
        parts = parts_by_hand(folder, part_size)
        assert len(parts) == 10_000
        told = one.call("GET", root).json()["parts"]
        assert [part["partNumber"] for part in told] == list(range(1, 10_001))
        completion = {"uploadId": session["uploadId"], "parts": parts}
        short = one.call("POST", root, {**completion, "parts": parts[:-1]})
        assert (short.status_code, short.json()["details"].keys()) == (400, {"parts"})
        wrong = one.call(
            "POST", root, {**completion, "parts": [*parts[:-1], {"partNumber": 10_000, "etag": "0"}]}
        )
        assert (wrong.status_code, wrong.json()["details"].keys()) == (400, {"parts"})
        with ThreadPoolExecutor(3) as threads:
            answers = list(threads.map(lambda _: one.call("POST", root, completion), range(3)))
        assert [answer.status_code for answer in answers] == [200] * 3, [answer.text for answer in answers]
        assert store.stat(key).size == TEBIBYTE
        soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=5)
        url = store.download_url(key, filename=FILENAME, content_type="application/gzip", expires_at=soon)
        end = httpx.get(url, headers={"Range": "bytes=-7"}, timeout=60)
        assert (end.status_code, end.content) == (206, bytes(7))
        assert end.headers["content-range"] == f"bytes {TEBIBYTE - 7}-{TEBIBYTE - 1}/{TEBIBYTE}"
        found = one.verified(session["fileUploadId"])
        assert found["verification"] == "rejected"
        assert "not compressed with gzip" in " ".join(found["reasons"])
        assert one.call("DELETE", f"/submissions/{submission}").status_code == 204
        until(lambda: not folder.exists() and key not in {listed.key for listed in store.list_objects()})
    finally:
        os.close(held)
