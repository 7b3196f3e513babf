"""Our signer of URLs against botocore's, over whatever can stand in a key, a name or an address."""

import datetime as dt

import boto3
import botocore.auth
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from commonhold.server.storage.attachment import attachment
from commonhold.server.storage.sigv4 import MAX_LIFETIME, Credentials, QuerySigner

BUCKET = "some-bucket"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
MOMENTS = st.datetimes(dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2090, 1, 1, tzinfo=dt.UTC)).map(
    lambda at: at.replace(microsecond=0)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
# Dots as segments, and empty ones, are no keys of ours.
KEYS = st.lists(TEXTS.filter(lambda text: "/" not in text and text.strip(".")), min_size=1, max_size=4).map(
    "/".join
)
ENDPOINTS = ["http://127.0.0.1:9000", "https://s3.eu-central-1.amazonaws.com", "https://objects.example.org"]
CLIENTS = {}


def client(endpoint, style, token):
    if (endpoint, style, token) not in CLIENTS:
        CLIENTS[endpoint, style, token] = boto3.session.Session().client(
            "s3", endpoint_url=endpoint, region_name="eu-central-1", aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key=SECRET, aws_session_token=token or None,
            config=Config(signature_version="s3v4", s3={"addressing_style": style},
                          request_checksum_calculation="when_required"),
        )  # fmt: skip
    return CLIENTS[endpoint, style, token]


def theirs(moment, operation, parameters, lifetime, *which):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.auth, "get_current_datetime", lambda **_: moment)
        return client(*which).generate_presigned_url(operation, Params=parameters, ExpiresIn=lifetime)


def ours(endpoint, style, token):
    credentials = Credentials("AKIAEXAMPLE", SECRET, token)
    return QuerySigner(endpoint, BUCKET, "eu-central-1", lambda: credentials, virtual_host=style == "virtual")


def taken_apart(url):
    address, _, query = url.partition("?")
    return address, sorted(query.split("&"))


@settings(deadline=None, max_examples=300)
@given(
    KEYS, TEXTS, st.sampled_from(ENDPOINTS), st.sampled_from(["path", "virtual"]),
    st.sampled_from(["", "token+/=with signs"]), MOMENTS, st.integers(1, MAX_LIFETIME),
)  # fmt: skip
def test_downloads(key, filename, endpoint, style, token, moment, lifetime):
    if style == "virtual" and "127.0.0.1" in endpoint:
        style = "path"  # an address of numbers has no names below it
    parameters = {
        "response-cache-control": "private, no-transform",
        "response-content-disposition": attachment(filename),
        "response-content-type": "application/gzip",
    }
    expected = theirs(
        moment, "get_object",
        {
            "Bucket": BUCKET, "Key": key, "ResponseCacheControl": "private, no-transform",
            "ResponseContentDisposition": attachment(filename), "ResponseContentType": "application/gzip",
        },
        lifetime, endpoint, style, token,
    )  # fmt: skip
    made = ours(endpoint, style, token).url("GET", key, parameters, now=moment, lifetime=lifetime)
    assert taken_apart(made) == taken_apart(expected)


@settings(deadline=None, max_examples=100)
@given(KEYS, TEXTS, st.integers(1, 10_000), st.sampled_from(ENDPOINTS), MOMENTS)
def test_parts(key, upload, number, endpoint, moment):
    expected = theirs(
        moment, "upload_part", {"Bucket": BUCKET, "Key": key, "UploadId": upload, "PartNumber": number}, 900,
        endpoint, "path", "",
    )  # fmt: skip
    made = ours(endpoint, "path", "").url(
        "PUT", key, {"partNumber": str(number), "uploadId": upload}, now=moment, lifetime=900
    )
    assert taken_apart(made) == taken_apart(expected)


def test_the_day_changes_the_key():
    signer = ours(ENDPOINTS[0], "path", "")
    night, morning = (
        dt.datetime(2026, 1, 1, 23, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
    )
    first = signer.url("GET", "a", {}, now=night, lifetime=60)
    assert signer.url("GET", "a", {}, now=morning, lifetime=60) != first
    assert signer.url("GET", "a", {}, now=night, lifetime=60) == first


def test_ports_of_their_own_scheme_are_left_out():
    for endpoint, host in [
        ("https://a.example:443", "a.example"),
        ("http://a.example:80", "a.example"),
        ("https://a.example:80", "a.example:80"),
    ]:
        moment = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
        made = ours(endpoint, "path", "").url("GET", "k", {}, now=moment, lifetime=60)
        assert made.startswith(f"{endpoint.partition(':')[0]}://{host}/{BUCKET}/k?")
        expected = theirs(moment, "get_object", {"Bucket": BUCKET, "Key": "k"}, 60, endpoint, "path", "")
        assert made.rpartition("=")[2] == expected.rpartition("=")[2]


@pytest.mark.parametrize("lifetime", [0, -1, MAX_LIFETIME + 1])
def test_lifetimes(lifetime):
    with pytest.raises(ValueError, match="seconds"):
        ours(ENDPOINTS[0], "path", "").url(
            "GET", "k", {}, now=dt.datetime(2026, 1, 1, tzinfo=dt.UTC), lifetime=lifetime
        )
