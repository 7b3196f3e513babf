"""The ``commonhold`` command: an overview that loads nothing, and commands that load when they are used."""

import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn, cast

import click

from commonhold import __version__
from commonhold.cli.table import COMMANDS

_ABOUT = """Datasets under their owners' terms, downloads proven whole."""

_EXAMPLES = """\
First steps:
  commonhold login --api-url https://data.example.org    store your API key
  commonhold search swahili speech                       find a dataset
  commonhold info greetings-in-fifty-languages           read about it
  commonhold agree greetings-in-fifty-languages          accept its terms, on its page
  commonhold download greetings-in-fifty-languages       fetch it, verified; run it again to go on

A site of your own:
  commonhold demo                                        try everything on this machine

Results go to stdout, messages and progress to stderr. Every command takes --json and --help.
Exit codes: 0 done, 2 usage, 3 not allowed, 4 not found, 5 limited, 6 corrupt, 7 unreachable, 130 stopped.
"""


class LazyGroup(click.Group):
    """A group whose commands stand in a table and are imported one at a time, when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module_name, _, attribute = entry.target.partition(":")
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            if error.name is not None and error.name.partition(".")[0] == "commonhold":
                raise click.ClickException(f"This installation has no `{cmd_name}`.") from error
            raise click.ClickException(
                f"`{cmd_name}` needs {error.name}, which is not installed: pip install 'commonhold[server]'"
            ) from error
        del ctx
        return cast("click.Command", getattr(module, attribute))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415 -- needed only after a slip

            near = get_close_matches(name, COMMANDS, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else " `commonhold --help` lists them."
            raise click.UsageError(f"There is no command `{name}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        del ctx
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in COMMANDS.items():
            sections.setdefault(entry.section, []).append((name, entry.summary))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they stand."""
        del ctx
        formatter.write_paragraph()
        formatter.write(_EXAMPLES)


@click.group(
    cls=LazyGroup,
    help=_ABOUT,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="commonhold")
@click.pass_context
def cli(context: click.Context) -> None:
    """Show the overview when no command is named."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = cli.main(args=given, prog_name="commonhold", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; what is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- report() raises what it does not know
        from commonhold.cli.errors import report  # noqa: PLC0415 -- loads the client, which the overview does not

        code = report(error, as_json="--json" in given)
    sys.exit(code if isinstance(code, int) else 0)
