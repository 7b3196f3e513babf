from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0002_member_windows")]

    operations = [
        migrations.AddField("submission", "terms", models.TextField(blank=True)),
        migrations.AddField("submission", "translations", models.JSONField(default=dict)),
    ]
