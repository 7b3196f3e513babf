"""``commonhold info``: what there is to know about a dataset."""

import click

from commonhold.cli.options import Site, site_options
from commonhold.cli.output import size


@click.command("info")
@click.argument("dataset")
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@site_options
def command(site: Site, *, dataset: str, version: int | None) -> None:
    """Show what there is to know about a DATASET, named by its id or slug."""
    with site.client() as client:
        about = client.dataset(dataset, version=version)
    if site.output.data(about.raw):
        return
    site.output.pairs(
        [
            ("Name", about.name),
            ("ID", about.id),
            ("Slug", about.slug),
            ("Organization", about.organization),
            ("Language", about.locale),
            ("Task", about.task),
            ("Format", about.format),
            ("License", about.license),
            ("Visibility", about.visibility),
            ("Version", None if about.version is None else str(about.version)),
            ("File", about.filename),
            ("Size", size(about.size_bytes)),
            ("SHA-256", about.checksum),
            ("Published", about.created_at),
            ("Changed", about.updated_at),
            ("Page", about.page),
        ]
    )
    for text in (about.short_description, about.long_description):
        if text and not site.output.quiet:
            site.output.line()
            site.output.line(text)
