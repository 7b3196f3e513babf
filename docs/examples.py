"""Real answers of the API, recorded from a site with the demo collection."""

from pathlib import Path
from typing import Any


def record(folder: Path) -> dict[str, Any]:
    """Fill a site with the demo collection, ask it everything, and return bodies by ``"<operation> <status>"``."""
    from django.test import Client

    from commonhold.server.collection.demo import DemoSecrets, write_demo
    from commonhold.server.collection.file import read_collection
    from commonhold.server.collection.loading import load
    from commonhold.server.config.environment import environment
    from commonhold.server.config.prepare import prepare
    from commonhold.server.storage.store import object_store

    prepare()
    secrets = DemoSecrets.generate()
    collection = read_collection(write_demo(folder / "collection", secrets))
    load(collection, object_store(environment(), public_url=""))
    client = Client(
        SERVER_NAME="data.example.org", headers={"Authorization": f"Bearer {secrets.demo_api_key}"}
    )
    stranger = Client(SERVER_NAME="data.example.org")
    public = "names-of-languages"
    slugs = {entry.slug: entry for entry in collection.datasets}
    restricted = next(slug for slug, entry in slugs.items() if entry.visibility == "restricted")
    removed = next(slug for slug, entry in slugs.items() if entry.status == "removed")
    unread = next(
        slug
        for slug, entry in slugs.items()
        if entry.visibility not in {"restricted", "private"}
        and not entry.agreed_by
        and entry.status != "removed"
    )
    asked = [
        ("getDataset", client.get(f"/api/datasets/{public}")),
        ("getDataset", stranger.get(f"/api/datasets/{public}")),
        ("getDataset", client.get("/api/datasets/no-such-dataset")),
        ("getDataset", client.get(f"/api/datasets/{removed}")),
        ("getDataset", client.get(f"/api/datasets/{public}?version=two")),
        ("listDatasets", client.get("/api/datasets?q=languages&limit=1")),
        ("listDatasets", client.get("/api/datasets?page=two")),
        ("listDatasetFilters", client.get("/api/datasets/filters")),
        ("createDownloadSession", client.post(f"/api/datasets/{public}/download", content_type="application/json")),
        ("createDownloadSession", client.post(f"/api/datasets/{unread}/download", content_type="application/json")),
        ("createSampleSession", client.post(f"/api/datasets/{public}/sample-download", content_type="application/json")),
        ("createSampleSession", client.post(f"/api/datasets/{restricted}/sample-download", content_type="application/json")),
        ("getPieces", client.get(f"/api/datasets/{public}/pieces")),
        ("downloadFile", stranger.get(f"/api/datasets/{public}/download/tok_xyz789")),
        ("getAccount", client.get("/api/account")),
        ("getHealth", stranger.get("/api/health")),
    ]  # fmt: skip
    return {f"{operation} {response.status_code}": response.json() for operation, response in asked}
