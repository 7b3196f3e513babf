"""The full-text index: FTS5 on SQLite, a vector with a GIN index on PostgreSQL; both get words that are cut already."""

from typing import Any

from django.db import migrations

_SQLITE = [
    # Words come folded and cut (catalogue/search/words.py); vowel signs (category M) belong to them.
    """CREATE VIRTUAL TABLE catalogue_search USING fts5(
        title, body, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co'", prefix = '2 3')""",
]
_POSTGRESQL = [
    """CREATE TABLE catalogue_search (
        dataset_id bigint PRIMARY KEY REFERENCES catalogue_dataset (id) ON DELETE CASCADE,
        document tsvector NOT NULL)""",
    "CREATE INDEX catalogue_search_document ON catalogue_search USING gin (document) WITH (fastupdate = off)",
]


def create(apps: Any, schema_editor: Any) -> None:
    for statement in _SQLITE if schema_editor.connection.vendor == "sqlite" else _POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps: Any, schema_editor: Any) -> None:
    schema_editor.execute("DROP TABLE catalogue_search")


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0001_datasets")]
    operations = [migrations.RunPython(create, drop)]
