"""What every store promises of uploads in parts, as tests over a real socket.

Modules import all of them and bring a ``store`` of their own, whose part URLs can be put to.
"""

import datetime as dt
import hashlib
import http.client
import io
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from commonhold.server.kit.ids import new_id
from commonhold.server.storage.interface import ObjectExistsError, ObjectNotFoundError
from commonhold.server.storage.keys import InvalidKeyError
from commonhold.server.storage.multipart import (
    MAX_PARTS,
    MIN_PART_BYTES,
    PartMismatchError,
    UploadGoneError,
)
from tests.server.storage.contract import content_of

TYPE = "application/gzip"


@pytest.fixture
def key() -> str:
    return f"datasets/{new_id()}/1/größe 1.tar.gz"


def soon(seconds=900) -> dt.datetime:
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds)


def send(url: str, data: bytes, method="PUT", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    address = urlsplit(url)
    with closing(http.client.HTTPConnection(address.hostname, address.port, timeout=120)) as connection:
        connection.request(method, f"{address.path}?{address.query}", data, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def put_part(store, key, upload, number, data: bytes) -> str:
    status, headers, body = send(store.part_url(key, upload, number, expires_at=soon()), data)
    assert status == 200, body
    return headers["ETag"]


def upload_whole(store, key, contents: list[bytes]) -> tuple[str, list[tuple[int, str]]]:
    upload = store.begin_upload(key, content_type=TYPE)
    return upload, [
        (number, put_part(store, key, upload, number, data)) for number, data in enumerate(contents, 1)
    ]


def parts_of(sizes: list[int], seed=1) -> list[bytes]:
    return [random.Random(seed + place).randbytes(size) for place, size in enumerate(sizes)]


SIZES = [MIN_PART_BYTES, MIN_PART_BYTES, MIN_PART_BYTES, 77]


@pytest.mark.parametrize("sizes", [[1], [MIN_PART_BYTES], SIZES], ids=["byte", "one", "four"])
def test_parts_become_an_object(store, key, sizes):
    contents = parts_of(sizes)
    upload, parts = upload_whole(store, key, contents)
    with pytest.raises(ObjectNotFoundError):
        store.stat(key)
    stored = store.complete_upload(key, upload, parts)
    assert (stored.key, stored.size) == (key, sum(sizes))
    assert store.stat(key) == stored
    assert content_of(store, key) == b"".join(contents)


def test_any_order_many_connections_and_again(store, key):
    contents = parts_of(SIZES)
    upload = store.begin_upload(key, content_type=TYPE)
    jobs = [(number, data) for number, data in enumerate(contents, 1)] * 3
    random.Random(5).shuffle(jobs)
    with ThreadPoolExecutor(16) as threads:
        done = threads.map(lambda job: (job[0], put_part(store, key, upload, *job)), jobs)
        etags = dict(done)
    listed = [(part.number, part.size, part.etag) for part in store.list_parts(key, upload)]
    assert listed == [(number, len(data), etags[number]) for number, data in enumerate(contents, 1)]
    # ETags come back as clients please: bare, in quotes, with spaces around; and in any order.
    bare = [(number, f"  {etag.strip(chr(34))} ") for number, etag in etags.items()]
    assert store.complete_upload(key, upload, bare[::-1]).size == sum(SIZES)
    assert content_of(store, key) == b"".join(contents)


def test_the_last_put_of_a_part_counts(store, key):
    old, new = parts_of([2000, 1000])
    upload = store.begin_upload(key, content_type=TYPE)
    first = put_part(store, key, upload, 1, old)
    second = put_part(store, key, upload, 1, new)
    assert first != second
    store.complete_upload(key, upload, [(1, second)])
    assert content_of(store, key) == new


def test_completion_can_be_repeated(store, key):
    upload, parts = upload_whole(store, key, parts_of(SIZES))
    first = store.complete_upload(key, upload, parts)
    assert store.complete_upload(key, upload, parts) == first
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _: store.complete_upload(key, upload, parts), range(8))) == {first}


def test_completion_at_once_from_many(store, key):
    contents = parts_of(SIZES)
    upload, parts = upload_whole(store, key, contents)
    barrier = threading.Barrier(8)

    def complete(_):
        barrier.wait()
        return store.complete_upload(key, upload, parts)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(complete, range(8)))) == 1
    assert content_of(store, key) == b"".join(contents)


