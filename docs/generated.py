"""The generated parts of the documentation, from the code they describe."""

import inspect
import re
from collections.abc import Callable, Iterator

import click

_MARKS = re.compile(r"(<!-- generated -->\n).*?(<!-- end -->)", re.DOTALL)


def settings_table() -> str:
    """Return the table of all settings."""
    from commonhold.server.config.environment import TABLE

    rows = ["| variable | default | meaning |", "| --- | --- | --- |"]
    for entry in TABLE:
        default = f"`{entry.metadata['default']}`" if entry.metadata["default"] else "empty"
        about = entry.metadata["about"] + (" *(secret)*" if entry.metadata["secret"] else "")
        rows.append(f"| `{entry.metadata['name']}` | {default} | {about} |")
    return "\n".join(rows) + "\n"


def collective_routes() -> str:
    """Return the table of the routes under ``/api/``."""
    from commonhold.server.api.collective.description import OPERATIONS

    rows = ["| request | what it does | answers |", "| --- | --- | --- |"]
    for operation in OPERATIONS:
        answers = ", ".join(str(status) for status in sorted(operation.responses))
        path = f"/api{operation.path}"
        rows.append(f"| `{operation.method.upper()} {path}` | {operation.about} | {answers} |")
    return "\n".join(rows) + "\n"


def v4_routes() -> str:
    """Return the table of the routes under ``/api/v4/``."""
    from commonhold.server.api.v4.operations import OPERATIONS

    rows = ["| request | what it does | answers |", "| --- | --- | --- |"]
    for operation in OPERATIONS:
        answers = ", ".join(str(status) for status in sorted(operation.responses))
        path = f"/api/v4{operation.path}"
        rows.append(f"| `{operation.method.upper()} {path}` | {operation.summary} | {answers} |")
    return "\n".join(rows) + "\n"


def collective_errors() -> str:
    """Return the table of the fixed texts of refusals under ``/api/``."""
    from commonhold.server.api.collective.advice import ADVICE

    rows = ["| `error` | status | what to do |", "| --- | --- | --- |"]
    rows += [f"| `{text}` | {status} | {advice} |" for status, text, advice in ADVICE]
    return "\n".join(rows) + "\n"


def operator_commands() -> str:
    """Return what each command of those who run a site does, with its options."""
    from commonhold.cli.main import cli

    with click.Context(cli, info_name="commonhold") as context:
        sections = []
        for name in ("demo", "serve", "worker", "admin"):
            command = cli.get_command(context, name)
            sections += _described(command, f"commonhold {name}", context)
        return "\n".join(sections)


def _described(command: click.Command | None, name: str, parent: click.Context) -> Iterator[str]:
    if command is None:
        raise LookupError(name)
    with click.Context(command, info_name=name, parent=parent) as context:
        if isinstance(command, click.Group):
            for below in command.list_commands(context):
                yield from _described(command.get_command(context, below), f"{name} {below}", context)
            return
        arguments = [one.make_metavar(context) for one in command.params if isinstance(one, click.Argument)]
        yield f"## `{' '.join([name, *arguments])}`\n"
        yield _as_markdown(inspect.cleandoc(command.help or "").partition("\f")[0])
        options = [one.get_help_record(context) for one in command.params if isinstance(one, click.Option)]
        if rows := [record for record in options if record and record[0] != "--help"]:
            yield "| option | meaning |\n| --- | --- |"
            yield "\n".join(f"| `{left}` | {right} |".replace("|]", "]") for left, right in rows) + "\n"


def _as_markdown(text: str) -> str:
    """Return a command's help with what stands as it is in the terminal (after a backspace) as code."""
    return "\n\n".join(_paragraph(each) for each in text.strip().split("\n\n")) + "\n"


def _paragraph(text: str) -> str:
    if not text.startswith("\b\n"):
        return text
    title, _, lines = text.removeprefix("\b\n").partition("\n")
    return f"{title}\n\n```\n{inspect.cleandoc(lines)}\n```"


PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings_table,
    "reference/api.md": collective_routes,
    "reference/errors.md": collective_errors,
    "reference/v4.md": v4_routes,
    "reference/operator-commands.md": operator_commands,
}


def written(page: str, generated: str) -> str:
    """Return ``page`` with what stands between its marks replaced."""
    return _MARKS.sub(lambda match: match[1] + generated + match[2], page)
