"""``commonhold download``: datasets, resumable and verified."""

from pathlib import Path

import click

from commonhold.cli.fetching import Rate, fetch_all
from commonhold.cli.options import Command, Site, site_options
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.request import Request

_EXAMPLES = """\
commonhold download greetings-in-fifty-languages
commonhold download first-corpus second-corpus --output data --limit-rate 5M
"""


@click.command("download", cls=Command, epilog=_EXAMPLES)
@click.argument("datasets", nargs=-1, required=True, metavar="DATASET...")
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where files go."
)
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@click.option(
    "--connections", type=click.IntRange(1, 16), default=16, show_default=True, help="Most at once."
)
@click.option("--limit-rate", type=Rate(), help="Most bytes per second, such as 500K or 2M.")
@click.option("--overwrite", is_flag=True, help="Fetch it although a file of its name is there.")
@click.option("--update", is_flag=True, help="Ask for a newer version although a verified file is here.")
@site_options
def command(
    site: Site,
    *,
    datasets: tuple[str, ...],
    folder: Path | None,
    version: int | None,
    connections: int,
    limit_rate: int | None,
    overwrite: bool,
    update: bool,
) -> None:
    """Download each DATASET, named by id or slug, and prove it against its SHA-256.

    Run the same command again after an interruption of any kind: it goes on where it was, and spends no quota
    while the address it was given lives. A file that is here and verified costs no request at all.
    """
    options = Options(connections=connections, rate=limit_rate, max_wait=site.max_wait)

    def make(name: str, target: Path) -> Request:
        return Request(name, target, version=version, overwrite=overwrite, update=update, options=options)

    fetch_all(site, datasets, make, folder)
