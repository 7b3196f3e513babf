"""The object store on a real S3: the same promises as every store's, in both styles of address."""

import datetime as dt
import io
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from commonhold.server.config.environment import read
from commonhold.server.config.values import SettingError
from commonhold.server.kit.ids import new_id
from commonhold.server.storage.bucket import CORS_RULE, add_missing_rules, missing_rules
from commonhold.server.storage.interface import ObjectNotFoundError, StorageError
from commonhold.server.storage.s3 import S3Store
from commonhold.server.storage.store import object_store, s3_settings
from tests.server.storage.contract import *  # noqa: F403 -- every store keeps the same promises
from tests.server.storage.contract import KEY, content_of
from tests.server.storage.upload_contract import *  # noqa: F403 -- and these
from tests.server.storage.upload_contract import send, soon
from tests.support.seaweedfs import BUCKET, DOMAIN


@pytest.fixture(params=["path", "virtual"])
def store(request, seaweedfs, tmp_path, monkeypatch) -> S3Store:
    changes = {}
    if request.param == "virtual":
        # Names below .localhost are this machine (RFC 6761), which not every resolver knows.
        resolve = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **more: resolve(
                "127.0.0.1" if str(host).endswith(DOMAIN) else host, *rest, **more
            ),
        )
        changes = {
            "COMMONHOLD_S3_ADDRESSING": "virtual",
            "COMMONHOLD_S3_ENDPOINT_URL": f"http://{DOMAIN}:{seaweedfs.port}",
        }
    made = make(seaweedfs, tmp_path, **changes)
    # What browsers may do is what this rule says.
    made.client.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [dict(CORS_RULE)]})
    return made


def make(seaweedfs, tmp_path, **changes) -> S3Store:
    settings = seaweedfs.settings(f"tests/{new_id()}", COMMONHOLD_DATA=str(tmp_path), **changes)
    return object_store(read(settings), public_url="http://unused.invalid")


def test_urls_name_the_address_outside(seaweedfs, tmp_path):
    outside = make(seaweedfs, tmp_path, COMMONHOLD_S3_PUBLIC_ENDPOINT_URL="https://objects.example.org/s3")
    stored = outside.put(KEY, io.BytesIO(b"x"))
    url = urlsplit(
        outside.download_url(KEY, filename="a.zip", content_type="application/zip", expires_at=soon())
    )
    assert (url.scheme, url.netloc) == ("https", "objects.example.org")
    assert url.path.startswith(f"/s3/{BUCKET}/tests/")
    assert outside.stat(KEY) == stored, "the site itself goes by the address inside"


def test_a_download_is_named_and_typed_and_let_alone(store):
    store.put(KEY, io.BytesIO(b"content"))
    url = store.download_url(KEY, filename='ä "1".tar.gz', content_type="application/gzip", expires_at=soon())
    status, headers, body = send(url, b"", "GET", Authorization="Basic bmV0cmM6a2V5")
    if status != 200:  # SeaweedFS takes one credential or the other; ours travels in the address
        status, headers, body = send(url, b"", "GET")
    assert (status, body) == (200, b"content")
    assert headers["Content-Type"] == "application/gzip"
    assert headers["Cache-Control"] == "private, no-transform"
    assert headers["Content-Disposition"].startswith('attachment; filename="_ _1_.tar.gz"; filename*=UTF-8')
    assert headers["Content-Encoding"] is None
    assert send(url.replace("tar.gz", "tar.xz"), b"", "GET")[0] == 403
    assert send(url, b"x", "PUT")[0] == 403, "what is signed for reading writes nothing"


def test_a_large_put_goes_in_parts(store):
    content = bytes(65 << 20)
    stored = store.put(KEY, io.BytesIO(content))
    assert stored.size == len(content)
    assert stored.etag.endswith('-2"')
    assert content_of(store, KEY) == content


def test_more_parts_than_fit_a_page_of_the_listing(seaweedfs, tmp_path):
    store = make(seaweedfs, tmp_path)
    upload = store.begin_upload(KEY, content_type="application/zip")
    urls = [store.part_url(KEY, upload, number, expires_at=soon()) for number in range(1, 1006)]
    with ThreadPoolExecutor(8) as threads:
        assert {answer[0] for answer in threads.map(lambda url: send(url, b"x"), reversed(urls))} == {200}
    held = store.list_parts(KEY, upload)
    assert [(part.number, part.size) for part in held] == [(number, 1) for number in range(1, 1006)]
    [listed] = [found for found in store.list_uploads() if found.upload_id == upload]
    assert listed.size == 1005
    store.abort_upload(KEY, upload)


def test_a_failing_source_leaves_nothing(store):
    class Broken(io.RawIOBase):
        taken = 0

        def read(self, size=-1):
            self.taken += size
            if self.taken > 70 << 20:
                raise OSError("gone")
            return bytes(size)

    with pytest.raises(OSError, match="gone"):
        store.put(KEY, Broken())
    with pytest.raises(ObjectNotFoundError):
        store.stat(KEY)
    assert store.sweep_uploads(dt.datetime.now(dt.UTC) + dt.timedelta(hours=1)) == 0


def test_reading_outlives_a_broken_connection(store):
    content = bytes(range(256)) * 40_000
    store.put(KEY, io.BytesIO(content))
    with store.open(KEY) as file:
        assert file.read(1_000_000) == content[:1_000_000]
        file.raw._stream.close()
        assert file.read() == content[1_000_000:]


