"""An index that says of each dataset in which lists it shows: a deep page passes over hundreds without reading them.

It takes the place of the one that orders by newest alone. PostgreSQL builds it while the site goes on writing, and only
then lets the old one go.
"""

from typing import Any

from django.db import migrations, models

from commonhold.server.kit import indexes

_OLD, _NEW = "catalogue_dataset_newest", "catalogue_dataset_lists"
_NEWEST_FIRST = "status, created_at DESC, id DESC"


def forwards(apps: Any, schema_editor: Any) -> None:
    indexes.create(schema_editor, _NEW, f"catalogue_dataset ({_NEWEST_FIRST}, visibility, organization_id)")
    indexes.drop(schema_editor, _OLD)


def backwards(apps: Any, schema_editor: Any) -> None:
    indexes.create(schema_editor, _OLD, f"catalogue_dataset ({_NEWEST_FIRST})")
    indexes.drop(schema_editor, _NEW)


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
