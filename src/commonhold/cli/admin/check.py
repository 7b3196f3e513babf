"""``commonhold admin check``: what is wrong with the site's setup, before people find out."""

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output
from commonhold.client.errors import UsageError


@click.command("check")
@click.option("--repair", is_flag=True, help="Give an S3 bucket the CORS and lifecycle rules it lacks.")
@house_options
def command(repair: bool, output: Output) -> None:
    """Check settings, database, store and disk; the exit code is 2 where something must be mended."""
    from commonhold.server.health.checks import inspect, repair_bucket  # noqa: PLC0415  loaded where it is used

    findings = [*(repair_bucket() if repair else ()), *inspect()]
    if not output.data(
        {"findings": [{"level": f.level, "about": f.about, "text": f.text} for f in findings]}
    ):
        for finding in findings:
            output.line(f"{finding.level:<5}  {finding.about}: {finding.text}")
    if any(finding.level == "fault" for finding in findings):
        raise UsageError("Something must be mended.")
