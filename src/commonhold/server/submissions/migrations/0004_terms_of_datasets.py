"""Submissions of datasets take over the publisher's terms that are there: approving one again must not drop them."""

from typing import Any

from django.db import migrations

# As many characters as the field takes.
_LIMIT = 25_000


def take_over(apps: Any, schema_editor: Any) -> None:
    """Copy each dataset's own terms, in its default locale, to its submissions."""
    submissions = apps.get_model("submissions", "Submission").objects.filter(dataset__isnull=False, terms="")
    for submission in submissions.select_related("dataset").iterator(chunk_size=500):
        texts = submission.dataset.publisher_terms
        if text := texts.get(submission.dataset.default_locale):
            submission.terms = text[:_LIMIT]
            submission.save(update_fields=["terms"])


class Migration(migrations.Migration):
    dependencies = [
        ("catalogue", "0005_version_members"),
        ("submissions", "0003_translations_and_terms"),
    ]

    operations = [migrations.RunPython(take_over, migrations.RunPython.noop)]
