"""``commonhold admin restore``: a backup becomes a site again."""

from pathlib import Path
from typing import Any

import click

from commonhold.cli.admin.backup import SHOWN
from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output
from commonhold.client.errors import CorruptError, UsageError


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", "only_checks", is_flag=True, help="Read and check all of FILE; change nothing.")
@house_options
def command(file: Path, only_checks: bool, output: Output) -> None:
    """Restore a backup FILE into an empty site: all of it, or nothing.

    Stop the site first. The version of Commonhold must have the same tables as the one that made the backup; the
    message says which one that was. Where the file is damaged the exit code is 6, and nothing of it stays.

    \b
    Examples:
      commonhold admin restore site.backup --data /srv/commonhold
      commonhold admin restore site.backup --dry-run
      COMMONHOLD_DATABASE_URL=postgresql://… commonhold admin restore site.backup
    """  # noqa: D301  click takes the backspace as: leave the lines as they are
    from commonhold.server.backup.format import BackupError, DamagedError  # noqa: PLC0415  loaded where it is used
    from commonhold.server.backup.restoring import restore  # noqa: PLC0415
    from commonhold.server.config.environment import environment  # noqa: PLC0415
    from commonhold.server.storage.interface import StorageError, StorageFullError  # noqa: PLC0415
    from commonhold.server.storage.store import object_store  # noqa: PLC0415

    settings = environment()
    store = object_store(settings, public_url="")
    try:
        report = restore(file, settings, store, only_checks=only_checks, tell=output.message)
    except DamagedError as error:
        raise CorruptError(str(error), hint="Nothing was restored. Use another copy of the file.") from error
    except BackupError as error:
        raise UsageError(str(error), hint=error.hint) from error
    except StorageFullError:
        raise
    except StorageError as error:
        raise UsageError(
            str(error), hint="Nothing was restored. `commonhold admin check` tries the store."
        ) from error
    warnings = list(_warnings(report))
    facts = {
        "madeAt": report.made_at, "restored": not only_checks, "rows": report.rows, "objects": report.objects,
        "kept": report.kept, "faults": report.faults, "missing": report.missing,
        "secretKey": report.secret_key, "warnings": warnings,
    }  # fmt: skip
    for warning in warnings:
        output.message(f"Warning: {warning}")
    if not output.data(facts):
        done = "checked" if only_checks else "restored"
        output.line(
            f"{done}, as of {report.made_at}: {report.rows:,} rows, {report.objects:,} objects"
            + (f", {report.kept:,} more that are there already" if report.kept else "")
        )
        for key in report.missing[:SHOWN]:
            output.line(f"missing: {key}")


def _warnings(report: Any) -> Any:
    if report.has_other_secret:
        yield (
            "the site's secret key is not the one that the backup was made under. API keys, session tokens and JWT "
            "credentials will not work until that one is COMMONHOLD_SECRET_KEY, or among "
            "COMMONHOLD_SECRET_KEY_FALLBACKS."
        )
    if report.lacks_retired_secret:
        yield (
            "the site that the backup was made of accepted a retired secret key that is not among "
            "COMMONHOLD_SECRET_KEY_FALLBACKS here. What was made under it will not work."
        )
    if report.faults:
        yield (
            f"{report.faults} objects that the site needs are not in the store, nor in the backup. "
            "`commonhold admin verify` lists them."
        )
