"""``commonhold logout``: forget a stored API key, and end it where that is wanted."""

import os

import click

from commonhold.cli.options import output_options
from commonhold.cli.output import Output
from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.settings import DEFAULT_API_URL, Credentials, Settings, api_url, credentials_path


@click.command("logout")
@click.option("--api-url", "address", metavar="URL", help="The site. Default: where you signed in last.")
@click.option("--revoke", is_flag=True, help="End the key itself, too: it works nowhere any more.")
@output_options
def command(output: Output, address: str | None, *, revoke: bool) -> None:
    """Forget the stored API key of a site.

    Without --revoke the key itself goes on working elsewhere; your profile page of the site lists your keys.
    """
    store = Credentials(credentials_path(os.environ))
    url = api_url(address) if address else (store.current or DEFAULT_API_URL)
    key = store.key_for(url)
    # The key goes first: one that could not be ended is not forgotten, so that the command can be run again.
    was_revoked = _revoke(url, key) if revoke and key is not None else False
    was_stored = store.forget(url)
    if output.data({"apiUrl": url, "forgotten": was_stored, "revoked": was_revoked}):
        return
    ended = "revoked and forgotten" if was_revoked else "forgotten"
    output.message(f"The key for {url} is {ended}." if was_stored else f"No key is stored for {url}.")


def _revoke(url: str, key: str) -> bool:
    settings = Settings(url, key, "the stored sign-in", download_folder=credentials_path(os.environ).parent)
    with Client(settings) as client:
        try:
            client.revoke_key()
        except errors.NotSignedInError:
            return False  # it was dead already
    return True
