"""Every granted download counts towards its dataset's popularity, in the transaction that grants it."""

from typing import Any

from django.db import migrations

_COUNT = """
  INSERT INTO catalogue_popularity (dataset_id, downloads) {values}
  ON CONFLICT (dataset_id) DO UPDATE SET downloads = catalogue_popularity.downloads + 1;
"""


def create(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        # A SELECT with a WHERE: SQLite would else read ON CONFLICT as part of a join.
        count = _COUNT.format(values="SELECT NEW.dataset, 1 WHERE NEW.kind = 'download'")
        schema_editor.execute(
            f"CREATE TRIGGER access_download_counted AFTER INSERT ON access_accessrecord BEGIN {count} END"
        )
    else:
        count = _COUNT.format(values="VALUES (NEW.dataset, 1)")
        schema_editor.execute(
            "CREATE FUNCTION access_count_download() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {count} RETURN NULL; END $$"
        )
        schema_editor.execute(
            "CREATE TRIGGER access_download_counted AFTER INSERT ON access_accessrecord FOR EACH ROW "
            "WHEN (NEW.kind = 'download') EXECUTE FUNCTION access_count_download()"
        )
    schema_editor.execute(
        "INSERT INTO catalogue_popularity SELECT dataset, count(*) FROM access_accessrecord "
        "WHERE kind = 'download' GROUP BY dataset"
    )


def drop(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER access_download_counted")
    else:
        schema_editor.execute("DROP TRIGGER access_download_counted ON access_accessrecord")
        schema_editor.execute("DROP FUNCTION access_count_download()")


class Migration(migrations.Migration):
    dependencies = [("access", "0002_append_only_ledger"), ("catalogue", "0004_words_and_popularity")]
    operations = [migrations.RunPython(create, drop)]
