"""``commonhold doctor``: what stands between this machine and a download."""

import click

from commonhold.cli.errors import USAGE, exit_code
from commonhold.cli.options import Site, site_options

_SIGNS = {"ok": "ok   ", "warn": "warn ", "fail": "FAIL "}


@click.command("doctor")
@site_options
def command(site: Site) -> None:
    """Find what is wrong: network, proxy, certificates, clock, key, limits, storage, folders.

    Nothing is changed, and no quota is spent. Ends with 0 when nothing failed; a warning is no failure.
    """
    from commonhold.client import doctor  # noqa: PLC0415 -- loaded where it is used

    code, facts = 0, []
    for finding in doctor.examine(site.settings()):
        facts.append(
            {"about": finding.about, "grade": finding.grade, "text": finding.text, "advice": finding.advice}
        )
        if finding.grade == doctor.FAIL and not code:
            code = exit_code(finding.error) if finding.error else USAGE
        if site.output.as_json or (site.output.quiet and finding.grade == doctor.OK):
            continue
        site.output.line(f"{_SIGNS[finding.grade]} {finding.about:<9}  {finding.text}")
        if finding.advice:
            site.output.line(f"{'':<17}{finding.advice}")
    site.output.data({"findings": facts})
    if code:
        raise click.exceptions.Exit(code)
