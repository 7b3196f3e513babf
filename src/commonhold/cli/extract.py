"""``commonhold extract``: some files out of a dataset's archive."""

from pathlib import Path

import click

from commonhold.cli.options import Command, Site, proof_option, site_options
from commonhold.cli.output import size
from commonhold.cli.progress import watcher_for
from commonhold.client import errors
from commonhold.client.archive.archive import Archive, Proof
from commonhold.client.archive.choose import chosen
from commonhold.client.archive.folder import Folder
from commonhold.client.archive.models import LINK

_EXAMPLES = """\
commonhold extract big-corpus 'clips/sw_*' --output clips
commonhold extract big-corpus metadata.tsv README.md
"""


@click.command("extract", cls=Command, epilog=_EXAMPLES)
@click.argument("dataset")
@click.argument("patterns", nargs=-1, required=True, metavar="PATTERN...")
@click.option(
    "--output", "-o", "folder", type=click.Path(path_type=Path), metavar="DIR", help="Where files go."
)
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@proof_option
@site_options
def command(
    site: Site,
    *,
    dataset: str,
    patterns: tuple[str, ...],
    folder: Path | None,
    version: int | None,
    overwrite: bool,
    proof: Proof,
) -> None:
    """Extract the members of the archive of a DATASET that a PATTERN names, fetching only their parts.

    Each PATTERN is a member's name, a folder (`clips/`), or a name with `*`, `?` and `[…]`, of which `*` also
    crosses folders. Spends one download of the day's quota, or none while an address of an earlier `cat` or
    `extract` lives. To extract everything, `download --extract` is the faster way.
    """
    facts: list[dict[str, object]] = []
    watcher = watcher_for(site.output)
    with (
        site.client() as client,
        Archive(client, dataset, version=version, proof=proof, note=watcher.note) as archive,
    ):
        members = list(chosen(archive, patterns))
        if not members:
            raise errors.NotFoundError(
                "No member of the archive fits.", hint=f"See what there is: commonhold ls {dataset}"
            )
        target = Folder(folder or client.settings.download_folder, overwrite=overwrite)
        whole, done = sum(member.size for member in members if member.is_file), 0
        watcher.begin(archive.about.filename, whole, 0)
        try:
            for content in archive.contents(members):
                member = content.member
                if member.is_file:
                    path = target.file(member.name, member.size, content.chunks)
                    facts.append(
                        {"path": str(path), "sizeBytes": member.size, "proof": content.proof or None}
                    )
                    done += member.size
                    watcher.advance(done, 1)
                elif member.kind != LINK:
                    target.folder(member.name)
        finally:
            watcher.end()
        cost = archive.cost
    links = sum(member.kind == LINK for member in members)
    unproven = sum(not fact["proof"] for fact in facts)
    result = {"files": facts, "links": links, "receivedBytes": cost.received, "sessions": cost.sessions}
    if site.output.data(result):
        return
    for fact in facts:
        site.output.line(str(fact["path"]))
    if links:
        site.output.message(f"{links} links were left out.")
    if unproven:
        site.output.message(f"{unproven} files are not proven; --proof always would cost more.")
    site.output.message(f"{len(facts)} files, {size(whole)}; {size(cost.received)} came over the network.")
