"""``commonhold admin backup``: a whole site becomes one file, while it runs."""

from pathlib import Path

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output, size
from commonhold.client.errors import CorruptError, DiskFullError, LocalFileError, UsageError

#: Keys that are named where people read; `--json` names more.
SHOWN = 20


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--without-objects", is_flag=True, help="List the objects of the store, and copy none.")
@click.option(
    "--with-secret-key", is_flag=True, help="Put the generated secret key of the data folder into it too."
)
@click.option("--force", is_flag=True, help="Replace a FILE that is there already.")
@house_options
def command(file: Path, without_objects: bool, with_secret_key: bool, force: bool, output: Output) -> None:
    """Write the whole site into one FILE: its database as of one moment, and the objects of its store.

    The site may be running. The same file restores to SQLite or PostgreSQL, to a folder or S3. Keep it as a secret: it
    holds people's addresses, hashes of passwords and what they sign in with. The exit code is 6 where objects are
    missing or damaged: the backup then holds everything else.

    \b
    Examples:
      commonhold admin backup site.backup
      commonhold admin backup site.backup --with-secret-key
      commonhold admin backup database.backup --without-objects
    """  # noqa: D301  click takes the backspace as: leave the lines as they are
    from commonhold.server.backup.format import BackupError, WritingError  # noqa: PLC0415  loaded where it is used
    from commonhold.server.backup.writing import write_backup  # noqa: PLC0415
    from commonhold.server.config.environment import environment  # noqa: PLC0415
    from commonhold.server.storage.interface import StorageError  # noqa: PLC0415
    from commonhold.server.storage.store import object_store  # noqa: PLC0415

    settings = environment()
    try:
        report = write_backup(
            file, settings, object_store(settings, public_url=""), with_objects=not without_objects,
            with_secret_key=with_secret_key, replaces=force, tell=output.message,
        )  # fmt: skip
    except WritingError as error:
        kind = DiskFullError if error.is_full else LocalFileError
        raise kind(str(error), hint="There is no backup; name a place with room for it.") from error
    except BackupError as error:
        raise UsageError(str(error), hint=error.hint) from error
    except StorageError as error:
        raise UsageError(str(error), hint="`commonhold admin check` tries the store.") from error
    facts = {
        "file": str(file), "sizeBytes": str(report.size), "tables": report.tables, "rows": report.rows,
        "objects": report.objects, "objectBytes": str(report.object_bytes), "listed": report.listed,
        "gone": report.gone, "faults": report.faults, "faulty": report.faulty,
    }  # fmt: skip
    if not output.data(facts):
        copied = f"{report.listed:,} objects listed" if without_objects else f"{report.objects:,} objects"
        output.line(f"{file}: {report.rows:,} rows, {copied}, {size(report.size)}")
        for key in report.faulty[:SHOWN]:
            output.line(f"missing or damaged: {key}")
    if report.faults:
        raise CorruptError(
            f"{report.faults} objects are missing or damaged in the store; the backup holds everything else.",
            hint="`commonhold admin verify --deep` shows what is wrong with them.",
        )
