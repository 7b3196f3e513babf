"""Backups as somebody else might write them: sound in form, with contents of their choice."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from commonhold.server.backup.format import END, header, padding

Rows = Callable[[list[dict[str, Any]]], None]


def members(path: Path) -> dict[str, bytes]:
    """Return every member of a backup, as any tar reader finds them."""
    found = {}
    with tarfile.open(path) as file:
        for member in file:
            content = file.extractfile(member)
            assert content is not None, member.name
            found[member.name] = content.read()
    return found


def forge(
    source: Path,
    target: Path,
    *,
    rows: dict[str, Rows] | None = None,
    objects: Rows | None = None,
    manifest: Callable[[dict[str, Any]], None] | None = None,
    replaced: dict[str, bytes] | None = None,
    added: dict[str, bytes] | None = None,
) -> Path:
    """Write a changed copy of a backup, with all its sums right again."""
    held = members(source)
    told = json.loads(held["manifest.json"])
    for name, change in (rows or {}).items():
        held[f"tables/{name}.jsonl.gz"] = changed(held[f"tables/{name}.jsonl.gz"], change)
    if objects:
        held["objects.jsonl.gz"] = changed(held["objects.jsonl.gz"], objects)
    held |= replaced or {}
    for table in told["tables"]:
        data = held[f"tables/{table['name']}.jsonl.gz"]
        table |= {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    data = held["objects.jsonl.gz"]
    told["objects"]["list"] = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if manifest:
        manifest(told)
    held["manifest.json"] = json.dumps(told).encode().ljust(len(held["manifest.json"]))
    held["manifest.sha256"] = hashlib.sha256(held["manifest.json"]).hexdigest().encode() + b"\n"
    with target.open("wb") as file:
        for name, content in (held | (added or {})).items():
            file.write(header(name, len(content)) + content + bytes(padding(len(content))))
        file.write(END)
    return target


def changed(packed: bytes, change: Rows) -> bytes:
    """Return packed lines after a change."""
    lines = [json.loads(line) for line in gzip.decompress(packed).splitlines()]
    change(lines)
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb", mtime=0) as file:
        for line in lines:
            file.write(json.dumps(line).encode() + b"\n")
    return content.getvalue()
