from django.db import migrations, models

import commonhold.server.kit.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("lane", models.CharField(default="quick", max_length=16)),
                ("arguments", models.JSONField(default=dict)),
                ("key", models.CharField(blank=True, max_length=128)),
                ("status", models.CharField(default="waiting", max_length=16)),
                ("run_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("attempts", models.PositiveIntegerField(default=0)),
                ("every_seconds", models.PositiveIntegerField(blank=True, null=True)),
                ("holder", models.CharField(blank=True, max_length=64)),
                ("lease_until", models.DateTimeField(blank=True, null=True)),
                ("error", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["lane", "status", "run_at"], name="background_job_due")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "waiting"), models.Q(("key", ""), _negated=True)),
                        fields=("key",),
                        name="background_job_waits_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "running", "failed"])),
                        name="background_job_status",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("lane__in", ("quick", "heavy"))), name="background_job_lane"
                    ),
                ],
            },
        ),
    ]
