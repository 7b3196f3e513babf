"""``commonhold agree``: to the page on which a dataset's terms are accepted, and back once they are."""

import sys
import time

import click

from commonhold.cli.browser import open_page
from commonhold.cli.options import Site, site_options
from commonhold.client import errors
from commonhold.client.api import Client

_FIRST_LOOK, _LONGEST_PAUSE = 2.0, 10.0


@click.command("agree")
@click.argument("dataset")
@click.option("--print", "only_print", is_flag=True, help="Print the address instead of opening it.")
@click.option(
    "--wait/--no-wait",
    default=None,
    help="Wait until the terms are accepted. Default: where there is a terminal.",
)
@site_options
def command(site: Site, *, dataset: str, only_print: bool, wait: bool | None) -> None:
    """Open the page on which the terms of a DATASET are accepted, and wait until they are.

    Terms are agreed to by people, on the web, never by a program. Without a terminal the address is only
    printed. Ctrl-C ends the waiting and nothing else.
    """
    with site.client() as client:
        page, reason = _page(client, dataset)
        if reason is not None and not site.output.as_json:
            site.output.line(page)
            sys.stdout.flush()
        if reason is not None and not only_print:
            open_page(page)
        if wait is None:
            # Somebody else decides about access, perhaps in days: only one's own part is waited for.
            wait = sys.stdout.isatty() and reason == "terms" and not only_print
        was_missing = reason
        if reason is not None and wait:
            site.output.message("Waiting until it is done there; Ctrl-C stops the waiting.")
            page, reason = _done(client, dataset)
    if site.output.data({"page": page, "needed": reason}):
        return
    if reason is None:
        site.output.message("Nothing is missing: the dataset can be downloaded with this key.")
    if was_missing is None:
        site.output.line(page)


def _done(client: Client, dataset: str) -> tuple[str, None]:
    """Look again and again until nothing is missing."""
    pause = _FIRST_LOOK
    while True:
        time.sleep(pause)
        pause = min(_LONGEST_PAUSE, pause * 1.2)
        try:
            page, reason = _page(client, dataset)
        except errors.UnreachableError:
            continue  # people read for minutes; a network that is gone meanwhile comes back
        if reason is None:
            return page, None


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
