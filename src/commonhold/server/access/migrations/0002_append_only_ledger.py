"""The ledger of agreements is evidence: the database refuses to change it."""

from django.db import migrations

from commonhold.server.kit.append_only import allow_changes, forbid_changes


class Migration(migrations.Migration):
    dependencies = [("access", "0001_terms_and_sessions")]
    operations = [
        migrations.RunPython(forbid_changes("access_agreement"), allow_changes("access_agreement")),
    ]
