"""``commonhold quota``: what is left of the limits."""

import click

from commonhold.cli.options import Site, site_options
from commonhold.cli.output import size
from commonhold.client.account import Limit


@click.command("quota")
@site_options
def command(site: Site) -> None:
    """Show what is left of the organization's downloads and bytes of today, and when they are whole again."""
    with site.client() as client:
        account = client.account()
    limits = account.raw.get("limits")
    if site.output.data({"organization": account.organization_slug, "limits": limits}):
        return
    site.output.pairs(
        [
            ("Organization", account.organization),
            ("Downloads", _told(account.downloads, str)),
            ("Bytes", _told(account.bandwidth, size)),
            ("Requests", account.requests or "no limit"),
        ]
    )


def _told(limit: Limit | None, write: "type[str] | object") -> str | None:
    if limit is None or not callable(write):
        return None
    if limit.limit is None:
        return f"{write(limit.used)} used today, no limit"
    left = write(limit.remaining if limit.remaining is not None else max(0, limit.limit - limit.used))
    return f"{left} of {write(limit.limit)} left, whole again at {limit.resets_at}"
