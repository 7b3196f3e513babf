"""An index that says of each dataset in which lists it shows: a deep page passes over hundreds without reading them.

It takes the place of the one that orders by newest alone. PostgreSQL builds it while the site goes on writing, and only
then lets the old one go.
"""

from typing import Any

from django.db import migrations, models

_OLD, _NEW = "catalogue_dataset_newest", "catalogue_dataset_lists"
_TABLE = "catalogue_dataset"
_OLD_COLUMNS = "status, created_at DESC, id DESC"
_NEW_COLUMNS = f"{_OLD_COLUMNS}, visibility, organization_id"


def _exchange(schema_editor: Any, made: str, columns: str, dropped: str) -> None:
    if schema_editor.connection.vendor == "postgresql":
        # What a build that was broken off left behind is never used, nor mended.
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {made}")
        schema_editor.execute(f"CREATE INDEX CONCURRENTLY {made} ON {_TABLE} ({columns})")
        schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {dropped}")
    else:
        schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {made} ON {_TABLE} ({columns})")
        schema_editor.execute(f"DROP INDEX IF EXISTS {dropped}")


def forwards(apps: Any, schema_editor: Any) -> None:
    _exchange(schema_editor, _NEW, _NEW_COLUMNS, _OLD)


def backwards(apps: Any, schema_editor: Any) -> None:
    _exchange(schema_editor, _OLD, _OLD_COLUMNS, _NEW)


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently within a transaction
    dependencies = [("catalogue", "0005_version_members")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(forwards, backwards)],
            state_operations=[
                migrations.RemoveIndex(model_name="dataset", name=_OLD),
                migrations.AddIndex(
                    model_name="dataset",
                    index=models.Index(
                        fields=["status", "-created_at", "-id", "visibility", "organization"], name=_NEW
                    ),
                ),
            ],
        )
    ]
