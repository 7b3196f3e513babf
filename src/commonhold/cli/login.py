"""``commonhold login``: store an API key for a site, once it was seen to work."""

import os
import sys
from dataclasses import replace

import click

from commonhold.cli.options import Command, Site, site_options
from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.keys import fault
from commonhold.client.models import Account
from commonhold.client.settings import Credentials, Settings, credentials_path

_EXAMPLES = """\
commonhold login https://data.example.org
commonhold login --key-stdin < key.txt
"""


@click.command("login", cls=Command, epilog=_EXAMPLES)
@click.argument("address", required=False, metavar="[SITE]")
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input.")
@site_options
def command(site: Site, *, address: str | None, key_stdin: bool) -> None:
    """Store an API key for a SITE, such as https://data.example.org.

    The key is asked for (it does not show while you type), tried out with the site, and stored where only you
    can read it. Make one on your profile page of the site. Later commands use the site signed in to last.
    """
    settings = replace(site, api_url=address or site.api_url).settings()
    key = _ask(settings, from_stdin=key_stdin)
    why = fault(key)
    if why:
        raise errors.UsageError(
            f"The key is mistyped: {why}.", hint="Copy it again from your profile page; nothing was sent."
        )
    tried = Settings(settings.api_url, key, "what was entered", settings.download_folder)
    with Client(tried, max_wait=site.max_wait) as client:
        account = _account(client)
    store = Credentials(credentials_path(os.environ))
    store.store(settings.api_url, key)
    if site.output.data({"apiUrl": settings.api_url, "account": dict(account.raw) if account else None}):
        return
    who = f" as {account.email or account.name} for {account.organization}" if account else ""
    site.output.message(f"Signed in to {settings.api_url}{who}. The key is in {store.path}.")
    for name in ("COMMONHOLD_API_KEY", "MDC_API_KEY"):
        if os.environ.get(name):
            site.output.message(f"Note: {name} is set, and comes before the stored key.")


def _ask(settings: Settings, *, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.read(8192).strip()
    if not sys.stdin.isatty():
        raise errors.UsageError(
            "There is no terminal to ask for the key.",
            hint="Give it with: commonhold login --key-stdin < FILE",
        )
    return str(click.prompt(f"API key for {settings.api_url}", hide_input=True, err=True)).strip()


def _account(client: Client) -> Account | None:
    try:
        return client.account()
    except errors.NotFoundError:
        return None  # other collectives have no such route; the key is tried with the first download
