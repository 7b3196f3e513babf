from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("submissions", "0001_submissions_and_uploads")]

    operations = [
        migrations.AddField("upload", "member_windows", models.BinaryField(null=True)),
    ]
