"""Groups of commands that load when they are used."""

import gc
import importlib
from collections.abc import Mapping
from typing import Any, cast

import click

from commonhold.cli.table import Entry


def _wake_collector() -> None:
    """End the rest that the command begins with; what is loaded by now is left alone, on the way out too."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


class LazyGroup(click.Group):
    """A group whose commands stand in a table and are imported one at a time, when used.

    Args:
        table: the commands by name.
        examples: shown at the end of the help, as they stand.
    """

    def __init__(self, *args: Any, table: Mapping[str, Entry], examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table
        self.examples = examples

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, in the order of the table."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        entry = self.table.get(cmd_name)
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
        command = cast("click.Command", getattr(module, attribute))
        if not isinstance(command, LazyGroup):
            _wake_collector()
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or suggest the nearest one."""
        name = args[0] if args else ""
        if name and not name.startswith("-") and name not in self.table:
            from difflib import get_close_matches  # noqa: PLC0415 -- needed only after a slip

            near = get_close_matches(name, self.table, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else f" `{ctx.command_path} --help` lists them."
            raise click.UsageError(f"There is no command `{name}`.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table alone."""
        del ctx
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, entry in self.table.items():
            sections.setdefault(entry.section, []).append((name, entry.summary))
        for title, rows in sections.items():
            with formatter.section(title):
                formatter.write_dl(rows)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples as they stand."""
        del ctx
        formatter.write_paragraph()
        formatter.write(self.examples)
