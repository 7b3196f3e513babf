"""Backups that were damaged, or written by somebody who means harm: refused, whatever it is, before anything is kept."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commonhold.server.backup import format as layout
from commonhold.server.backup.format import BackupError, DamagedError
from commonhold.server.backup.pace import Pace
from commonhold.server.backup.reading import open_backup
from commonhold.server.backup.restoring import Report, read_everything
from commonhold.server.storage.memory import MemoryStore
from tests.server.backup.forging import forge, members
from tests.support.collection import archive


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small backup, with an object whose name needs more than one header."""
    folder = tmp_path_factory.mktemp("sound")
    name = f"{'ü' * 60}.tar.gz"
    dataset = {"slug": "one", "organization": "org", "name": "One", "license": "CC0-1.0", "task": "NLP",
               "format": "TSV", "locale": "en", "file": str(archive(folder, name, b"hello\n"))}  # fmt: skip
    (folder / "collection.yaml").write_text(
        json.dumps(
            {"organizations": [{"slug": "org", "name": "Org", "can_publish": True}], "datasets": [dataset]}
        )
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COMMONHOLD_")}
    environment["COMMONHOLD_DATA"] = str(folder / "data")
    for words in (
        ["load", str(folder / "collection.yaml")],
        ["backup", str(folder / "b"), "--with-secret-key"],
    ):
        subprocess.run(
            [sys.executable, "-m", "commonhold", "admin", *words], env=environment, check=True, timeout=120
        )
    return folder / "b"


def read(path: Path) -> Report:
    """Read a file to its end, as `restore --dry-run` does."""
    with open_backup(path) as backup:
        pace = Pace(lambda text: None)
        backup.check(pace)
        report = Report()
        read_everything(backup, MemoryStore(), report, pace)
        return report


def test_the_sound_one_is_read(sound: Path, tmp_path: Path) -> None:
    assert read(sound).objects == 1
    assert read(forge(sound, tmp_path / "same")).objects == 1, (
        "what the other tests change is all that differs"
    )
    assert "secret-key" in members(sound)


def test_a_damaged_byte_anywhere_is_refused(sound: Path, tmp_path: Path) -> None:
    content, path = sound.read_bytes(), tmp_path / "damaged"
    # Every place where a block begins or ends, and some in between; of the manifest's padding a few.
    places = {place + shift for place in range(0, len(content), 512) for shift in (0, 124, 300, 511)}
    padding = range(16 * 1024, layout.MANIFEST_BYTES)
    places -= {place for place in padding if place % 8192 > 512}
    for place in sorted(places):
        damaged = bytearray(content)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        with pytest.raises(BackupError):
            read(path)


@pytest.mark.parametrize("kept", [0, 100, 512, 70_000, -1, -1024, -1500])
def test_a_file_cut_short_is_refused(sound: Path, tmp_path: Path, kept: int) -> None:
    (tmp_path / "short").write_bytes(sound.read_bytes()[:kept])
    with pytest.raises(DamagedError):
        read(tmp_path / "short")


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"PK\x03\x04", os.urandom(4096), bytes(4096)):
        (tmp_path / "other").write_bytes(content)
        with pytest.raises(DamagedError, match="no backup"):
            read(tmp_path / "other")


def first(**changes: Any) -> Any:
    def change(lines: list[dict[str, Any]]) -> None:
        lines[0] |= changes

    return change


def told(**changes: Any) -> Any:
    def change(manifest: dict[str, Any]) -> None:
        manifest |= changes

    return change


def unknown_table(manifest: dict[str, Any]) -> None:
    manifest["tables"].append({**manifest["tables"][0], "name": "auth.Spy"})


def twice(manifest: dict[str, Any]) -> None:
    manifest["tables"][1] = manifest["tables"][0]


def fewer_rows(manifest: dict[str, Any]) -> None:
    next(one for one in manifest["tables"] if one["rows"])["rows"] -= 1


def negative(manifest: dict[str, Any]) -> None:
    manifest["tables"][0]["size"] = -1


def older(manifest: dict[str, Any]) -> None:
    manifest["migrations"]["catalogue"] = "0001_datasets"


