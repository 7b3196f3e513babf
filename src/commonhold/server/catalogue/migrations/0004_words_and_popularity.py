"""Words of names, for mending misspelled queries; downloads by dataset, for sorting."""

from typing import Any

from django.db import migrations


def create(apps: Any, schema_editor: Any) -> None:
    # Compared byte by byte, so that a first letter is a range.
    collation = "" if schema_editor.connection.vendor == "sqlite" else ' COLLATE "C"'
    schema_editor.execute(f"CREATE TABLE catalogue_word (word text{collation} PRIMARY KEY)")
    # No reference to the dataset: rows are written while it is locked for nothing else, and outlive it harmlessly.
    schema_editor.execute(
        "CREATE TABLE catalogue_popularity (dataset_id bigint PRIMARY KEY, downloads bigint NOT NULL)"
    )


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE catalogue_word")
    schema_editor.execute("DROP TABLE catalogue_popularity")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0003_kept_counts")]
    operations = [migrations.RunPython(create, drop)]
