"""``commonhold worker``: a site's background work, where `serve` does not do it."""

import os
import sys

import click


@click.command("worker")
@click.option("--data", metavar="DIR", help="The site's data folder, instead of COMMONHOLD_DATA.")
def command(data: str | None) -> None:
    """Do background work until told to stop: verify what was sent, send mail, clean up.

    `serve` does this by itself unless COMMONHOLD_BACKGROUND=worker. Any number of workers can share a database: each
    job is done by one of them, and taken over by another should that one die.

    \b
    Examples:
      commonhold worker
      COMMONHOLD_DATABASE_URL=postgresql://… commonhold worker
    """  # noqa: D301  click takes the backspace as: leave the lines as they are
    if data:
        os.environ["COMMONHOLD_DATA"] = data
    from commonhold.server.background.__main__ import main  # noqa: PLC0415  the server loads only where it is run
    from commonhold.server.config.values import SettingError  # noqa: PLC0415

    try:
        code = main()
    except SettingError as error:
        click.echo(f"commonhold: {error}", err=True)
        code = 2
    sys.exit(code)
