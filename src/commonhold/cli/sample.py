"""``commonhold sample``: the small sample of a dataset."""

from pathlib import Path

import click

from commonhold.cli.fetching import fetch_one
from commonhold.cli.options import Site, site_options
from commonhold.client.transfer.request import Request


@click.command("sample")
@click.argument("dataset")
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where the file goes."
)
@click.option("--overwrite", is_flag=True, help="Fetch it although a file of its name is there.")
@site_options
def command(site: Site, *, dataset: str, folder: Path | None, overwrite: bool) -> None:
    """Download the small sample of a DATASET. Samples spend no quota."""
    fetch_one(site, Request(dataset, folder or Path(), sample=True, overwrite=overwrite))
