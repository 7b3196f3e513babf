"""From any failure to one sentence, a next step and an exit code."""

import json
import sys

import click

from commonhold.cli.output import clean
from commonhold.client import errors

DONE = 0
USAGE = 2
NOT_ALLOWED = 3
NOT_FOUND = 4
LIMITED = 5
CORRUPT = 6
UNREACHABLE = 7
STOPPED = 130

#: The first that fits counts.
_CODES: tuple[tuple[type[errors.CommonholdError], int], ...] = (
    (errors.UsageError, USAGE),
    (errors.NotAllowedError, NOT_ALLOWED),
    (errors.NotFoundError, NOT_FOUND),
    (errors.LimitError, LIMITED),
    (errors.CorruptError, CORRUPT),
    (errors.UnreachableError, UNREACHABLE),
)


def exit_code(error: errors.CommonholdError) -> int:
    """Return the exit code for an error of the client."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), USAGE)


def described(error: errors.CommonholdError) -> dict[str, object]:
    """Return an error as programs want it."""
    facts: dict[str, object] = {
        "kind": type(error).__name__.removesuffix("Error"),
        "exitCode": exit_code(error),
        "message": clean(error.message),
        "hint": clean(hint(error)),
        "status": error.status,
        "url": error.url,
        "retryAfter": error.retry_after,
    }
    if isinstance(error, errors.LimitError):
        facts["resetsAt"] = error.resets_at
    if isinstance(error, errors.NotAllowedError):
        facts["reason"] = error.reason or None
    return facts


def hint(error: errors.CommonholdError) -> str:
    """Return the next step, with the instant at which a limit is whole again."""
    if not isinstance(error, errors.LimitError):
        return error.hint
    if error.resets_at:
        return f"It is whole again at {error.resets_at}. {error.hint}"
    if error.retry_after is not None:
        return f"Try again in {error.retry_after:.0f} s. {error.hint}"
    return error.hint


def report(error: BaseException, *, as_json: bool) -> int:
    """Tell a failure on stderr and return its exit code.

    Raises:
        BaseException: what is neither a failure of the client nor of the command line is a fault of this
            program, and comes through as it is.
    """
    if isinstance(error, KeyboardInterrupt | click.Abort):
        _tell({"kind": "Stopped", "exitCode": STOPPED, "message": "Stopped.", "hint": ""}, as_json=as_json)
        return STOPPED
    if isinstance(error, click.exceptions.Exit):
        return error.exit_code
    if isinstance(error, click.ClickException):
        usage = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "commonhold"
        facts = {
            "kind": "Usage",
            "exitCode": USAGE,
            "message": error.format_message(),
            "hint": f"{usage} --help shows how.",
        }
        _tell(facts, as_json=as_json)
        return USAGE
    if isinstance(error, errors.CommonholdError):
        _tell(described(error), as_json=as_json)
        return exit_code(error)
    raise error


def _tell(facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        sys.stderr.write(json.dumps({"error": facts}) + "\n")
        return
    sys.stderr.write(f"{facts['message']}\n")
    if facts["hint"]:
        sys.stderr.write(f"  {facts['hint']}\n")
