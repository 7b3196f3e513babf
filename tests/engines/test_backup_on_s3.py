"""A backup moves objects from a folder into a real S3 and out of it again."""

import json
from pathlib import Path

from tests.cli.test_backup_commands import collection, facts, members, run
from tests.support.seaweedfs import SeaweedFS
from tests.support.site import unique


def objects(path: Path) -> dict[str, bytes]:
    return {name: data for name, data in members(path).items() if name.startswith(("objects/", "missing/"))}


def test_objects_move_into_a_bucket_and_back(seaweedfs: SeaweedFS, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    bucket = seaweedfs.settings(unique("restored"))
    first, second, bad = tmp_path / "first.backup", tmp_path / "second.backup", tmp_path / "bad.backup"
    assert run(source, "load", str(collection(tmp_path))).returncode == 0
    facts(run(source, "backup", str(first), "--json"))
    content = first.read_bytes()
    bad.write_bytes(content[: -10 * 1024] + bytes([content[-10 * 1024] ^ 1]) + content[1 - 10 * 1024 :])
    assert run(target, "restore", str(bad), **bucket).returncode == 6
    restored = facts(run(target, "restore", str(first), "--json", **bucket))
    assert (restored["objects"], restored["kept"]) == (4, 0), "what the damaged one brought was taken back"
    assert facts(run(target, "verify", "--deep", "--json", **bucket))["known"] == 4
    made = facts(run(target, "backup", str(second), "--json", **bucket))
    assert (made["faults"], made["objects"]) == (0, 4)
    assert objects(second) == objects(first)
    assert json.loads(members(second)["manifest.json"])["objects"]["count"] == 4
