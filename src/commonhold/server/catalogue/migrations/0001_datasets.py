import django.db.models.deletion
from django.db import migrations, models

import commonhold.server.kit.clock
import commonhold.server.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("organizations", "0001_organizations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Dataset",
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
                ("slug", models.CharField(max_length=100, unique=True)),
                ("visibility", models.CharField(default="public", max_length=16)),
                ("status", models.CharField(default="published", max_length=16)),
                ("status_reason", models.TextField(blank=True)),
                ("default_locale", models.CharField(default="en-US", max_length=20)),
                ("name", models.JSONField(default=dict)),
                ("short_description", models.JSONField(default=dict)),
                ("long_description", models.JSONField(default=dict)),
                ("restrictions", models.JSONField(default=dict)),
                ("forbidden_usage", models.JSONField(default=dict)),
                ("additional_conditions", models.JSONField(default=dict)),
                ("publisher_terms", models.JSONField(default=dict)),
                ("locale", models.CharField(blank=True, max_length=20)),
                ("task", models.CharField(blank=True, max_length=16)),
                ("format", models.CharField(blank=True, max_length=50)),
                ("license_abbreviation", models.CharField(blank=True, max_length=25)),
                ("license_name", models.CharField(blank=True, max_length=1000)),
                ("license_url", models.URLField(blank=True, max_length=1000)),
                ("is_paid", models.BooleanField(default=False)),
                ("base_price_cents", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("platform_fee_rate", models.CharField(blank=True, max_length=10)),
                ("auto_approve_access_requests", models.BooleanField(default=False)),
                ("contact_name", models.CharField(blank=True, max_length=255)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("show_contact", models.BooleanField(default=False)),
                ("submission_public_id", models.CharField(blank=True, max_length=64)),
                ("has_sample", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("updated_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="datasets",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DatasetVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_key", models.CharField(max_length=512, unique=True)),
                ("filename", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("number", models.PositiveIntegerField()),
                ("notes", models.JSONField(default=dict)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="catalogue.dataset",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="LoadingSchema",
            fields=[
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="loading_schema",
                        serialize=False,
                        to="catalogue.dataset",
                    ),
                ),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="VersionPieces",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="pieces",
                        serialize=False,
                        to="catalogue.datasetversion",
                    ),
                ),
                ("piece_size", models.PositiveIntegerField()),
                ("digests", models.BinaryField()),
            ],
            options={
                "verbose_name_plural": "version pieces",
            },
        ),
        migrations.AddField(
            model_name="dataset",
            name="current_version",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="catalogue.datasetversion",
            ),
        ),
        migrations.CreateModel(
            name="Sample",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("object_key", models.CharField(max_length=512, unique=True)),
                ("filename", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                (
                    "dataset",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sample",
                        to="catalogue.dataset",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddConstraint(
            model_name="datasetversion",
            constraint=models.UniqueConstraint(
                fields=("dataset", "number"), name="catalogue_version_number_once"
            ),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(fields=["status", "-created_at", "-id"], name="catalogue_dataset_newest"),
        ),
        migrations.AddIndex(
            model_name="dataset",
            index=models.Index(
                fields=["organization", "status", "-created_at", "-id"], name="catalogue_dataset_of_org"
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ("public", "restricted", "private"))),
                name="catalogue_dataset_visibility",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("published", "removed", "withheld"))),
                name="catalogue_dataset_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="dataset",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_paid", False), ("base_price_cents__gt", 0), _connector="OR"),
                name="catalogue_dataset_price",
            ),
        ),
    ]
