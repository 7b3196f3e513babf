"""What lies in an archive, asked over the API, and one member fetched by what the answer says alone."""

import base64
import gzip
import io
import random
import tarfile
import zipfile
import zlib
from functools import cache

import httpx
import pytest


@pytest.fixture
def reader(make):
    organization = make.organization()
    email, key = make.person(organization)
    return organization, email, key


def packed(folder, name, entries):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for member, content in entries:
                archive.writestr(member, content)
        return str(path)
    with gzip.open(path, "wb", 6) as file, tarfile.open(fileobj=file, mode="w") as archive:
        for member, content in entries:
            info = tarfile.TarInfo(member)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return str(path)


@cache
def entries():
    chance = random.Random(2)
    words = [chance.randbytes(6).hex().encode() for _ in range(300)]
    large = [(f"clips/{number}.txt", b" ".join(chance.choices(words, k=400_000))) for number in range(3)]
    return (*large, *((f"small/{number:04d}.txt", f"number {number}".encode()) for number in range(1200)))


def fetch(url, member):
    """What any client can do with a range request, zlib, and the answer."""
    headers = {"Range": f"bytes={member['start']}-{int(member['end']) - 1}"}
    answer = httpx.get(url, headers=headers, timeout=60)
    assert answer.status_code == 206
    if member["deflated"]:
        return zlib.decompress(answer.content, -15)
    point = member["point"]
    window = zlib.decompress(base64.b64decode(point["window"]))
    lead, first = base64.b64decode(point["lead"]), answer.content[0]
    if lead:
        lead = lead[:-1] + bytes([lead[-1] | first & point["mask"]])
    unpacker = zlib.decompressobj(-15, zdict=window)
    unpacked = unpacker.decompress(lead + answer.content[bool(lead) :])
    return unpacked[int(member["skip"]) :][: int(member["size"])]


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_one_member_by_range(site, make, reader, tmp_path, filename):
    """Of a version that was loaded, and not sent."""
    organization, email, key = reader
    content = dict(entries())
    slug = make.dataset(organization, file=packed(tmp_path, filename, content.items()), agreed_by=[email])
    make.load()
    url = site.post(f"/api/datasets/{slug}/download", key=key).json()["downloadUrl"]
    for name in ("clips/0.txt", "clips/2.txt", "small/0000.txt", "small/1199.txt"):
        body = site.get(f"/api/datasets/{slug}/members?name={name}", key=key).json()
        assert (body["total"], body["archive"], body["next"]) == (1203, filename[2:], None)
        [member] = body["items"]
        assert member["name"] == name
        assert fetch(url, member) == content[name]
    assert int(member["start"]) > 0


def test_pages(site, make, reader, tmp_path):
    organization, email, key = reader
    slug = make.dataset(organization, file=packed(tmp_path, "a.tar.gz", entries()), agreed_by=[email])
    make.load()
    names, after = [], 0
    while after is not None:
        body = site.get(f"/api/datasets/{slug}/members?limit=500&after={after}", key=key).json()
        names += [member["name"] for member in body["items"]]
        after = body["next"]
    assert names == [name for name, _ in entries()]
    assert site.get(f"/api/datasets/{slug}/members?after=1000000", key=key).json()["items"] == []
    nothing = site.get(f"/api/datasets/{slug}/members?prefix=nothing", key=key).json()
    assert (nothing["items"], nothing["next"]) == ([], None)
    some = site.get(f"/api/datasets/{slug}/members?prefix=small/119", key=key).json()
    assert [member["name"] for member in some["items"]] == [f"small/119{digit}.txt" for digit in range(10)]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=0", "limit"),
        ("limit=5001", "limit"),
        ("after=-1", "after"),
        ("prefix=", "prefix"),
        ("name=", "name"),
        ("version=x", "version"),
    ],
)
def test_mistakes(site, make, reader, query, field):
    organization, email, key = reader
    slug = make.dataset(organization, agreed_by=[email])
    make.load()
    answer = site.get(f"/api/datasets/{slug}/members?{query}", key=key)
    assert answer.status_code == 400
    assert field in answer.json()["details"]


def test_terms_and_key_as_for_a_download(site, make, reader):
    organization, email, key = reader
    slug = make.dataset(organization)
    agreed = make.dataset(organization, agreed_by=[email])
    make.load()
    assert site.get(f"/api/datasets/{agreed}/members").status_code == 401
    refused = site.get(f"/api/datasets/{slug}/members", key=key)
    assert refused.status_code == 403
    assert refused.json()["error"] == "You must agree to the terms of use before downloading this dataset"
    for _ in range(40):  # more than a day's downloads: it is free of quota
        assert site.get(f"/api/datasets/{agreed}/members", key=key).status_code == 200
    assert site.get(f"/api/datasets/{agreed}/members?version=9", key=key).status_code == 404
