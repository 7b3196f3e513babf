"""``commonhold search``: find datasets."""

import click

from commonhold.cli.options import Command, Site, site_options
from commonhold.cli.output import size
from commonhold.client.models import Dataset

_HEADINGS = ("NAME", "ID", "LANGUAGE", "TASK", "FORMAT", "LICENSE", "SIZE")


_EXAMPLES = """\
commonhold search swahili speech
commonhold search --task ASR --locale sw --sort newest
commonhold search --filters
"""


@click.command("search", cls=Command, epilog=_EXAMPLES)
@click.argument("words", nargs=-1)
@click.option("--task", multiple=True, help="Only this task, such as ASR. May be given several times.")
@click.option("--locale", multiple=True, help="Only this language. May be given several times.")
@click.option(
    "--license", "license_", multiple=True, help="Only this licence, such as CC0-1.0. Several times too."
)
@click.option("--format", "format_", multiple=True, help="Only this format. May be given several times.")
@click.option(
    "--pricing", type=click.Choice(["free", "compensated"]), help="Only free, or only paid datasets."
)
@click.option("--with-sample", is_flag=True, help="Only datasets with a sample.")
@click.option(
    "--uploaded",
    type=click.Choice(["today", "thisWeek", "thisMonth", "thisYear"]),
    help="Only datasets published in this time.",
)
@click.option("--sort", type=click.Choice(["relevance", "newest", "size"]), help="What comes first.")
@click.option("--direction", type=click.Choice(["asc", "desc"]), help="Turn the order around.")
@click.option(
    "--limit", type=click.IntRange(1, 100), default=24, show_default=True, help="Datasets on a page."
)
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Which page.")
@click.option("--filters", "show_filters", is_flag=True, help="Show the values that the filters take.")
@site_options
def command(site: Site, *, words: tuple[str, ...], show_filters: bool, **options: object) -> None:
    """Find datasets."""
    with site.client() as client:
        if show_filters:
            _show_filters(site, dict(client.filters()))
            return
        query = _query(words, options)
        found = client.search(query)
    if site.output.data(found.raw):
        return
    site.output.table(_HEADINGS, [_row(dataset) for dataset in found.items], shrink=0)
    page, limit = int(str(options["page"])), int(str(options["limit"]))
    if found.total > page * limit and found.items:
        site.output.message(f"{found.total} in all; the next ones: --page {page + 1}")
    elif not found.items:
        site.output.message("Nothing was found. Try fewer words, or see --filters.")


def _query(words: tuple[str, ...], options: dict[str, object]) -> dict[str, object]:
    return {
        "q": " ".join(words) or None,
        "limit": options["limit"],
        "page": options["page"],
        "task": options["task"],
        "locale": options["locale"],
        "license": options["license_"],
        "format": options["format_"],
        "sort": options["sort"],
        "sortDirection": options["direction"],
        "uploadDate": options["uploaded"],
        "sample": "true" if options["with_sample"] else None,
        "pricing": options["pricing"],
    }


def _row(dataset: Dataset) -> tuple[str, ...]:
    return (
        dataset.name,
        dataset.slug or dataset.id,
        dataset.locale,
        dataset.task,
        dataset.format,
        dataset.license_abbreviation or dataset.license,
        size(dataset.size_bytes),
    )


def _show_filters(site: Site, filters: dict[str, object]) -> None:
    if site.output.data(filters):
        return
    rows = [
        (name, ", ".join(map(str, values))) for name, values in filters.items() if isinstance(values, list)
    ]
    site.output.pairs(rows)
