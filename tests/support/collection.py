"""Fills the site under test through a real collection file, in this process."""

import io
import json
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.site import unique

PASSWORD = "correct horse battery"


def archive(folder: Path, name: str, content: bytes = b"hello\n", member: str = "data.txt") -> Path:
    """Write a small, sound tar.gz and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    with tarfile.open(path, "w:gz", compresslevel=1) as file:
        info = tarfile.TarInfo(member)
        info.size = len(content)
        file.addfile(info, io.BytesIO(content))
    return path


@dataclass
class Maker:
    """Makes organizations, people and datasets that only one test uses."""

    folder: Path
    organizations: list[dict[str, Any]] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    datasets: list[dict[str, Any]] = field(default_factory=list)

    def organization(self, **fields: Any) -> str:
        """Plan an organization and return its slug."""
        slug = fields.pop("slug", unique("org"))
        self.organizations.append({"slug": slug, "name": slug.title(), "can_publish": True, **fields})
        return slug

    def person(self, organization: str | None, role: str = "member", **fields: Any) -> tuple[str, str]:
        """Plan a person with a key for ``organization`` (None: their own) and return address and key."""
        from commonhold.server.credentials.keys import new_key

        email, key = fields.pop("email", f"{unique('person')}@example.org"), new_key()
        entry: dict[str, Any] = {"name": "test", "key": key, **fields.pop("api_key", {})}
        if organization:
            entry["organization"] = organization
            fields.setdefault("memberships", {organization: role})
        self.users.append({"email": email, "password": PASSWORD, "api_keys": [entry], **fields})
        return email, key

    def dataset(self, organization: str, **fields: Any) -> str:
        """Plan a dataset with a small archive and return its slug."""
        slug = fields.pop("slug", unique("dataset"))
        content = fields.pop("content", slug.encode())
        if "file" not in fields and "versions" not in fields:
            fields["file"] = str(archive(self.folder, f"{slug}.tar.gz", content))
        self.datasets.append({
            "slug": slug, "organization": organization, "name": slug.title(), "license": "CC0-1.0", "task": "NLP",
            "format": "TSV", "locale": "en", **fields,
        })  # fmt: skip
        return slug

    def load(self) -> Any:
        """Load everything planned so far and return the report; planning starts afresh."""
        from commonhold.server.collection.file import read_collection
        from commonhold.server.collection.loading.everything import load
        from commonhold.server.config.environment import environment
        from commonhold.server.storage.store import object_store

        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{unique('collection')}.yaml"
        # JSON is YAML.
        path.write_text(
            json.dumps({"organizations": self.organizations, "users": self.users, "datasets": self.datasets})
        )
        self.organizations, self.users, self.datasets = [], [], []
        return load(read_collection(path), object_store(environment(), public_url="http://127.0.0.1:1"))
