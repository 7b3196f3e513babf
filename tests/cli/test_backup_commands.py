"""`admin backup` and `admin restore` from outside: a site moves into a file and out of it, whole, or not at all."""

import gzip
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from commonhold.server.credentials.keys import new_key
from tests.server.backup.forging import forge, members
from tests.support.collection import PASSWORD, archive
from tests.support.postgresql import PostgreSQL
from tests.support.publishing import Publisher
from tests.support.site import start_site, unique

KEY = new_key()
OWNER = "owner@example.org"


def run(data: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "commonhold", "admin", *words],
        env=settings(data, **environment), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def settings(data: Path, **environment: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMMONHOLD_")}
    return kept | {"COMMONHOLD_DATA": str(data), **environment}


def facts(done: subprocess.CompletedProcess[str], code: int = 0) -> dict[str, Any]:
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


def collection(folder: Path) -> Path:
    """Write a collection with something of every kind, and return its file."""
    base = {"organization": "org", "license": "CC0-1.0", "task": "NLP", "format": "TSV", "locale": "en"}
    content = {
        "organizations": [{"slug": "org", "name": {"en-US": "Org", "ar": "منظمة"}, "can_publish": True}],
        "users": [
            {"email": OWNER, "password": PASSWORD, "name": "Ada", "memberships": {"org": "owner"},
             "api_keys": [{"name": "laptop", "organization": "org", "key": KEY}],
             "jwt": [{"issuer": "user:12345:67", "secret": "ab" * 32}]},
            {"email": "reader@example.org", "password": PASSWORD, "roles": ["reviewer", "operator"]},
        ],
        "datasets": [
            {**base, "slug": "greetings", "name": {"en-US": "Greetings", "kn": "ನಮಸ್ಕಾರ"}, "agreed_by": [OWNER],
             "file": str(archive(folder, "greetings.tar.gz", os.urandom(200_000))),
             "sample": str(archive(folder, "sample.tar.gz"))},
            {**base, "slug": "hidden", "name": "Hidden", "visibility": "restricted",
             "approved_requesters": ["reader@example.org"], "file": str(archive(folder, "hidden.tar.gz", b"hidden\n"))},
            {**base, "slug": "gone", "name": "Gone", "status": "published",
             "file": str(archive(folder, "gone.tar.gz", b"gone\n"))},
        ],
    }  # fmt: skip
    path = folder / "collection.yaml"
    path.write_text(json.dumps(content))
    return path


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a site with a collection, which is not running."""
    folder = tmp_path_factory.mktemp("house")
    data = folder / "data"
    path = collection(folder)
    for status in ("published", "removed"):
        path.write_text(path.read_text().replace('"published"', f'"{status}"'))
        done = run(data, "load", str(path))
        assert done.returncode == 0, done.stderr
    [gone] = (data / "objects").rglob("gone.tar.gz")
    gone.unlink()
    with sqlite3.connect(data / "commonhold.sqlite3") as database:
        # Somebody with a high number left: nobody else may ever get it.
        database.execute("UPDATE sqlite_sequence SET seq = 500 WHERE name = 'accounts_person'")
    database.close()
    return data


@pytest.fixture(scope="module")
def saved(house: Path) -> Path:
    """A backup of it, with its secret key."""
    path = house.parent / "site.backup"
    facts(run(house, "backup", str(path), "--with-secret-key", "--json"))
    return path


@pytest.fixture
def elsewhere(database: None, tmp_path: Path) -> Callable[[], dict[str, str]]:
    """Make an empty database of the engine under test, as settings."""

    def make() -> dict[str, str]:
        url = os.environ.get("COMMONHOLD_DATABASE_URL", "")
        if not url:
            return {}
        port = urlsplit(url).port
        return {"COMMONHOLD_DATABASE_URL": PostgreSQL(port).create_database(unique("restored"))}

    return make


def tables(path: Path) -> dict[str, list[Any]]:
    """Return what a backup holds of each table, the order of keys within JSON aside, and the last numbers given."""
    found = members(path)
    rows = {
        name: [json.loads(line) for line in gzip.decompress(data).splitlines()]
        for name, data in found.items()
        if name.startswith("tables/")
    }
    manifest = json.loads(found["manifest.json"])
    return rows | {"last": [(one["name"], one["last_id"]) for one in manifest["tables"]]}


def test_a_running_site_moves_between_engines_and_works_there(house: Path, elsewhere, tmp_path: Path) -> None:
    source, target, back = tmp_path / "source", tmp_path / "target", tmp_path / "back"
    shutil.copytree(house, source)
    backup = tmp_path / "site.backup"
    with start_site(**{**settings(source), "COMMONHOLD_DATABASE_URL": ""}) as site:
        publisher = Publisher(site, "org", OWNER, KEY)
        submission = publisher.draft()
        publisher.verified(publisher.send(submission, archive(tmp_path, "sent.tar.gz", b"sent\n")))
        made = facts(run(source, "backup", str(backup), "--with-secret-key", "--json"))
    assert (made["faults"], made["objects"]) == (0, 4)
    assert made["gone"] == 1, "the files of a removed dataset are gone, and that is no fault"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*part")), "no draft is left"
    engine = elsewhere()
    restored = facts(run(target, "restore", str(backup), "--json", **engine))
    assert (restored["objects"], restored["missing"], restored["warnings"]) == (4, [], [])
    assert restored["rows"] == made["rows"]
    # What was restored, backed up again, is the same, and so it is after the way back.
    again, home = tmp_path / "again.backup", tmp_path / "home.backup"
    facts(run(target, "backup", str(again), "--with-secret-key", "--json", **engine))
    assert tables(again) == tables(backup)
    facts(run(back, "restore", str(again), "--json"))
    facts(run(back, "backup", str(home), "--with-secret-key", "--json"))
    assert tables(home) == tables(backup)
    assert len(tables(backup)["tables/access.Agreement.jsonl.gz"]) == 1
    with start_site(**{"COMMONHOLD_DATABASE_URL": "", **settings(target, **engine)}) as site:
        found = site.get("/api/v4/datasets/search/", params={"q": "ನಮಸ್ಕಾರ"}).json()
        assert [entry["slug"] for entry in found["results"]] == ["greetings"]
        grant = site.post("/api/datasets/greetings/download", key=KEY)
        assert grant.status_code == 200, grant.text
        content = httpx.get(grant.json()["downloadUrl"], timeout=60).content
        assert content == (house.parent / "greetings.tar.gz").read_bytes()
        assert Publisher(site, "org", OWNER, KEY).state(submission)["name"] == "Greetings from tests"
        created = run(target, "user", "create", "new@example.org", "--no-password", **engine)
        assert created.returncode == 0, created.stderr
    last = tmp_path / "last.backup"
    facts(run(target, "backup", str(last), "--without-objects", "--json", **engine))
    people = {one["email"]: one["id"] for one in tables(last)["tables/accounts.Person.jsonl.gz"]}
    assert people["new@example.org"] == 501


def test_a_damaged_object_is_refused_and_nothing_stays(saved: Path, house: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    content = bytearray(saved.read_bytes())
    packed = (house.parent / "greetings.tar.gz").read_bytes()
    content[content.index(packed) + len(packed) // 2] ^= 1
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(content)
    for words in (["--dry-run"], []):
        refused = run(data, "restore", str(damaged), *words)
        assert refused.returncode == 6, refused.stderr
        assert "is damaged" in refused.stderr
        assert "Traceback" not in refused.stderr
    assert not [path for path in (data / "objects").rglob("*") if path.is_file()]
    # The same site takes the sound file, so nothing else stayed either; and then no second one.
    checked = facts(run(data, "restore", str(saved), "--dry-run", "--json"))
    assert (checked["restored"], checked["objects"]) == (False, 3)
    assert facts(run(data, "restore", str(saved), "--json"))["restored"] is True
    assert (data / "secret-key").read_text() == (house / "secret-key").read_text()
    occupied = run(data, "restore", str(saved))
    assert occupied.returncode == 2
    assert "This site is not empty" in occupied.stderr


def test_a_row_that_the_database_refuses_takes_everything_back(
    saved: Path, elsewhere, tmp_path: Path
) -> None:
    data, engine = tmp_path / "data", elsewhere()

    def strand(rows: list[dict[str, Any]]) -> None:
        rows[0]["person_id"] = 4711

    bad = forge(saved, tmp_path / "bad.backup", rows={"credentials.ApiKey": strand})
    refused = run(data, "restore", str(bad), **engine)
    assert refused.returncode == 2, refused.stderr
    assert "refused by the database" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not [path for path in (data / "objects").rglob("*") if path.is_file()]
    assert facts(run(data, "restore", str(saved), "--json", **engine))["restored"] is True


def test_objects_may_be_left_out_and_are_then_looked_for(house: Path, tmp_path: Path) -> None:
    backup, data = tmp_path / "database.backup", tmp_path / "data"
    made = facts(run(house, "backup", str(backup), "--without-objects", "--json"))
    assert (made["objects"], made["listed"]) == (0, 4)
    listed = [json.loads(line) for line in gzip.decompress(members(backup)["objects.jsonl.gz"]).splitlines()]
    packed = (house.parent / "hidden.tar.gz").read_bytes()
    assert hashlib.sha256(packed).hexdigest() in {one["sha256"] for one in listed if one["needed"]}
    checked = facts(run(data, "restore", str(backup), "--dry-run", "--json"))
    assert len(checked["missing"]) == 3
    assert "secret key is not the one" in checked["warnings"][0]
    shutil.copytree(house / "objects", data / "objects")
    restored = facts(run(data, "restore", str(backup), "--json", COMMONHOLD_SECRET_KEY=secret_of(house)))
    assert (restored["kept"], restored["missing"], restored["warnings"]) == (3, [], [])


def secret_of(house: Path) -> str:
    return (house / "secret-key").read_text().strip()


def test_what_is_wrong_with_the_store_is_told_and_the_rest_is_kept(house: Path, tmp_path: Path) -> None:
    source, backup = tmp_path / "source", tmp_path / "site.backup"
    shutil.copytree(house, source)
    [path] = (source / "objects").rglob("hidden.tar.gz")
    path.chmod(0o640)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    made = run(source, "backup", str(backup), "--json")
    assert made.returncode == 6, made.stderr
    assert [Path(key).name for key in json.loads(made.stdout)["faulty"]] == ["hidden.tar.gz"]
    with tarfile.open(backup) as file:
        assert len([name for name in file.getnames() if name.startswith("objects/")]) == 2
    checked = facts(run(tmp_path / "data", "restore", str(backup), "--dry-run", "--json"))
    assert [Path(key).name for key in checked["missing"]] == ["hidden.tar.gz"]


def test_a_file_that_is_there_is_not_replaced_unasked(house: Path, tmp_path: Path) -> None:
    backup = tmp_path / "site.backup"
    backup.write_text("precious")
    refused = run(house, "backup", str(backup))
    assert (refused.returncode, backup.read_text()) == (2, "precious")
    assert "--force" in refused.stderr
    told = run(house, "backup", str(backup), "--with-secret-key", COMMONHOLD_SECRET_KEY="another")
    assert told.returncode == 2
    assert "COMMONHOLD_SECRET_KEY" in told.stderr
    assert run(house, "backup", str(backup), "--force").returncode == 0
    assert "secret-key" not in members(backup)
    assert run(house, "backup", str(tmp_path / "no" / "folder")).returncode == 2


def test_where_there_is_no_room_nothing_is_left(house: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    for blocks in (100, 400):
        done = subprocess.run(
            ["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh",
             sys.executable, "-m", "commonhold", "admin", "backup", str(tmp_path / "full" / "site.backup")],
            env=settings(house), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert "cannot be written" in done.stderr
        assert "Traceback" not in done.stderr
        assert list((tmp_path / "full").iterdir()) == []
