from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DayCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("dataset", models.BigIntegerField()),
                ("kind", models.CharField(max_length=16)),
                ("day", models.DateField()),
                ("version", models.PositiveIntegerField(default=0)),
                ("count", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("dataset", "kind", "day", "version"), name="statistics_count_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ("download", "view"))), name="statistics_count_kind"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("mark", models.CharField(max_length=32)),
                ("dataset", models.BigIntegerField()),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("day", "mark"), name="statistics_mark_once")],
            },
        ),
        migrations.CreateModel(
            name="Progress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("record", models.BigIntegerField(default=0)),
            ],
            options={
                "verbose_name_plural": "progress",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("pk", 1)), name="statistics_progress_one_row")
                ],
            },
        ),
    ]
