"""A notice says how serious it is."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("site", "0001_switches")]
    operations = [
        migrations.AddField(
            model_name="sitestate",
            name="notice_severity",
            field=models.CharField(max_length=16, default="info", db_default="info"),
        ),
        migrations.AddConstraint(
            model_name="sitestate",
            constraint=models.CheckConstraint(
                condition=models.Q(("notice_severity__in", ("info", "warning", "critical"))),
                name="site_notice_severity",
            ),
        ),
    ]
