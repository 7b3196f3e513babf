"""One key, one session: a unique index, built on PostgreSQL while the site goes on writing.

It holds only the records that have a key, so there is nothing to go through on the day it is made.
"""

from typing import Any

from django.db import migrations, models

from commonhold.server.kit import indexes

_NAME = "access_record_asked_once"
_ON = "access_accessrecord (asked_with) WHERE asked_with IS NOT NULL"


def create(apps: Any, schema_editor: Any) -> None:
    indexes.create(schema_editor, _NAME, _ON, kind="UNIQUE INDEX")


def drop(apps: Any, schema_editor: Any) -> None:
    indexes.drop(schema_editor, _NAME)


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
