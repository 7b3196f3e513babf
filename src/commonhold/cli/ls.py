"""``commonhold ls``: what lies in a dataset's archive."""

import click

from commonhold.cli.options import Command, Site, site_options
from commonhold.cli.output import size
from commonhold.client.archive.archive import Archive
from commonhold.client.archive.choose import chosen

_EXAMPLES = """\
commonhold ls greetings-in-fifty-languages
commonhold ls big-corpus 'clips/sw_*.mp3'
"""


@click.command("ls", cls=Command, epilog=_EXAMPLES)
@click.argument("dataset")
@click.argument("patterns", nargs=-1, metavar="[PATTERN...]")
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@site_options
def command(site: Site, *, dataset: str, patterns: tuple[str, ...], version: int | None) -> None:
    """List the members of the archive of a DATASET, all or those that a PATTERN names.

    A PATTERN is a member's name, a folder (`clips/`), or a name with `*`, `?` and `[…]`, of which `*` also
    crosses folders. Nothing is fetched but the list, and no quota is spent.
    """
    with site.client() as client, Archive(client, dataset, version=version) as archive:
        about = archive.about
        members = chosen(archive, patterns)
        if site.output.as_json:
            rows = [{"name": one.name, "kind": one.kind, "sizeBytes": one.size} for one in members]
            facts = {
                "dataset": about.dataset,
                "version": about.version,
                "filename": about.filename,
                "archive": about.archive,
                "total": about.total,
                "members": rows,
            }
            site.output.data(facts)
            return
        count = 0
        for count, member in enumerate(members, 1):  # noqa: B007 -- told when all have gone by
            shown = "" if not member.is_file else size(member.size)
            marked = member.name + (" (link)" if member.kind == "link" else "")
            site.output.line(member.name if site.output.quiet else f"{shown:>12}  {marked}")
    site.output.message(f"{count} of {about.total} members of {about.filename}.")
