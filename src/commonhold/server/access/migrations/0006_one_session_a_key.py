"""One key, one session: a unique index, built on PostgreSQL while the site goes on writing.

It holds only the records that have a key, so there is nothing to go through on the day it is made.
"""

from typing import Any

from django.db import migrations, models

_NAME = "access_record_asked_once"
_INDEX = f"INDEX {{how}} {_NAME} ON access_accessrecord (asked_with) WHERE asked_with IS NOT NULL"


def create(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        drop(apps, schema_editor)  # what a build that was broken off left behind is never used, nor mended
        schema_editor.execute(f"CREATE UNIQUE {_INDEX.format(how='CONCURRENTLY')}")
    else:
        schema_editor.execute(f"CREATE UNIQUE {_INDEX.format(how='IF NOT EXISTS')}")


def drop(apps: Any, schema_editor: Any) -> None:
    how = "CONCURRENTLY IF EXISTS" if schema_editor.connection.vendor == "postgresql" else "IF EXISTS"
    schema_editor.execute(f"DROP INDEX {how} {_NAME}")


class Migration(migrations.Migration):
    atomic = False  # an index cannot be built concurrently within a transaction
    dependencies = [("access", "0005_key_of_a_session")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(create, drop)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="accessrecord",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("asked_with__isnull", False)),
                        fields=("asked_with",),
                        name=_NAME,
                    ),
                )
            ],
        )
    ]
