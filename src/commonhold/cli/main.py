"""The ``commonhold`` command: an overview that loads nothing, and commands that load when they are used."""

import _thread
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from commonhold import __version__
from commonhold.cli.groups import LazyGroup
from commonhold.cli.table import COMMANDS

_ABOUT = """Datasets under their owners' terms, downloads proven whole."""

_EXAMPLES = """\
First steps:
  commonhold login https://data.example.org              sign in, on its page
  commonhold search swahili speech                       find a dataset
  commonhold info greetings-in-fifty-languages           read about it
  commonhold agree greetings-in-fifty-languages          accept its terms, on its page
  commonhold download greetings-in-fifty-languages       fetch it, verified; run it again to go on

A site of your own:
  commonhold demo                                        try everything on this machine

Results go to stdout, messages and progress to stderr. Every command takes --json and --help.
Exit codes: 0 done, 2 usage, 3 not allowed, 4 not found, 5 limited, 6 corrupt, 7 unreachable, 130 stopped.
"""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    examples=_EXAMPLES,
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
    sys.unraisablehook = _interrupt_again
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


def _interrupt_again(unraisable: "sys.UnraisableHookArgs") -> None:
    """Keep a Ctrl-C that struck where Python drops exceptions, in a destructor say: raise it where it is heeded."""
    if isinstance(unraisable.exc_value, KeyboardInterrupt):
        _thread.interrupt_main()
    else:
        sys.__unraisablehook__(unraisable)
