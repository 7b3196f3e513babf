"""The generated parts of the documentation, from the code they describe."""

import re
from collections.abc import Callable

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


PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings_table,
    "reference/api.md": collective_routes,
    "reference/errors.md": collective_errors,
    "reference/v4.md": v4_routes,
}


def written(page: str, generated: str) -> str:
    """Return ``page`` with what stands between its marks replaced."""
    return _MARKS.sub(lambda match: match[1] + generated + match[2], page)
