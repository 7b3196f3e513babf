"""The demonstration: reads back without mistakes, the same bytes each time, true data under its licence."""

import io
import json
import re
import stat
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from commonhold.server.collection.checks import missing_for_new
from commonhold.server.collection.demo import DemoSecrets, write_demo
from commonhold.server.collection.demo.build import archive_names
from commonhold.server.collection.file import read_collection
from commonhold.server.credentials.keys import is_well_formed

SECRETS = DemoSecrets.generate()
SCRIPTS = {
    "ar": r"[\u0600-\u06ff]",
    "hi": r"[\u0900-\u097f]",
    "kn": r"[\u0c80-\u0cff]",
    "ja": r"[\u3040-\u30ff]",
    "zh-CN": r"[\u4e00-\u9fff]",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, SECRETS)
    return folder


@pytest.fixture(scope="module")
def collection(folder):
    return read_collection(folder / "collection.yaml")


def dataset(collection, slug):
    return next(dataset for dataset in collection.datasets if dataset.slug == slug)


def members(path: Path) -> dict[str, bytes]:
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as bundle:
            assert bundle.testzip() is None
            return {name: bundle.read(name) for name in bundle.namelist()}
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}


def test_every_archive_that_is_built_is_spoken_of(collection):
    spoken = {version.file.name for entry in collection.datasets for version in entry.archives}
    spoken |= {entry.sample.name for entry in collection.datasets if entry.sample}
    assert spoken == set(archive_names())


def test_it_is_a_whole_collection(collection):
    assert collection.unresolved == ()
    assert len(collection.organizations) == 3
    assert len(collection.datasets) >= 8
    for record in (*collection.organizations, *collection.users, *collection.datasets):
        assert missing_for_new(record) == []
    assert dataset(collection, "time-zone-cities").visibility == "restricted"
    assert dataset(collection, "unit-phrases-draft").visibility == "private"
    assert dataset(collection, "first-days-of-the-week").status == "removed"
    assert len(dataset(collection, "names-of-territories").archives) == 2
    assert dataset(collection, "names-of-currencies").file.suffix == ".zip"
    assert {entry.license for entry in collection.datasets} == {"Unicode-3.0"}
    assert len({entry.task for entry in collection.datasets}) >= 4


def test_the_people_can_sign_in_with_the_secrets_given(collection):
    people = {user.email: user for user in collection.users}
    demo = people["demo@example.org"]
    assert demo.password == SECRETS.demo_password
    assert demo.api_keys[0].key == SECRETS.demo_api_key
    assert sorted(demo.memberships.values()) == ["member", "publisher"]
    assert people["reviewer@example.org"].password == SECRETS.reviewer_password
    assert people["reviewer@example.org"].roles == ("reviewer", "operator")
    assert people["owner@example.org"].password == SECRETS.owner_password
    assert set(people["owner@example.org"].memberships.values()) == {"owner"}


def test_some_terms_are_agreed_to_and_some_are_left_for_the_page(collection):
    public = [entry for entry in collection.datasets if entry.visibility == "public"]
    agreed = [entry for entry in public if entry.agreed_by]
    assert 2 <= len(agreed) < len(public) - 2
    assert all(entry.agreed_by == ("demo@example.org",) for entry in agreed)


def test_every_archive_carries_its_licence_and_a_readme(folder):
    for name in archive_names():
        found = members(folder / "archives" / name)
        stem = name.removesuffix(".zip").removesuffix(".tar.gz")
        assert all(member.startswith(f"{stem}/") for member in found), name
        assert b"UNICODE LICENSE V3" in found[f"{stem}/LICENSE"]
        assert b"Copyright" in found[f"{stem}/LICENSE"]
        readme = found[f"{stem}/README.md"].decode()
        (data,) = (member for member in found if not member.endswith(("LICENSE", "README.md")))
        rows = found[data].decode().splitlines()
        count = int(re.search(r": (\d+) rows", readme)[1])
        assert len(rows) == count + (not data.endswith(".jsonl")) > 20
        if data.endswith(".jsonl"):
            assert all(isinstance(json.loads(row), dict) for row in rows)
        elif data.endswith(".tsv"):
            assert len({row.count("\t") for row in rows}) == 1, name


