"""``commonhold login``: sign in on the web page, or with a key that is pasted."""

import os
import platform
import sys
from dataclasses import replace

import click

from commonhold import __version__
from commonhold.cli.browser import open_page
from commonhold.cli.options import Command, Site, site_options
from commonhold.cli.output import clean
from commonhold.client import errors
from commonhold.client.account import Account
from commonhold.client.api import Client
from commonhold.client.keys import fault
from commonhold.client.settings import Credentials, Settings, credentials_path

_LONGEST_NAME = 80
_EXAMPLES = """\
commonhold login https://data.example.org
commonhold login --scope read --scope download --scope publish
commonhold login --key-stdin < key.txt
"""


@click.command("login", cls=Command, epilog=_EXAMPLES)
@click.argument("address", required=False, metavar="[SITE]")
@click.option("--key", "paste", is_flag=True, help="Ask for a key you made on your profile page.")
@click.option("--key-stdin", is_flag=True, help="Read the key from standard input.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "download", "publish"]),
    help="What the key may be used for. Default: read, download.",
)
@click.option("--no-browser", is_flag=True, help="Show the address without opening it.")
@site_options
def command(
    site: Site,
    *,
    address: str | None,
    paste: bool,
    key_stdin: bool,
    scopes: tuple[str, ...],
    no_browser: bool,
) -> None:
    """Sign in to a SITE, such as https://data.example.org.

    A code is shown here; enter it on the site's page (which opens, where there is a browser) and confirm. The key
    this makes is named after this machine, and stored in the system's keyring or where only you can read it. Later
    commands use the site signed in to last.
    """
    settings = site._replace(api_url=address or site.api_url).settings()
    if paste or key_stdin:
        key = _pasted(settings, from_stdin=key_stdin)
    else:
        key = _confirmed(site, settings, scopes, browse=not no_browser)
    tried = Settings(settings.api_url, key, "what was entered", settings.download_folder)
    with Client(tried, max_wait=site.max_wait) as client:
        account = _account(client)
    where = Credentials(credentials_path(os.environ)).store(settings.api_url, key)
    facts = {
        "apiUrl": settings.api_url,
        "account": dict(account.raw) if account else None,
        "storedIn": where,
    }
    if site.output.data(facts):
        return
    who = f" as {account.email or account.name} for {account.organization}" if account else ""
    site.output.message(f"Signed in to {settings.api_url}{who}. The key is in {where}.")
    for name in ("COMMONHOLD_API_KEY", "MDC_API_KEY"):
        if os.environ.get(name):
            site.output.message(f"Note: {name} is set, and comes before the stored key.")


def _confirmed(site: Site, settings: Settings, scopes: tuple[str, ...], *, browse: bool) -> str:
    """Show a code, wait until it was confirmed on the web, and return the key."""
    with Client(replace(settings, key=None), max_wait=site.max_wait) as client:
        try:
            codes = client.begin_sign_in(
                program=f"commonhold {__version__}", machine=_machine(), scopes=scopes or None
            )
        except errors.NotFoundError:
            site.output.message("This site signs nobody in by a code, so it needs a key.")
            return _pasted(settings, from_stdin=False)
        opened = browse and open_page(codes.page_with_code)
        # Without these two lines nobody could sign in, so --quiet does not hold them back.
        sys.stderr.write(clean(f"Your code: {codes.user_code}\n"))
        sys.stderr.write(
            clean(
                f"{'Confirm it on the page that opens:' if opened else 'Enter it at'} {codes.page_with_code}\n"
            )
        )
        sys.stderr.flush()
        site.output.message(f"Waiting for you, up to {codes.expires_in // 60} minutes. Ctrl-C stops.")
        return client.await_sign_in(codes).key


def _machine() -> str:
    name = "".join(character for character in platform.node() if character.isprintable()).strip()
    return name[:_LONGEST_NAME].strip() or "device"


def _pasted(settings: Settings, *, from_stdin: bool) -> str:
    if from_stdin:
        key = sys.stdin.read(8192).strip()
    elif sys.stdin.isatty():
        key = str(click.prompt(f"API key for {settings.api_url}", hide_input=True, err=True)).strip()
    else:
        raise errors.UsageError(
            "There is no terminal to ask for the key.",
            hint="Give it with: commonhold login --key-stdin < FILE",
        )
    why = fault(key)
    if why:
        raise errors.UsageError(
            f"The key is mistyped: {why}.", hint="Copy it again from your profile page; nothing was sent."
        )
    return key


def _account(client: Client) -> Account | None:
    try:
        return client.account()
    except errors.NotFoundError:
        return None  # other collectives have no such route; the key is tried with the first download
