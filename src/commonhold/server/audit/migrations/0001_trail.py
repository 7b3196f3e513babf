from django.db import migrations, models

import commonhold.server.kit.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, default=commonhold.server.kit.clock.now)),
                ("actor", models.BigIntegerField(null=True)),
                ("organization", models.BigIntegerField(null=True)),
                ("action", models.CharField(max_length=64)),
                ("object_kind", models.CharField(max_length=32)),
                ("object_id", models.CharField(max_length=64)),
                ("details", models.JSONField(default=dict)),
            ],
            options={
                "verbose_name_plural": "entries",
                "indexes": [models.Index(fields=["object_kind", "object_id"], name="audit_entry_object")],
            },
        ),
    ]
