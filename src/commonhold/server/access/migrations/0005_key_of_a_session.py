"""Room for the key with which a client asks for a session again. Nullable and without a default: no row is rewritten."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("access", "0004_purchases")]

    operations = [
        migrations.AddField(
            model_name="accessrecord",
            name="asked_with",
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
    ]
