import uuid

import django.db.models.deletion
from django.db import migrations, models

import commonhold.server.kit.clock
import commonhold.server.kit.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0002_search_index"),
        ("organizations", "0001_organizations"),
    ]

    operations = [
        migrations.CreateModel(
            name="PublishingPolicy",
            fields=[
                (
                    "organization",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="publishing_policy",
                        serialize=False,
                        to="organizations.organization",
                    ),
                ),
                ("review_new_versions", models.BooleanField(default=False)),
            ],
            options={
                "verbose_name_plural": "publishing policies",
            },
        ),
        migrations.CreateModel(
            name="Submission",
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
                ("author", models.BigIntegerField(null=True)),
                ("status", models.CharField(default="draft", max_length=16)),
                ("slug", models.CharField(blank=True, max_length=100)),
                ("text_locale", models.CharField(default="en-US", max_length=20)),
                ("name", models.CharField(max_length=255)),
                ("short_description", models.CharField(blank=True, max_length=160)),
                ("long_description", models.TextField(blank=True)),
                ("locale", models.CharField(blank=True, max_length=20)),
                ("task", models.CharField(blank=True, max_length=16)),
                ("format", models.CharField(blank=True, max_length=50)),
                ("license_abbreviation", models.CharField(blank=True, max_length=25)),
                ("license", models.CharField(blank=True, max_length=1000)),
                ("license_url", models.CharField(blank=True, max_length=1000)),
                ("restrictions", models.TextField(blank=True)),
                ("forbidden_usage", models.TextField(blank=True)),
                ("additional_conditions", models.TextField(blank=True)),
                ("intended_usage", models.TextField(blank=True)),
                ("ethical_review_process", models.TextField(blank=True)),
                ("other", models.TextField(blank=True)),
                ("point_of_contact_full_name", models.CharField(blank=True, max_length=255)),
                ("point_of_contact_email", models.CharField(blank=True, max_length=254)),
                ("funded_by_full_name", models.CharField(blank=True, max_length=255)),
                ("funded_by_email", models.CharField(blank=True, max_length=254)),
                ("legal_contact_full_name", models.CharField(blank=True, max_length=255)),
                ("legal_contact_email", models.CharField(blank=True, max_length=254)),
                ("created_by_full_name", models.CharField(blank=True, max_length=255)),
                ("created_by_email", models.CharField(blank=True, max_length=254)),
                ("show_contact_info", models.BooleanField(default=False)),
                ("show_compliance_attributes", models.BooleanField(default=False)),
                ("visibility", models.CharField(blank=True, max_length=16)),
                ("exclusivity_opt_out_at", models.DateTimeField(blank=True, null=True)),
                ("is_paid", models.BooleanField(default=False)),
                ("base_price_cents", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("auto_approve_access_requests", models.BooleanField(default=False)),
                ("file_reference", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("sample_file_reference", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("agreed_to_submit_at", models.DateTimeField(blank=True, null=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("reviewed_by", models.BigIntegerField(blank=True, null=True)),
                ("reviewed_at", models.DateTimeField(blank=True, null=True)),
                ("review_note", models.TextField(blank=True)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("updated_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="submissions",
                        to="catalogue.dataset",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="submissions",
                        to="organizations.organization",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Upload",
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
                ("kind", models.CharField(default="archive", max_length=16)),
                ("author", models.BigIntegerField(null=True)),
                ("filename", models.CharField(max_length=255)),
                ("content_type", models.CharField(max_length=100)),
                ("size_bytes", models.BigIntegerField()),
                ("object_key", models.CharField(max_length=512, unique=True)),
                ("upload_id", models.CharField(blank=True, max_length=1024)),
                ("status", models.CharField(default="initiating", max_length=16)),
                ("claimed_sha256", models.CharField(blank=True, max_length=64)),
                ("verification", models.CharField(blank=True, default="", max_length=16)),
                ("verified_bytes", models.BigIntegerField(default=0)),
                ("reasons", models.JSONField(default=list)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("piece_digests", models.BinaryField(null=True)),
                ("members", models.BinaryField(null=True)),
                ("schema", models.TextField(blank=True)),
                ("release", models.CharField(blank=True, default="", max_length=16)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("dropped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="uploads",
                        to="submissions.submission",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalogue.datasetversion",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="submission",
            name="archive",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="submissions.upload",
            ),
        ),
        migrations.AddField(
            model_name="submission",
            name="sample",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="submissions.upload",
            ),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["submission", "kind", "status"], name="submissions_upload_of"),
        ),
        migrations.AddIndex(
            model_name="upload",
            index=models.Index(fields=["status", "created_at"], name="submissions_upload_age"),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("initiating", "uploading", "completed", "failed"))),
                name="submissions_upload_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ("archive", "sample"))), name="submissions_upload_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verification__in", ("", "waiting", "verifying", "verified", "rejected"))
                ),
                name="submissions_upload_verification",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("release__in", ("", "awaits_review", "released", "turned_down"))),
                name="submissions_upload_release",
            ),
        ),
        migrations.AddConstraint(
            model_name="upload",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_bytes__gt", 0)), name="submissions_upload_size"
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(
                fields=["organization", "-created_at", "-id"], name="submissions_of_organization"
            ),
        ),
        migrations.AddIndex(
            model_name="submission",
            index=models.Index(fields=["status", "submitted_at", "id"], name="submissions_waiting"),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "status__in",
                        (
                            "draft",
                            "submitted",
                            "in_review",
                            "approved",
                            "rejected",
                            "edits_requested",
                            "retracted",
                        ),
                    )
                ),
                name="submissions_submission_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ["", "public", "restricted", "private"])),
                name="submissions_submission_visibility",
            ),
        ),
        migrations.AddConstraint(
            model_name="submission",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_paid", False), ("base_price_cents__gt", 0), _connector="OR"),
                name="submissions_submission_price",
            ),
        ),
    ]
