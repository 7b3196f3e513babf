"""``commonhold agree``: to the page on which a dataset's terms are accepted."""

import sys

import click

from commonhold.cli.options import Site, site_options
from commonhold.client import errors
from commonhold.client.api import Client


@click.command("agree")
@click.argument("dataset")
@click.option("--print", "only_print", is_flag=True, help="Print the address instead of opening it.")
@site_options
def command(site: Site, *, dataset: str, only_print: bool) -> None:
    """Open the page on which the terms of a DATASET are accepted.

    Terms are agreed to by people, on the web, never by a program. Without a terminal the address is only
    printed.
    """
    with site.client() as client:
        page, reason = _page(client, dataset)
    if site.output.data({"page": page, "needed": reason}):
        return
    if reason is None:
        site.output.message("Nothing is missing: the dataset can be downloaded with this key.")
    site.output.line(page)
    if reason is not None and not only_print and sys.stdout.isatty():
        import webbrowser  # noqa: PLC0415 -- needed only here

        webbrowser.open(page)


def _page(client: Client, dataset: str) -> tuple[str, str | None]:
    """Return the page to open, and what is missing; None where nothing is."""
    about = client.dataset(dataset)
    try:
        # Asks for what a download asks for, and spends no quota.
        pieces = client.pieces(about.id)
        reason = None if pieces else "unknown"
        page = about.page
    except errors.NotAllowedError as refusal:
        if isinstance(refusal, errors.NotSignedInError):
            raise
        reason, page = refusal.reason or "unknown", refusal.url or about.page
    if page is None:
        raise errors.ProtocolError(
            "The site names no page of the dataset.", hint="Look for it on the site itself."
        )
    return page, reason
