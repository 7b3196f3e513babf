"""``commonhold admin submission``: the operator's way to review."""

from collections.abc import Callable
from typing import Any

import click

from commonhold.cli.admin.house import house_options
from commonhold.cli.output import Output
from commonhold.client.errors import NotAllowedError, NotFoundError, UsageError


@click.group("submission")
def command() -> None:
    """Submissions: list, approve, reject, ask for edits; new versions that wait for review."""


@command.command("list")
@click.option("--all", "everything", is_flag=True, help="Not only what waits for review.")
@house_options
def list_submissions(everything: bool, output: Output) -> None:
    """List what waits for review, the longest waiting first."""
    from commonhold.server.kit.clock import iso  # noqa: PLC0415  loaded where it is used
    from commonhold.server.submissions import states  # noqa: PLC0415
    from commonhold.server.submissions.models import Submission, Upload  # noqa: PLC0415

    found = Submission.objects.filter(deleted_at=None).select_related("organization", "archive")
    if not everything:
        found = found.filter(status__in=states.UNDER_REVIEW)
    rows = [
        {
            "id": one.public_id,
            "name": one.name,
            "organization": one.organization.slug,
            "status": one.status,
            "file": one.archive.verification if one.archive else "",
            "virusScanned": one.archive.scanned if one.archive else None,
            "submittedAt": iso(one.submitted_at) if one.submitted_at else None,
        }
        for one in found.order_by("submitted_at", "id")[:1000]
    ]
    versions = [
        {"id": one.public_id, "filename": one.filename, "submission": one.submission.public_id}
        for one in Upload.objects.filter(release=states.AWAITS_REVIEW).select_related("submission")[:1000]
    ]
    if output.data({"submissions": rows, "versions": versions}):
        return
    headings = ["ID", "NAME", "ORGANIZATION", "STATUS", "FILE"]
    cells = [[one["id"], one["name"], one["organization"], one["status"], _state(one)] for one in rows]
    output.table(headings, cells, shrink=1)
    for one in versions:
        output.line(f"New version {one['id']} ({one['filename']}) of submission {one['submission']}")


def _state(row: dict[str, Any]) -> str:
    """Say how far a file is, and whether the site's virus scanner did not see all of it."""
    return f"{row['file']}, not scanned whole" if row["virusScanned"] is False else row["file"]


@command.command("approve")
@click.argument("submission")
@house_options
def approve(submission: str, output: Output) -> None:
    """Publish SUBMISSION, once its file is verified."""
    from commonhold.server.submissions.actions import review  # noqa: PLC0415  as above

    found = decided(lambda: review.approve(None, submission))
    if not output.data({"id": submission, "status": found.status, "dataset": found.dataset.public_id}):
        output.line(f"{found.name} is published: dataset {found.dataset.public_id} ({found.dataset.slug}).")


@command.command("request-edits")
@click.argument("submission")
@click.option("--note", required=True, help="What to change; the publisher reads it.")
@house_options
def request_edits(submission: str, note: str, output: Output) -> None:
    """Give SUBMISSION back to its publisher."""
    from commonhold.server.submissions.actions import review  # noqa: PLC0415  as above

    _told(decided(lambda: review.request_edits(None, submission, note)), output)


@command.command("reject")
@click.argument("submission")
@click.option("--note", required=True, help="Why; the publisher reads it.")
@house_options
def reject(submission: str, note: str, output: Output) -> None:
    """Turn SUBMISSION down for good."""
    from commonhold.server.submissions.actions import review  # noqa: PLC0415  as above

    _told(decided(lambda: review.reject(None, submission, note)), output)


@command.command("release-version")
@click.argument("upload")
@house_options
def release_version(upload: str, output: Output) -> None:
    """Let the new version UPLOAD of a published dataset go live."""
    from commonhold.server.submissions.actions import review  # noqa: PLC0415  as above

    found = decided(lambda: review.release_version(None, upload))
    if not output.data({"id": upload, "release": "released"}):
        output.line(f"{found.filename} is published.")


@command.command("review-new-versions")
@click.argument("organization")
@click.argument("switch", type=click.Choice(["on", "off"]))
@house_options
def review_new_versions(organization: str, switch: str, output: Output) -> None:
    """Say whether new versions of an ORGANIZATION's datasets wait for a reviewer."""
    from commonhold.cli.admin.house import organization_with  # noqa: PLC0415  as above
    from commonhold.server.submissions.actions.policy import set_review_of_versions  # noqa: PLC0415

    set_review_of_versions(None, organization_with(organization), needed=switch == "on")
    if not output.data({"organization": organization, "reviewNewVersions": switch == "on"}):
        told = "wait for a reviewer" if switch == "on" else "go live when they are verified"
        output.line(f"New versions of {organization}'s datasets {told}.")


def decided(decide: Callable[[], Any]) -> Any:
    """Make a decision, turning the rules' refusals into the command's errors."""
    from commonhold.server.submissions.rules import InvalidError, Reason, Refused  # noqa: PLC0415  as above

    try:
        return decide()
    except Refused as refusal:
        kind = NotFoundError if refusal.reason in {Reason.NOT_FOUND, Reason.GONE} else NotAllowedError
        raise kind(refusal.message) from refusal
    except InvalidError as error:
        told = "; ".join(f"{name}: {text}" for name, text in error.mistakes.items())
        raise UsageError(f"That cannot be decided yet. {told}") from error


def _told(submission: Any, output: Output) -> None:
    if not output.data({"id": submission.public_id, "status": submission.status}):
        output.line(
            f"{submission.name}: {submission.status.replace('_', ' ')}. The publisher is told by mail."
        )