def test_the_data_is_true(folder):
    languages = members(folder / "archives/names-of-languages.tar.gz")
    rows = languages["names-of-languages/names-of-languages.tsv"].decode().splitlines()
    assert {"de\tfr\tFranzösisch", "sw\tde\tKijerumani", "hi\tde\tजर्मन", "zh-Hant\ten\t英文"} <= set(rows)
    assert len({row.split("\t")[0].split("-")[0] for row in rows}) > 100

    words = members(folder / "archives/months-and-weekdays.tar.gz")
    found = [json.loads(line) for line in words["months-and-weekdays/months-and-weekdays.jsonl"].splitlines()]
    january = {"kind": "month", "number": 1, "width": "wide", "context": "stand-alone"}
    assert {"locale": "bem", **january, "word": "Januari"} in found
    assert {"locale": "pl", **january, "word": "styczeń"} in found
    assert {"locale": "pl", **january, "context": "format", "word": "stycznia"} in found
    monday = {"kind": "weekday", "number": 1, "width": "wide", "context": "format"}
    assert {"locale": "fr", **monday, "word": "lundi"} in found

    plurals = members(folder / "archives/plural-rules.tar.gz")["plural-rules/plural-rules.jsonl"].splitlines()
    polish = next(rules for rules in map(json.loads, plurals) if rules["locale"] == "pl")
    assert [polish["cardinal_examples"][number] for number in ("1", "2", "5", "22")] == [
        "one",
        "few",
        "many",
        "few",
    ]


def test_the_second_version_adds_to_the_first(folder):
    first, second = (
        set(members(folder / f"archives/{stem}.tar.gz")[f"{stem}/{stem}.tsv"].decode().splitlines())
        for stem in ("names-of-territories-1", "names-of-territories-2")
    )
    assert first < second
    assert "de\t150\tEuropa" in second - first


def test_one_download_takes_a_moment(folder):
    assert (folder / "archives/parallel-locale-terms.tar.gz").stat().st_size > 4 * 1024 * 1024


def test_texts_are_in_the_languages_they_claim(collection):
    for entry in (*collection.organizations, *collection.datasets):
        for key in ("name", "short_description", "long_description", "description"):
            texts = getattr(entry, key, None) or {}
            assert len(set(texts.values())) == len(texts), (entry.slug, key)
            for locale, text in texts.items():
                for script, letters in SCRIPTS.items():
                    if script == locale:
                        assert re.search(letters, text), (entry.slug, key, locale)
                    elif not (script == "zh-CN" and locale == "ja"):
                        assert not re.search(letters, text), (entry.slug, key, locale, script)
    for entry in collection.datasets:
        assert len(entry.name) >= 2
        assert set(entry.short_description) == set(entry.name)
    spoken = {locale for entry in collection.datasets for locale in entry.name}
    assert spoken == {"en-US", "fr", "de", "es", "pt-BR", "sw", "ar", "hi", "kn", "zh-CN", "ja"}


def test_a_rerun_keeps_what_is_there_and_takes_other_secrets(folder):
    before = {path.name: path.stat().st_mtime_ns for path in (folder / "archives").iterdir()}
    other = DemoSecrets.generate()
    path = write_demo(folder, other)
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "archives").iterdir()} == before
    assert other.demo_api_key in path.read_text()
    assert SECRETS.demo_api_key not in path.read_text()
    write_demo(folder, SECRETS)


def test_a_damaged_archive_is_built_anew_and_every_byte_is_the_same(folder):
    files = [path for path in folder.rglob("*") if path.is_file()]
    before = {path: path.read_bytes() for path in files}
    damaged = folder / "archives/plural-rules.tar.gz"
    damaged.write_bytes(before[damaged][:-1] + b"\0")
    write_demo(folder, SECRETS)
    for path in files:
        assert path.read_bytes() == before[path], path.name


def test_the_secrets_are_kept_from_others(folder):
    mode = (folder / "collection.yaml").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert SECRETS.demo_password not in repr(SECRETS)
    assert is_well_formed(SECRETS.demo_api_key)


def test_secrets_of_any_kind_survive_the_file(folder, tmp_path):
    strange = DemoSecrets('"; drop: [*a] # \\', SECRETS.demo_api_key, "null", "${demo_password} ünï 😀")
    (tmp_path / "archives").symlink_to(folder / "archives")
    users = {user.email: user for user in read_collection(write_demo(tmp_path, strange)).users}
    assert users["demo@example.org"].password == strange.demo_password
    assert users["reviewer@example.org"].password == "null"
    assert users["owner@example.org"].password == strange.owner_password


def test_babel_stays_out_of_the_process_that_writes():
    code = (
        "import sys, commonhold.server.collection.demo, commonhold.server.collection.file;"
        "sys.exit('babel' in sys.modules or 'django' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
