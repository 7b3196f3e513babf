import django.db.models.deletion
from django.db import migrations, models

import commonhold.server.kit.clock
import commonhold.server.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0005_version_members"),
    ]

    operations = [
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "public_id",
                    models.CharField(default=commonhold.server.kit.ids.new_id, max_length=64, unique=True),
                ),
                ("kind", models.CharField(max_length=16)),
                ("message", models.TextField()),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("person", models.BigIntegerField(blank=True, null=True)),
                ("locale", models.CharField(default="en-US", max_length=20)),
                ("status", models.CharField(default="open", max_length=16)),
                ("reason", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.BigIntegerField(blank=True, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="catalogue.dataset",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["status", "id"], name="reports_report_queue")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("copyright", "personal_data", "abuse", "other"))),
                        name="reports_report_kind",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ("open", "dismissed", "withheld", "removed"))),
                        name="reports_report_status",
                    ),
                ],
            },
        ),
    ]
