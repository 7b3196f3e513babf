from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0002_member_windows")]

    operations = [
        migrations.AddField("upload", "virus_scanned", models.BooleanField(null=True)),
    ]
