"""``commonhold whoami``: whom the key speaks for."""

import click

from commonhold.cli.options import Site, site_options


@click.command("whoami")
@site_options
def command(site: Site) -> None:
    """Show the person and organization behind the key, and what the key may do."""
    with site.client() as client:
        account = client.account()
    if site.output.data({"apiUrl": client.settings.api_url, **account.raw}):
        return
    site.output.pairs(
        [
            ("Site", client.settings.api_url),
            ("Person", f"{account.name} <{account.email}>".strip()),
            ("Organization", account.organization),
            (
                "Key",
                f"{account.key_name} ({account.key_prefix}…)" if account.key_prefix else account.key_name,
            ),
            ("May", ", ".join(account.scopes)),
            ("Until", account.key_expires_at or "revoked"),
        ]
    )
