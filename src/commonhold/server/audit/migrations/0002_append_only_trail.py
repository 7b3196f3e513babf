"""The trail is evidence: the database refuses to change it."""

from django.db import migrations

from commonhold.server.kit.append_only import allow_changes, forbid_changes


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_trail")]
    operations = [
        migrations.RunPython(forbid_changes("audit_entry"), allow_changes("audit_entry")),
    ]
