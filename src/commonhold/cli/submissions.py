"""``commonhold submissions``: what your organization wants to publish, and where it stands."""

from collections.abc import Mapping
from typing import Any

import click

from commonhold.cli.options import Site, site_options


@click.group("submissions", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Submissions: list, show, submit, retract, delete."""
    if context.invoked_subcommand is None:
        context.invoke(list_submissions)


@command.command("list")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True, help="Which page.")
@site_options
def list_submissions(site: Site, *, page: int = 1) -> None:
    """List your organization's submissions, the newest first."""
    with site.client() as client:
        found, total = client.submissions_page(page)
    if site.output.data({"submissions": [dict(one.raw) for one in found], "total": total}):
        return
    rows = [[one.id, one.name, one.status, _file(one.raw), one.dataset or ""] for one in found]
    site.output.table(["ID", "NAME", "STATUS", "FILE", "DATASET"], rows, shrink=1)


@command.command("show")
@click.argument("submission")
@site_options
def show(site: Site, *, submission: str) -> None:
    """Show a SUBMISSION with its file and what a reviewer wrote."""
    with site.client() as client:
        found = client.submission(submission)
    if site.output.data(found.raw):
        return
    file = found.raw.get("fileUpload") or {}
    site.output.pairs(
        [
            ("Name", found.name),
            ("ID", found.id),
            ("Status", found.status),
            ("File", file.get("filename")),
            ("Verification", file.get("verification")),
            ("Virus scan", _scan(file)),
            ("Reasons", " ".join(map(str, file.get("reasons", [])))),
            ("Reviewer", found.review_note),
            ("Dataset", found.dataset),
        ]
    )


@command.command("submit")
@click.argument("submission")
@site_options
def submit(site: Site, *, submission: str) -> None:
    """Submit a SUBMISSION for review, agreeing to the site's terms for publishers."""
    with site.client() as client:
        found = client.submit(submission)
    _say(site, found)


@command.command("retract")
@click.argument("submission")
@site_options
def retract(site: Site, *, submission: str) -> None:
    """Withdraw a SUBMISSION from review."""
    with site.client() as client:
        found = client.retract(submission)
    _say(site, found)


@command.command("delete")
@click.argument("submission")
@site_options
def delete(site: Site, *, submission: str) -> None:
    """Delete a SUBMISSION that was not published, with its files."""
    with site.client() as client:
        client.delete_submission(submission)
    if not site.output.data({"id": submission, "deleted": True}):
        site.output.line(f"Submission {submission} is deleted.")


def _say(site: Site, found: Any) -> None:
    if not site.output.data(found.raw):
        site.output.line(f"{found.name}: {found.status.replace('_', ' ')}.")


def _file(raw: Any) -> str:
    file = raw.get("fileUpload")
    return str(file.get("verification") or file.get("status") or "") if isinstance(file, dict) else ""


def _scan(file: Mapping[str, Any]) -> str:
    """Say what a virus scanner saw of a file; nothing where the site has none."""
    scanned = file.get("virusScanned")
    if scanned is None:
        return ""
    return "seen whole" if scanned else "not seen whole"
