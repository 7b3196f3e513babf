"""``commonhold serve``: a site, from one command."""

import os
import sys

import click


@click.command("serve")
@click.option(
    "--data", metavar="DIR", help="Folder of the embedded database and store.  [default: ./commonhold-data]"
)
@click.option(
    "--bind", metavar="HOST:PORT", default="127.0.0.1:8000", show_default=True, help="Where to listen."
)
@click.option(
    "--workers", type=click.IntRange(min=1), help="Processes that serve the site; more than one needs Valkey."
)
@click.option(
    "--open-catalogue", is_flag=True, help="Let strangers read the catalogue under /api/ without a key."
)
def command(data: str | None, bind: str, workers: int | None, open_catalogue: bool) -> None:
    """Serve a site: bring its database up to date, then answer until told to stop.

    Everything else is set by environment variables: docs/reference/settings.md lists them.

    \b
    Examples:
      commonhold serve
      commonhold serve --data /srv/commonhold --bind 0.0.0.0:8000
      COMMONHOLD_DATABASE_URL=postgresql://… commonhold serve
    """  # noqa: D301  click takes the backspace as: leave the lines as they are
    environment = {"COMMONHOLD_DATA": data, "COMMONHOLD_WORKERS": str(workers) if workers else None}
    os.environ.update({name: value for name, value in environment.items() if value})
    if open_catalogue:
        os.environ["COMMONHOLD_OPEN_CATALOGUE"] = "true"
    sys.exit(start(bind))


def start(bind: str, *, announce: bool = True) -> int:
    """Run a site with the settings in this process's environment; return the exit code."""
    from commonhold.server.config import environment, serve, values  # noqa: PLC0415  the server loads only where it is run

    try:
        plan = serve.plan(environment.environment(), bind)
    except values.SettingError as error:
        click.echo(f"commonhold: {error}", err=True)
        return 2
    if code := serve.prepare():
        return code
    if announce:
        click.echo(f"Commonhold serves http://{plan.site}  (stop with Ctrl-C)", err=True)
    serve.run(plan)
    return 0