def test_what_does_not_make_a_file_is_refused_and_can_be_mended(store, key):
    upload, parts = upload_whole(store, key, parts_of(SIZES))
    for asked, words in [
        ([], "from 1 to 10,000"),
        (parts[1:], "Part 1 is missing"),
        (parts[:1] + parts[2:], "Part 2 is missing"),
        (parts + parts[-1:], "Part 4 is listed twice"),
        ([*parts, (5, '"x"')], "Part 5 has not arrived"),
        ([(0, '"x"'), *parts], "from 1"),
        ([(1, '"wrong"'), *parts[1:]], "Part 1 arrived with another ETag"),
        ([(number, '"x"') for number in range(1, MAX_PARTS + 2)], "from 1 to 10,000"),
    ]:
        with pytest.raises(PartMismatchError, match=words):
            store.complete_upload(key, upload, asked)
    assert store.complete_upload(key, upload, parts).size == sum(SIZES)


@pytest.mark.parametrize(
    ("sizes", "words"),
    [
        ([100, 100], "at least 5242880"),
        ([MIN_PART_BYTES - 1, 100], "at least 5242880"),
        ([MIN_PART_BYTES, MIN_PART_BYTES + 1, 100], "the same size"),
        ([MIN_PART_BYTES, MIN_PART_BYTES + 1], "larger than the others"),
    ],
)
def test_sizes(store, key, sizes, words):
    upload, parts = upload_whole(store, key, parts_of(sizes))
    with pytest.raises(PartMismatchError, match=words):
        store.complete_upload(key, upload, parts)
    store.abort_upload(key, upload)


def test_no_part_reaches_a_finished_object(store, key):
    content = parts_of([3000])
    upload, parts = upload_whole(store, key, content)
    url = store.part_url(key, upload, 1, expires_at=soon())
    stored = store.complete_upload(key, upload, parts)
    status, _, _ = send(url, b"x" * 3000)
    assert 400 <= status < 500
    assert store.stat(key) == stored
    assert content_of(store, key) == content[0]


def test_an_aborted_upload_is_gone(store, key):
    upload, parts = upload_whole(store, key, parts_of([3000]))
    store.abort_upload(key, upload)
    store.abort_upload(key, upload)
    with pytest.raises(UploadGoneError):
        store.list_parts(key, upload)
    with pytest.raises(UploadGoneError):
        store.complete_upload(key, upload, parts)
    status, _, _ = send(store.part_url(key, upload, 1, expires_at=soon()), b"x")
    assert 400 <= status < 500
    with pytest.raises(ObjectNotFoundError):
        store.stat(key)


def test_aborting_leaves_a_finished_object(store, key):
    upload, parts = upload_whole(store, key, parts_of([3000]))
    stored = store.complete_upload(key, upload, parts)
    store.abort_upload(key, upload)
    assert store.stat(key) == stored


def test_unknown_uploads(store, key):
    upload, parts = upload_whole(store, key, parts_of([10]))
    for other, unknown in [(key, "0" * 32), (key, "../x"), (f"{key}2", upload), (key, "")]:
        with pytest.raises(UploadGoneError):
            store.list_parts(other, unknown)
        with pytest.raises(UploadGoneError):
            store.complete_upload(other, unknown, parts)
        store.abort_upload(other, unknown)
    assert [part.size for part in store.list_parts(key, upload)] == [10]


def test_an_object_is_in_the_way(store, key):
    upload, parts = upload_whole(store, key, parts_of([10]))
    store.put(key, io.BytesIO(b"first"))
    with pytest.raises(ObjectExistsError):
        store.begin_upload(key, content_type=TYPE)
    with pytest.raises(ObjectExistsError):
        store.complete_upload(key, upload, parts)
    assert content_of(store, key) == b"first"
    store.abort_upload(key, upload)


def test_reading_anywhere(store, key):
    contents = parts_of(SIZES)
    whole = b"".join(contents)
    upload, parts = upload_whole(store, key, contents)
    store.complete_upload(key, upload, parts)
    chance = random.Random(9)
    with store.open(key) as file:
        assert file.seek(0, os.SEEK_END) == len(whole)
        assert file.read(1) == b""
        for _ in range(40):
            start, length = chance.randrange(len(whole)), chance.randrange(1 << 20)
            assert file.seek(start) == start
            assert file.read(length) == whole[start : start + length]
            assert file.tell() == min(len(whole), start + length)


