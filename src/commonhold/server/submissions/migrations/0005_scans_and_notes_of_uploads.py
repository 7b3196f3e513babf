from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0004_terms_of_datasets")]

    operations = [
        migrations.AddField("upload", "scanned", models.BooleanField(null=True, blank=True)),
        migrations.AddField(
            "upload", "notes", models.TextField(blank=True, default=""), preserve_default=False
        ),
    ]
