"""``commonhold logout``: forget a stored API key."""

import os

import click

from commonhold.cli.options import output_options
from commonhold.cli.output import Output
from commonhold.client.settings import DEFAULT_API_URL, Credentials, api_url, credentials_path


@click.command("logout")
@click.option("--api-url", "address", metavar="URL", help="The site. Default: where you signed in last.")
@output_options
def command(output: Output, address: str | None) -> None:
    """Forget the stored API key of a site.

    The key itself goes on working; revoke it on your profile page of the site.
    """
    store = Credentials(credentials_path(os.environ))
    url = api_url(address) if address else (store.current or DEFAULT_API_URL)
    was_stored = store.forget(url)
    if not output.data({"apiUrl": url, "forgotten": was_stored}):
        output.message(f"The key for {url} is forgotten." if was_stored else f"No key is stored for {url}.")