def test_downloads_of_what_was_uploaded(store, key):
    contents = parts_of(SIZES)
    whole = b"".join(contents)
    upload, parts = upload_whole(store, key, contents)
    store.complete_upload(key, upload, parts)
    url = store.download_url(key, filename="größe.tar.gz", content_type=TYPE, expires_at=soon())
    status, headers, body = send(url, b"", "GET")
    assert (status, len(body), hashlib.sha256(body).digest()) == (
        200,
        len(whole),
        hashlib.sha256(whole).digest(),
    )
    assert headers["ETag"] == store.stat(key).etag
    assert headers["Content-Type"] == TYPE
    assert headers["Content-Disposition"].startswith("attachment;")
    edge = MIN_PART_BYTES
    for start, end in [(0, 0), (edge - 3, edge + 3), (edge - 1, 3 * edge), (3 * edge + 70, len(whole) - 1)]:
        status, headers, body = send(url, b"", "GET", Range=f"bytes={start}-{end}")
        assert (status, body) == (206, whole[start : end + 1])
        assert headers["Content-Range"] == f"bytes {start}-{end}/{len(whole)}"
    assert send(url, b"", "GET", Range=f"bytes={len(whole)}-")[0] == 416


def test_urls_are_for_one_part_of_one_upload(store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    url = store.part_url(key, upload, 1, expires_at=soon())
    head, _, signature = url.rpartition("ignature=")
    forged = f"{head}ignature={'0' if signature[0] != '0' else '1'}{signature[1:]}"
    for wrong in (forged, url.replace("part=1", "part=2").replace("partNumber=1", "partNumber=2")):
        assert wrong != url
        status, _, _ = send(wrong, b"x")
        assert status in {400, 403}
    assert store.list_parts(key, upload) == []
    assert send(url, b"x")[0] == 200
    store.abort_upload(key, upload)


def test_expired_urls(store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    status, _, _ = send(store.part_url(key, upload, 1, expires_at=soon(-60)), b"x")
    assert status in {400, 403}
    assert store.list_parts(key, upload) == []
    store.abort_upload(key, upload)


def test_what_cannot_be_signed(store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    for number in (0, -1, MAX_PARTS + 1):
        with pytest.raises(ValueError, match="number"):
            store.part_url(key, upload, number, expires_at=soon())
    with pytest.raises(ValueError, match="time zone"):
        store.part_url(key, upload, 1, expires_at=dt.datetime(2030, 1, 1))  # noqa: DTZ001 -- the point
    for use in (
        lambda: store.begin_upload("../x", content_type=TYPE),
        lambda: store.part_url("../x", upload, 1, expires_at=soon()),
        lambda: store.list_parts("../x", upload),
        lambda: store.complete_upload("../x", upload, [(1, "x")]),
        lambda: store.abort_upload("../x", upload),
    ):
        with pytest.raises(InvalidKeyError):
            use()
    store.abort_upload(key, upload)


def test_stale_uploads_are_swept(store, key):
    upload, _ = upload_whole(store, key, parts_of([10]))
    other = f"{key}.zip"
    finished, finished_parts = upload_whole(store, other, parts_of([20]))
    stored = store.complete_upload(other, finished, finished_parts)
    assert store.sweep_uploads(dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)) == 0
    assert len(store.list_parts(key, upload)) == 1
    assert store.sweep_uploads(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) >= 1
    with pytest.raises(UploadGoneError):
        store.list_parts(key, upload)
    assert store.stat(other) == stored


def test_browsers_may_upload(store, key):
    upload = store.begin_upload(key, content_type=TYPE)
    url = store.part_url(key, upload, 1, expires_at=soon())
    origin = {"Origin": "https://data.example.org"}
    status, headers, _ = send(url, b"", "OPTIONS", **{**origin, "Access-Control-Request-Method": "PUT"})
    assert status in {200, 204}
    assert headers["Access-Control-Allow-Origin"] in {"*", origin["Origin"]}
    assert "PUT" in headers["Access-Control-Allow-Methods"]
    status, headers, _ = send(url, b"x", **origin)
    assert status == 200
    assert headers["Access-Control-Allow-Origin"] in {"*", origin["Origin"]}
    assert "etag" in headers["Access-Control-Expose-Headers"].lower()
    store.abort_upload(key, upload)


def test_unfinished_uploads_are_listed_until_they_end(store, key):
    def unfinished():
        return {found.upload_id: found for found in store.list_uploads() if found.key.startswith(key)}

    def objects():
        return {found.key: found.size for found in store.list_objects() if found.key.startswith(key)}

    begun = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=2)
    upload = store.begin_upload(key, content_type=TYPE)
    other = store.begin_upload(f"{key}.zip", content_type=TYPE)
    put_part(store, key, upload, 1, b"four")
    listed = unfinished()
    assert {upload: key, other: f"{key}.zip"} == {name: found.key for name, found in listed.items()}
    assert 4 <= listed[upload].size < 1024
    assert begun <= listed[upload].changed_at <= dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1)
    assert objects() == {}
    store.complete_upload(key, upload, [(part.number, part.etag) for part in store.list_parts(key, upload)])
    assert (set(unfinished()), objects()) == ({other}, {key: 4})
    store.abort_upload(f"{key}.zip", other)
    assert unfinished() == {}
