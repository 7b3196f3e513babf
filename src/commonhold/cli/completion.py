"""``commonhold completion``: what makes a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from commonhold.cli.options import Command, output_options
from commonhold.cli.output import Output

_VARIABLE = "_COMMONHOLD_COMPLETE"
_EXAMPLES = """\
commonhold completion bash > ~/.local/share/bash-completion/completions/commonhold
commonhold completion zsh > ~/.zfunc/_commonhold
commonhold completion fish > ~/.config/fish/completions/commonhold.fish
"""


@click.command("completion", cls=Command, epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@output_options
def command(output: Output, shell: str) -> None:
    """Print the script with which a SHELL completes commands and options."""
    from commonhold.cli.main import cli  # noqa: PLC0415 -- it loads this module

    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"Nothing is known about {shell}.")
    # Not `source()`, which for bash runs one to learn its version.
    completer = kind(cli, {}, "commonhold", _VARIABLE)
    script = completer.source_template % completer.source_vars()
    if not output.data({"shell": shell, "script": script}):
        click.echo(script)
