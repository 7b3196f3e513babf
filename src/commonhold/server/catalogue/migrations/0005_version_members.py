"""What lies where in each version's archive; versions from before have none until they are verified again."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0004_words_and_popularity")]
    operations = [
        migrations.CreateModel(
            name="VersionMembers",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="members",
                        serialize=False,
                        to="catalogue.datasetversion",
                    ),
                ),
                ("listing", models.BinaryField()),
                ("windows", models.BinaryField()),
            ],
            options={"verbose_name_plural": "version members"},
        )
    ]
