"""``commonhold admin``: what an operator does to a site, on its machine."""

import click

from commonhold.cli.admin.table import COMMANDS
from commonhold.cli.groups import LazyGroup

_EXAMPLES = """\
Examples:
  commonhold admin load collection.yaml                       move data in, or bring it up to date
  commonhold admin user create ada@example.org --name Ada     somebody new
  commonhold admin key create --user ada@example.org --organization mozilla --scopes read,download
  commonhold admin organization set mozilla --daily-download-limit 100
  commonhold admin quota show mozilla
  commonhold admin site --open-catalogue on

The site is the one that COMMONHOLD_DATA and the other settings name, as for `commonhold serve`; it may be running.
"""


@click.group("admin", cls=LazyGroup, table=COMMANDS, examples=_EXAMPLES, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Look after a site: load data, people, keys, organizations, limits, switches."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
