"""``commonhold admin verify``: whether the store holds what the database says, that and nothing else."""

import datetime as dt
from typing import Any

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output, size
from commonhold.client.errors import CorruptError, UsageError


@click.command("verify")
@click.option("--deep", is_flag=True, help="Read every file and compare its SHA-256.")
@click.option("--clean", "cleans", is_flag=True, help="Remove what nothing needs.")
@click.option(
    "--grace",
    metavar="HOURS",
    type=click.IntRange(1, 8760),
    default=24,
    show_default=True,
    help="What was changed within them is no orphan.",
)
@click.option("--force", is_flag=True, help="Clean even where most of the store is unknown.")
@house_options
def command(deep: bool, cleans: bool, grace: int, force: bool, output: Output) -> None:
    """Compare the store with the database: files that are missing or wrong, and files that nothing needs.

    The exit code is 6 where a file is missing, of another size or (with --deep) other bytes; 2 where orphans are
    left; otherwise 0. What may belong to an upload under way is never an orphan, and never removed. Once a day the
    site cleans by itself.

    \b
    Examples:
      commonhold admin verify
      commonhold admin verify --deep --json
      commonhold admin verify --clean --grace 48
    """  # noqa: D301  click takes the backspace as: leave the lines as they are
    from commonhold.server.config.environment import environment  # noqa: PLC0415  loaded where it is used
    from commonhold.server.storage.interface import StorageError  # noqa: PLC0415
    from commonhold.server.storage.store import object_store  # noqa: PLC0415
    from commonhold.server.submissions import inventory  # noqa: PLC0415

    store = object_store(environment(), public_url="")
    removed = 0
    try:
        faults = list(inventory.find_faults(store, deep=deep))
        orphans = inventory.find_orphans(store, dt.timedelta(hours=grace))
        if cleans:
            removed = inventory.clean(store, orphans, force=force)
    except StorageError as error:
        raise UsageError(str(error), hint="`commonhold admin check` tries the store.") from error
    except inventory.UnlikelyError as error:
        raise UsageError(str(error), hint="If that is meant, run the command again with --force.") from error
    rows = [_row(finding) for finding in (*faults, *orphans.findings)]
    left = sum(row["orphan"] for row in rows) - removed
    facts = {"findings": rows, "faults": len(faults), "orphans": max(0, left), "removed": removed}
    if not output.data({**facts, "known": orphans.known, "more": orphans.more}):
        _show(rows, removed, orphans.known, output)
    if faults:
        raise CorruptError(
            f"{len(faults)} files are not in the store as they should be.", hint="Restore them from a backup."
        )
    if left > 0 or orphans.more:
        raise UsageError("There are files that nothing needs.", hint="`--clean` removes them.")


def _row(finding: Any) -> dict[str, Any]:
    from commonhold.server.kit.clock import iso  # noqa: PLC0415  loaded where it is used

    return {
        "kind": finding.kind,
        "name": finding.name,
        "sizeBytes": str(finding.size),
        "changedAt": iso(finding.at),
        "orphan": finding.is_orphan,
        "uploadId": finding.upload or None,
    }


def _show(rows: list[dict[str, Any]], removed: int, known: int, output: Output) -> None:
    if rows:
        cells = [
            [row["kind"], row["name"], size(int(row["sizeBytes"])), row["changedAt"], _verdict(row)]
            for row in rows
        ]
        output.table(["KIND", "NAME", "SIZE", "CHANGED", ""], cells, shrink=1)
    output.line(f"{known} files are needed and there; {len(rows)} findings, {removed} removed.")


def _verdict(row: dict[str, Any]) -> str:
    if row["orphan"]:
        return "orphan"
    return "too young to tell" if row["kind"].startswith("unknown") else "fault"
