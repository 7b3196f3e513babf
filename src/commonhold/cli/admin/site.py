"""``commonhold admin site``: the switches of the whole site."""

from typing import Any

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output


@click.command("site")
@click.option("--read-only", type=click.Choice(["on", "off"]), help="Refuse every write; downloads go on.")
@click.option(
    "--open-catalogue", type=click.Choice(["on", "off", "default"]), help="Reads under /api/ without a key."
)
@click.option("--notice", metavar="TEXT", help="Shown on every page, in en-US; empty for none.")
@house_options
def command(read_only: str | None, open_catalogue: str | None, notice: str | None, output: Output) -> None:
    """Turn the site's switches, and show how they stand; every node sees a change within a second."""
    from commonhold.server.site.actions import change  # noqa: PLC0415  loaded where it is used
    from commonhold.server.site.queries import switches  # noqa: PLC0415

    changes: dict[str, Any] = {}
    if read_only is not None:
        changes["read_only"] = read_only == "on"
    if open_catalogue is not None:
        changes["open_catalogue"] = {"on": True, "off": False, "default": None}[open_catalogue]
    if notice is not None:
        changes["notice"] = {"en-US": notice} if notice else {}
    if changes:
        change(None, **changes)
    now = switches()
    facts = {"readOnly": now.read_only, "openCatalogue": now.open_catalogue, "notice": dict(now.notice)}
    if not output.data(facts):
        output.pairs(
            [
                ("Read only", "on" if now.read_only else "off"),
                ("Open catalogue", "on" if now.open_catalogue else "off"),
                ("Notice", now.notice.get("en-US") or "none"),
            ]
        )
