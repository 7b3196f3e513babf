import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import commonhold.server.kit.clock


class Migration(migrations.Migration):
    dependencies = [
        ("credentials", "0002_session_tokens"),
        ("organizations", "0001_organizations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="DeviceSignIn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("device_digest", models.CharField(max_length=64, unique=True)),
                ("user_digest", models.CharField(max_length=64, unique=True)),
                ("program", models.CharField(max_length=100)),
                ("machine", models.CharField(max_length=80)),
                ("address", models.CharField(max_length=64)),
                ("scopes", models.JSONField(default=list)),
                ("state", models.CharField(default="pending", max_length=16)),
                ("created_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("expires_at", models.DateTimeField(db_index=True)),
                ("polled_at", models.DateTimeField(blank=True, null=True)),
                ("key_expires_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="device_sign_ins",
                        to="organizations.organization",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="device_sign_ins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]