def newer(manifest: dict[str, Any]) -> None:
    manifest["migrations"]["catalogue"] = "9999_from_tomorrow"


def another(lines: list[dict[str, Any]]) -> None:
    lines.append({**lines[0], "key": "datasets/zzz"})


ORGANIZATION = "organizations.Organization"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"objects": first(key="../../etc/cron.d/evil")}, "list of objects"),
        ({"objects": first(key="/etc/cron.d/evil")}, "list of objects"),
        ({"objects": first(key="datasets/.hidden/x")}, "list of objects"),
        ({"objects": first(key="datasets/another")}, "holds something else"),
        ({"objects": first(sha256="x")}, "not in order"),
        ({"objects": first(size=-1)}, "list of objects"),
        ({"objects": first(size=2**63)}, "list of objects"),
        ({"objects": first(extra=1)}, "list of objects"),
        ({"objects": another}, "something else"),
        ({"rows": {ORGANIZATION: first(id="1; DROP TABLE x")}}, "no row of that table"),
        ({"rows": {ORGANIZATION: first(id=2**63)}}, "no row of that table"),
        ({"rows": {ORGANIZATION: first(id=True)}}, "no row of that table"),
        ({"rows": {ORGANIZATION: first(created_at="yesterday")}}, "no row of that table"),
        ({"rows": {ORGANIZATION: first(created_at="2026-01-01T00:00:00")}}, "no row of that table"),
        ({"rows": {ORGANIZATION: first(secret="x")}}, "no row of that table"),
        ({"rows": {ORGANIZATION: lambda lines: lines[0].pop("slug")}}, "no row of that table"),
        ({"rows": {ORGANIZATION: lambda lines: lines.clear()}}, "number of rows"),
        ({"replaced": {f"tables/{ORGANIZATION}.jsonl.gz": b"no gzip"}}, "cannot be unpacked"),
        ({"added": {"tables/auth.Spy.jsonl.gz": b""}}, "does not end"),
        ({"added": {"objects/datasets/zzz": b"x"}}, "does not end"),
        ({"manifest": unknown_table}, "tables of this version"),
        ({"manifest": twice}, "tables of this version"),
        ({"manifest": fewer_rows}, "number of rows"),
        ({"manifest": negative}, "manifest cannot be read"),
        ({"manifest": told(extra=1)}, "manifest cannot be read"),
        ({"manifest": told(format=0)}, "names no format"),
        ({"manifest": told(format=2)}, "format 2"),
        ({"manifest": told(format="1")}, "manifest cannot be read"),
        ({"manifest": older}, "whose database differs .*catalogue"),
        ({"manifest": newer}, "whose database differs .*catalogue"),
    ],
)  # fmt: skip
def test_contents_that_mean_harm_are_refused(
    sound: Path, tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(BackupError, match=message):
        read(forge(sound, tmp_path / "forged", **changes))


def test_a_line_longer_than_a_row_is_not_unpacked(
    sound: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layout, "MAX_LINE_BYTES", 4 * 1024 * 1024)
    path = forge(sound, tmp_path / "long", rows={ORGANIZATION: first(name="x" * 8 * 1024 * 1024)})
    assert path.stat().st_size < 1024 * 1024
    with pytest.raises(DamagedError, match="longer than a row"):
        read(path)


def test_what_follows_the_packed_lines_is_refused(sound: Path, tmp_path: Path) -> None:
    name = f"tables/{ORGANIZATION}.jsonl.gz"
    packed = members(sound)[name]
    for content in (packed + b"x", packed + packed, packed[:-1], b""):
        with pytest.raises(DamagedError):
            read(forge(sound, tmp_path / "forged", replaced={name: content}))


def test_a_key_cannot_be_found_from_its_fingerprint(sound: Path) -> None:
    manifest = json.loads(members(sound)["manifest.json"])
    secret = members(sound)["secret-key"].decode().strip()
    [fingerprint] = manifest["secrets"]
    assert secret not in json.dumps(manifest)
    assert fingerprint != hashlib.sha256(secret.encode()).hexdigest()
