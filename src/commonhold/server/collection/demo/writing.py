"""Write the demonstration into a folder: its archives, and the collection file that names them."""

import hashlib
import importlib
import importlib.metadata
import json
import multiprocessing
import os
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

from commonhold.server.credentials.keys import new_key

_HERE = Path(__file__).parent
_RECORD = "built.json"


@dataclass(frozen=True, slots=True)
class DemoSecrets:
    """What opens the demonstration. The caller keeps them, so that a later run writes the same file.

    Attributes:
        demo_password: of demo@example.org, member of one organization and publisher of another.
        demo_api_key: of demo@example.org, well formed, with every scope.
        reviewer_password: of reviewer@example.org, reviewer and operator.
        owner_password: of owner@example.org, owner of the three organizations.
    """

    demo_password: str = field(repr=False)
    demo_api_key: str = field(repr=False)
    reviewer_password: str = field(repr=False)
    owner_password: str = field(repr=False)

    @classmethod
    def generate(cls) -> "DemoSecrets":
        """Make new ones."""
        return cls(_password(), new_key(), _password(), _password())


def write_demo(folder: Path, demo_secrets: DemoSecrets) -> Path:
    """Write the demonstration into ``folder`` and return the path of its collection file.

    Archives that a former call wrote from the same sources are kept. The file holds the secrets in clear, so
    only its owner may read it.
    """
    archives = folder / "archives"
    archives.mkdir(parents=True, exist_ok=True)
    fingerprint = _fingerprint()
    if not _is_built(archives, fingerprint):
        _build_aside(archives)
        (archives / _RECORD).write_text(json.dumps(_record(archives, fingerprint), indent=1))
    return _write_collection(folder / "collection.yaml", demo_secrets)


def _password() -> str:
    return secrets.token_urlsafe(12)


def _fingerprint() -> str:
    """Return a hash of what the archives are made from: this package's code and the version of babel."""
    digest = hashlib.sha256(importlib.metadata.version("babel").encode())
    for path in sorted(_HERE.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_built(archives: Path, fingerprint: str) -> bool:
    try:
        record = json.loads((archives / _RECORD).read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(record == _record(archives, fingerprint))


def _record(archives: Path, fingerprint: str) -> dict[str, object]:
    """Return what is kept beside the archives, to tell later whether they are still these."""
    hashes = {name: _hash_of(archives / name) for name in _names()}
    return {"fingerprint": fingerprint, "sha256": hashes}


def _hash_of(path: Path) -> str | None:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def _names() -> list[str]:
    """Return the names of the archives that the collection file speaks of."""
    return re.findall(r"archives/(\S+)", (_HERE / "collection.yaml").read_text(encoding="utf-8"))


def _build_aside(archives: Path) -> None:
    """Build in a process of its own: babel keeps every locale it loads, which a server would carry along."""
    (archives / _RECORD).unlink(missing_ok=True)
    process = multiprocessing.get_context("spawn").Process(target=_build, args=(archives,), daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        raise RuntimeError(f"The demonstration's archives could not be built (exit code {process.exitcode}).")


def _build(archives: Path) -> None:
    importlib.import_module("commonhold.server.collection.demo.build").build(archives)


def _write_collection(path: Path, demo_secrets: DemoSecrets) -> Path:
    template = Template((_HERE / "collection.yaml").read_text(encoding="utf-8"))
    # A JSON string is a double-quoted YAML string, whatever the secret holds.
    values = {
        name: json.dumps(getattr(demo_secrets, name), ensure_ascii=False)
        for name in ("demo_password", "demo_api_key", "reviewer_password", "owner_password")
    }
    draft = path.with_name(f".{path.name}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(template.substitute(values))
    draft.replace(path)
    return path
