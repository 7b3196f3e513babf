import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import commonhold.server.kit.clock
import commonhold.server.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0001_datasets"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessRecord",
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
                ("kind", models.CharField(default="download", max_length=16)),
                ("person", models.BigIntegerField()),
                ("organization", models.BigIntegerField()),
                ("credential", models.BigIntegerField(null=True)),
                ("dataset", models.BigIntegerField()),
                ("version", models.BigIntegerField(null=True)),
                ("size_bytes", models.BigIntegerField()),
                ("granted_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("expires_at", models.DateTimeField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["dataset", "granted_at"], name="access_record_dataset"),
                    models.Index(fields=["person", "granted_at"], name="access_record_person"),
                    models.Index(fields=["organization", "granted_at"], name="access_record_organization"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Agreement",
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
                ("person", models.BigIntegerField()),
                ("organization", models.BigIntegerField(null=True)),
                ("dataset", models.BigIntegerField()),
                ("terms", models.BigIntegerField()),
                ("locale", models.CharField(max_length=20)),
                ("text_hash", models.CharField(max_length=64)),
                ("agreed_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
            ],
            options={
                "indexes": [models.Index(fields=["dataset"], name="access_agreement_dataset")],
                "constraints": [
                    models.UniqueConstraint(fields=("person", "terms"), name="access_agreement_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="DailyUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("organization", models.BigIntegerField()),
                ("day", models.DateField()),
                ("downloads", models.BigIntegerField(default=0)),
                ("bandwidth", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("organization", "day"), name="access_daily_use_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="AccessRequest",
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
                ("status", models.CharField(default="pending", max_length=16)),
                ("message", models.TextField(blank=True)),
                ("requested_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("decided_by", models.BigIntegerField(blank=True, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_requests",
                        to="catalogue.dataset",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="access_requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "person"), name="access_request_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["pending", "approved", "rejected", "revoked"])),
                        name="access_request_status",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Terms",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                ("texts", models.JSONField()),
                ("hashes", models.JSONField()),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terms",
                        to="catalogue.dataset",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "terms",
                "constraints": [
                    models.UniqueConstraint(fields=("dataset", "number"), name="access_terms_number_once")
                ],
            },
        ),
    ]
