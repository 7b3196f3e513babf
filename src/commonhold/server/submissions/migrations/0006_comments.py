import django.db.models.deletion
from django.db import migrations, models

from commonhold.server.kit import clock


class Migration(migrations.Migration):
    dependencies = [("submissions", "0005_scans_and_notes_of_uploads")]

    operations = [
        migrations.CreateModel(
            name="Comment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("author", models.BigIntegerField(null=True)),
                ("text", models.TextField()),
                ("is_internal", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(default=clock.now)),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="comments",
                        to="submissions.submission",
                    ),
                ),
            ],
            options={"indexes": [models.Index(fields=["submission", "id"], name="submissions_comment_of")]},
        ),
    ]
