"""What one person did is found without reading the whole trail."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_append_only_trail")]
    operations = [
        migrations.AddIndex(
            model_name="entry", index=models.Index(fields=["actor", "id"], name="audit_entry_actor")
        ),
    ]
