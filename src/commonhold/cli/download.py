"""``commonhold download``: datasets, resumable and verified."""

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from commonhold.cli.fetching import Rate, fetch_many, fetch_one
from commonhold.cli.options import Command, Site, site_options
from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.request import Request

_EXAMPLES = """\
commonhold download greetings-in-fifty-languages
commonhold download first-corpus second-corpus --output data --limit-rate 5M
commonhold download --from-file wanted.txt --extract
commonhold download --all --org mozilla --output data
"""
_ARCHIVES = (".tar.gz", ".tgz", ".zip")
_LARGEST_LIST = 16 << 20


@click.command("download", cls=Command, epilog=_EXAMPLES)
@click.argument("datasets", nargs=-1, metavar="[DATASET...]")
@click.option(
    "--from-file",
    "listed",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="File with a dataset on each line; - for standard input.",
)
@click.option("--all", "everything", is_flag=True, help="Every dataset of --org that you may have.")
@click.option("--org", metavar="SLUG", help="The organization whose datasets --all means.")
@click.option(
    "--output",
    "-o",
    "target",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Folder for the files; for one dataset also a file, by a name that ends as archives do.",
)
@click.option("--sample", is_flag=True, help="The small sample instead; it spends no quota.")
@click.option("--extract", is_flag=True, help="Unpack while it comes; the archive itself is not kept.")
@click.option("--keep-archive", is_flag=True, help="With --extract: keep the archive too.")
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@click.option(
    "--connections", type=click.IntRange(1, 16), default=16, show_default=True, help="Most at once, in all."
)
@click.option(
    "--parallel", type=click.IntRange(1, 16), default=4, show_default=True, help="Most datasets at a time."
)
@click.option("--limit-rate", type=Rate(), help="Most bytes per second in all, such as 500K or 2M.")
@click.option("--overwrite", is_flag=True, help="Fetch it although a file of its name is there.")
@click.option("--update", is_flag=True, help="Ask for a newer version although a verified file is here.")
@site_options
def command(
    site: Site,
    *,
    datasets: tuple[str, ...],
    listed: Path | None,
    everything: bool,
    org: str | None,
    target: Path | None,
    sample: bool,
    extract: bool,
    keep_archive: bool,
    version: int | None,
    connections: int,
    parallel: int,
    limit_rate: int | None,
    overwrite: bool,
    update: bool,
) -> None:
    """Download each DATASET, named by id or slug, and prove it against its SHA-256.

    Run the same command again after an interruption of any kind: it goes on where it was, and spends no quota
    while the address it was given lives. A file that is here and verified costs no request at all.

    Several datasets share the connections and the rate; one that fails does not hinder the others, and what
    failed is told at the end.
    """
    names = _names(datasets, listed, everything=everything, org=org)
    if keep_archive and not extract:
        raise click.UsageError("--keep-archive goes with --extract.")
    is_one = len(names) == 1 and not everything
    folder, filename = _target(target, is_one=is_one, extract=extract)
    options = Options(connections=connections, rate=limit_rate, max_wait=site.max_wait)

    def make(name: str) -> Request:
        return Request(
            name,
            folder,
            version=version,
            sample=sample,
            filename=filename,
            overwrite=overwrite,
            update=update,
            extract=extract,
            options=options,
        )

    if is_one:
        fetch_one(site, make(names[0]), keep_archive=keep_archive)
        return
    with site.client() as client:
        wanted = _all_of(client, org or "") if everything else iter(names)
        requests = (make(name) for name in wanted)
        fetch_many(
            site,
            client,
            requests,
            connections=connections,
            at_once=parallel,
            rate=limit_rate,
            keep_archive=keep_archive,
        )


def _names(datasets: tuple[str, ...], listed: Path | None, *, everything: bool, org: str | None) -> list[str]:
    """Return the datasets that were named, each once."""
    if everything != bool(org):
        raise click.UsageError("--all and --org go together: --all --org SLUG.")
    if everything and (datasets or listed):
        raise click.UsageError("--all takes neither a DATASET nor --from-file.")
    names = [*datasets, *(_read(listed) if listed else [])]
    if not names and not everything:
        raise click.UsageError("No dataset was named.")
    return list(dict.fromkeys(names))


def _read(path: Path) -> list[str]:
    """Return the names in a file: one on each line, ``#`` begins a comment."""
    try:
        if str(path) == "-":
            text = sys.stdin.read(_LARGEST_LIST)
        else:
            with path.open(encoding="utf-8-sig") as file:
                text = file.read(_LARGEST_LIST)
    except (OSError, ValueError) as error:
        raise errors.LocalFileError(
            f"{path} cannot be read: {error}.", hint="Give a text file with an id or slug on each line."
        ) from error
    names = [line.partition("#")[0].strip() for line in text.splitlines()]
    return [name for name in names if name]


def _target(output: Path | None, *, is_one: bool, extract: bool) -> tuple[Path, str | None]:
    """Return folder and file name; the empty path stands for the usual folder."""
    if output is None:
        return Path(), None
    is_file = is_one and not extract and output.name.lower().endswith(_ARCHIVES) and not output.is_dir()
    if not is_file:
        return (Path.cwd() if output == Path() else output), None
    folder = output.parent
    return (Path.cwd() if folder == Path() else folder), output.name


def _all_of(client: Client, organization: str) -> Iterator[str]:
    """Yield the id of every dataset of an organization that its list shows."""
    page, seen, found = 1, 0, 0
    while True:
        query = {"limit": 100, "page": page, "organization": organization, "sort": "newest"}
        answer = client.search(query)
        for dataset in answer.items:
            # A site that does not know this filter lists all of its datasets.
            if organization in {dataset.organization_slug, dataset.organization}:
                found += 1
                yield dataset.id
        seen += len(answer.items)
        if not answer.items or seen >= answer.total:
            break
        page += 1
    if not found:
        raise errors.NotFoundError(
            f"No dataset of {organization} is listed.",
            hint="Give the slug of an organization, as its page's address ends: --org mozilla",
        )