def test_wrong_keys_tell_little(seaweedfs, tmp_path):
    stranger = make(seaweedfs, tmp_path, COMMONHOLD_S3_SECRET_ACCESS_KEY="wrong-secret")
    with pytest.raises(Exception, match="refused") as caught:
        stranger.put(KEY, io.BytesIO(b"x"))
    assert "wrong-secret" not in str(caught.value)
    assert "wrong-secret" not in repr(stranger.settings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"COMMONHOLD_STORAGE_URL": "s3://"}, "takes a bucket"),
        ({"COMMONHOLD_STORAGE_URL": "s3://Bucket_/x"}, "takes a bucket"),
        ({"COMMONHOLD_STORAGE_URL": "s3://bucket/../x"}, "the prefix"),
        ({"COMMONHOLD_S3_ACCESS_KEY_ID": "x"}, "give both"),
        ({"COMMONHOLD_DOWNLOAD_URL_LIFETIME": "604801"}, "7 days"),
        ({"COMMONHOLD_S3_ADDRESSING": "dns"}, "path or virtual"),
        ({"COMMONHOLD_S3_ENDPOINT_URL": "localhost:9000"}, "takes an address"),
    ],
)
def test_settings_that_cannot_be(tmp_path, changes, words):
    with pytest.raises(SettingError, match=words):
        s3_settings(
            read({"COMMONHOLD_DATA": str(tmp_path), "COMMONHOLD_STORAGE_URL": "s3://bucket", **changes})
        )


def test_without_an_endpoint_it_is_aws(tmp_path):
    settings = {
        "COMMONHOLD_DATA": str(tmp_path),
        "COMMONHOLD_STORAGE_URL": "s3://bucket/data",
        "COMMONHOLD_S3_REGION": "eu-central-1",
        "COMMONHOLD_S3_ACCESS_KEY_ID": "AKIA",
        "COMMONHOLD_S3_SECRET_ACCESS_KEY": "secret",
    }
    url = object_store(read(settings), public_url="").download_url(
        KEY, filename="a.zip", content_type="application/zip", expires_at=soon()
    )
    assert url.startswith(f"https://bucket.s3.eu-central-1.amazonaws.com/data/{KEY}?X-Amz-Algorithm=")


def test_the_bucket_says_what_it_lacks_and_is_given_it(seaweedfs, tmp_path):
    store = make(seaweedfs, tmp_path)
    client = store.client
    client.delete_bucket_cors(Bucket=BUCKET)
    client.delete_bucket_lifecycle(Bucket=BUCKET)
    other = {"ID": "mine", "Status": "Enabled", "Filter": {"Prefix": "else/"}, "Expiration": {"Days": 9}}
    client.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [other]})
    assert [text.partition(":")[0] for text in missing_rules(store)] == [
        "The bucket has no CORS rule that lets browsers upload",
        "The bucket has no lifecycle rule that ends unfinished uploads",
    ]
    assert len(add_missing_rules(store)) == 2
    assert missing_rules(store) == []
    assert add_missing_rules(store) == []
    rules = client.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert [rule["ID"][:29] for rule in rules] == ["mine", "commonhold-unfinished-uploads"]
    assert missing_rules(object()) == []


def test_the_command_mends_the_bucket(seaweedfs, tmp_path):
    client = make(seaweedfs, tmp_path).client
    client.delete_bucket_cors(Bucket=BUCKET)
    client.delete_bucket_lifecycle(Bucket=BUCKET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    environment |= seaweedfs.settings("checked", COMMONHOLD_DATA=str(tmp_path / "data"))

    def check(*words):
        command = [sys.executable, "-m", "commonhold", "admin", "check", *words, "--json"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    lacking = check()
    assert (lacking.returncode, lacking.stdout.count("--repair")) == (2, 2)
    mended = check("--repair")
    assert (mended.returncode, mended.stdout.count("was mended")) == (0, 2), mended
    assert check("--repair").stdout.count("was mended") == 0
    environment["COMMONHOLD_S3_SECRET_ACCESS_KEY"] = "wrong-secret"
    refused = check("--repair")
    assert refused.returncode == 2
    assert "could not be given" in refused.stdout
    assert "wrong-secret" not in refused.stdout + refused.stderr


def test_sites_that_share_a_bucket_have_a_rule_each(seaweedfs, tmp_path):
    stores = [make(seaweedfs, tmp_path) for _ in range(2)]
    client = stores[0].client
    client.delete_bucket_lifecycle(Bucket=BUCKET)
    for store in stores:
        assert add_missing_rules(store)
        assert missing_rules(store) == []
    rules = client.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert {rule["Filter"]["Prefix"] for rule in rules} == {store.settings.prefix for store in stores}
    assert len({rule["ID"] for rule in rules}) == 2, "names of rules are unique in a bucket"


def test_a_store_out_of_reach(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        settings = {
            "COMMONHOLD_DATA": str(tmp_path),
            "COMMONHOLD_STORAGE_URL": "s3://bucket",
            "COMMONHOLD_S3_ENDPOINT_URL": f"http://127.0.0.1:{taken.getsockname()[1]}",
            "COMMONHOLD_S3_ACCESS_KEY_ID": "AKIA",
            "COMMONHOLD_S3_SECRET_ACCESS_KEY": "secret",
        }
        store = object_store(read(settings), public_url="")
        with pytest.raises(StorageError, match="cannot be reached"):
            store.stat(KEY)
        with pytest.raises(StorageError, match="does not say"):
            missing_rules(store)
