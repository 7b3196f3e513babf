"""``commonhold publish``: a dataset, or a new version of one."""

from pathlib import Path
from typing import Any

import click

from commonhold.cli.options import Command, Site, site_options
from commonhold.cli.output import size
from commonhold.cli.progress import watcher_for
from commonhold.client import errors
from commonhold.client.api import Client

_EXAMPLES = """\
commonhold publish greetings.tar.gz --metadata greetings.yaml
commonhold publish greetings.tar.gz --metadata greetings.json --sample few.tar.gz --no-submit
commonhold publish greetings-2.tar.gz --dataset greetings-in-fifty-languages
"""
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("publish", cls=Command, epilog=_EXAMPLES)
@click.argument("archive", type=_FILE)
@click.option("--metadata", type=_FILE, metavar="FILE", help="Fields of the submission, as JSON or YAML.")
@click.option("--sample", type=_FILE, metavar="FILE", help="A small archive that shows what it is like.")
@click.option("--submission", metavar="ID", help="Go on with this submission.")
@click.option("--dataset", metavar="ID", help="Send a new version of this published dataset.")
@click.option("--submit/--no-submit", default=True, help="Submit for review, or leave it a draft.")
@click.option("--wait/--no-wait", default=True, help="Wait until the site has verified the archive.")
@click.option(
    "--connections", type=click.IntRange(1, 16), default=8, show_default=True, help="At most this many."
)
@site_options
def command(site: Site, *, archive: Path, dataset: str | None, **options: Any) -> None:
    """Send ARCHIVE and submit it for review, or as a new version of a DATASET that is published.

    Run the same command again after an interruption of any kind: it sends only what is missing.
    """
    with site.client() as client:
        if dataset is not None:
            if options["metadata"] or options["submission"] or options["sample"]:
                raise errors.UsageError("--dataset goes with an archive alone.")
            _new_version(site, client, archive, dataset, **options)
        else:
            _submission(site, client, archive, **options)


def _new_version(site: Site, client: Client, archive: Path, dataset: str, **options: Any) -> None:
    from commonhold.client.upload import publish  # noqa: PLC0415 -- loaded where it is used

    submission = client.dataset(dataset).raw.get("submissionId")
    if not isinstance(submission, str):
        raise errors.NotAllowedError(
            f"{dataset} is not a dataset of your organization, or came here another way.",
            hint="Use a key of the organization that publishes it.",
        )
    sent = publish.add_version(
        client, archive, submission, connections=options["connections"], watcher=watcher_for(site.output)
    )
    _tell(site, client, submission, sent.upload, "sent", wait=options["wait"])


def _submission(site: Site, client: Client, archive: Path, **options: Any) -> None:
    from commonhold.client import metadata  # noqa: PLC0415 -- loaded where it is used
    from commonhold.client.upload import publish  # noqa: PLC0415

    if options["metadata"] is None and options["submission"] is None:
        raise errors.UsageError(
            "A new submission needs --metadata FILE.", hint="docs/how-to/publish.md lists the fields."
        )
    fields = metadata.read(options["metadata"]) if options["metadata"] else {}
    what = publish.Publication(
        archive, fields, options["sample"], options["submission"], options["connections"]
    )
    submission, upload = publish.prepare(client, what, watcher_for(site.output))
    status = submission.status
    if options["submit"] and status not in {"submitted", "in_review", "approved"}:
        status = client.submit(submission.id).status
    _tell(site, client, submission.id, upload, status, wait=options["wait"])
    if options["submit"]:
        # Only now: an interruption before this line goes on with the same submission.
        publish.finish(client, what)


def _tell(site: Site, client: Client, submission: str, upload: str, status: str, *, wait: bool) -> None:
    from commonhold.client.upload import publish  # noqa: PLC0415 -- loaded where it is used

    found: Any = {}
    if wait:
        site.output.message("The site verifies what has arrived.")
        found = publish.await_verification(client, upload)
    facts = {
        "submission": submission,
        "upload": upload,
        "status": status,
        "verification": found.get("verification"),
        "checksum": found.get("checksum"),
        "reasons": found.get("reasons", []),
        "version": found.get("version"),
    }
    if not site.output.data(facts):
        site.output.line(f"Submission {submission}: {status.replace('_', ' ')}.")
        if found.get("verification") == "verified":
            site.output.message(f"Verified, {size(int(found.get('fileSize', 0)))}: {found.get('checksum')}")
    if found.get("verification") == "rejected":
        raise errors.CorruptError(
            f"The site cannot publish this file: {' '.join(map(str, facts['reasons']))}",
            hint="Mend the archive and run the same command again.",
        )
