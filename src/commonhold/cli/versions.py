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
    with site.client() as client:
        found = client.versions(dataset)
    if site.output.data({"versions": [dict(one.raw) for one in found]}):
        return
    rows = [
        [
            str(one.number),
            one.filename,
            size(one.size_bytes),
            one.created_at,
            "current" if one.is_current else "",
        ]
        for one in found
    ]
    site.output.table(["VERSION", "FILE", "SIZE", "PUBLISHED", ""], rows, shrink=1)
