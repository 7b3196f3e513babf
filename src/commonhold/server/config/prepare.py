"""Brings the database up to date before the site starts: ``python -m commonhold.server.config.prepare``.

A process of its own, so that the one which then supervises the servers never holds Django in memory.
"""

import os
import sys

import django
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from commonhold.server.config.data_folder import make_data_folder
from commonhold.server.config.environment import environment
from commonhold.server.config.values import SettingError

NEWER = "this data was written by a newer version of Commonhold; upgrade Commonhold, or restore a backup"


class NewerDataError(RuntimeError):
    """The database has migrations that this version does not know."""


def prepare() -> None:
    """Make the data folder, where something lies in it, and migrate the database.

    Raises:
        SettingError: a setting cannot be meant, or the folder cannot be made.
        NewerDataError: a newer version was here before; nothing was changed.
    """
    settings = environment()
    # A site whose database and files lie elsewhere may run where nothing can be written.
    if not settings.database_url or not settings.storage_url.startswith("s3://"):
        make_data_folder(settings.data)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonhold.server.config.settings")
    django.setup()
    loader = MigrationLoader(connection)
    unknown = [
        key for key in loader.applied_migrations if key not in loader.disk_migrations and _is_ours(key[0])
    ]
    if unknown:
        message = f"{NEWER} ({', '.join('.'.join(key) for key in sorted(unknown))})"
        raise NewerDataError(message)
    if connection.vendor == "postgresql":
        # A migration that cannot have its lock soon gives way to the running site instead of stopping it.
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '5s'")
    call_command("migrate", interactive=False, verbosity=0)
    connection.close()


def _is_ours(label: str) -> bool:
    return any(config.label == label for config in django.apps.apps.get_app_configs())


def main() -> int:
    """Prepare, and tell in one line what stood in the way."""
    try:
        prepare()
    except (NewerDataError, SettingError) as error:
        print(f"commonhold: {error}", file=sys.stderr)  # noqa: T201  the process's one line
        return 2
    except OperationalError as error:
        print(f"commonhold: the database cannot be used: {str(error).strip()}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
