import django.db.models.deletion
from django.db import migrations, models

import commonhold.server.kit.clock
import commonhold.server.kit.ids


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0003_downloads_are_counted"),
        ("catalogue", "0002_search_index"),
        ("organizations", "0001_organizations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Purchase",
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
                ("price_cents", models.BigIntegerField(blank=True, null=True)),
                ("currency", models.CharField(blank=True, max_length=3)),
                ("reference", models.CharField(blank=True, max_length=255)),
                ("granted_at", models.DateTimeField(default=commonhold.server.kit.clock.now)),
                ("granted_by", models.BigIntegerField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "dataset",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purchases",
                        to="catalogue.dataset",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="purchases",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("revoked_at__isnull", True)),
                        fields=("organization", "dataset"),
                        name="access_purchase_once",
                    )
                ],
            },
        ),
    ]
