"""``commonhold admin quota``: what an organization used today."""

import click

from commonhold.cli.admin.house import house_options, organization_with
from commonhold.cli.output import Output


@click.group("quota")
def command() -> None:
    """What an organization used today."""


@command.command("show")
@click.argument("slug")
@house_options
def show(slug: str, output: Output) -> None:
    """Show today's use, the limits, and when the day ends."""
    from commonhold.server.access.queries import use_on  # noqa: PLC0415  loaded where it is used
    from commonhold.server.config.environment import environment  # noqa: PLC0415
    from commonhold.server.kit import clock  # noqa: PLC0415
    from commonhold.server.organizations.rules import effective_limits  # noqa: PLC0415

    organization = organization_with(slug)
    use, limits = use_on(organization.pk, clock.today()), effective_limits(organization.limits, environment())
    resets_at = clock.iso(clock.next_midnight(clock.now()))
    facts = {
        "organization": slug,
        "downloads": {"used": use.downloads, "limit": limits.downloads},
        "bandwidth": {"used": use.bandwidth, "limit": limits.bandwidth},
        "requests": {"limit": limits.requests},
        "resetsAt": resets_at,
    }
    if output.data(facts):
        return
    output.pairs(
        [
            (
                "Downloads",
                f"{use.downloads} of {'any number' if limits.downloads is None else limits.downloads}",
            ),
            ("Bytes", f"{use.bandwidth} of {'any number' if limits.bandwidth is None else limits.bandwidth}"),
            ("Requests", limits.requests or "no limit"),
            ("Resets at", resets_at),
        ]
    )


@command.command("reset")
@click.argument("slug")
@house_options
def reset(slug: str, output: Output) -> None:
    """Give an organization its whole day back."""
    from commonhold.server.access.actions import reset_daily_use  # noqa: PLC0415  loaded where it is used

    organization = organization_with(slug)
    reset_daily_use(None, organization.pk)
    if not output.data({"organization": slug, "reset": True}):
        output.line(f"{slug} has its whole day again.")
