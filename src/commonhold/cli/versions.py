"""``commonhold versions``: the versions of a dataset."""

import click

from commonhold.cli.options import Site, site_options
from commonhold.cli.output import size


@click.command("versions")
@click.argument("dataset")
@site_options
def command(site: Site, *, dataset: str) -> None:
    """List the versions of a DATASET, the newest first; `download --version N` fetches one.

    `publish ARCHIVE --dataset ID` adds one.
    """
    from commonhold.client import submissions  # noqa: PLC0415 -- loaded where it is used

    with site.client() as client:
        found = submissions.versions(client, dataset)
    if site.output.data({"versions": [dict(one) for one in found]}):
        return
    rows = [
        [
            str(one.get("version", "")),
            str(one.get("filename", "")),
            size(int(str(one.get("sizeBytes", "0")))),
            str(one.get("createdAt") or ""),
            "current" if one.get("isCurrent") else "",
        ]
        for one in found
    ]
    site.output.table(["VERSION", "FILE", "SIZE", "PUBLISHED", ""], rows, shrink=1)
