"""``commonhold cat``: one file out of a dataset's archive."""

import base64
import sys

import click

from commonhold.cli.options import Command, Site, proof_option, site_options
from commonhold.client.archive.archive import Archive, Content, Proof

_EXAMPLES = """\
commonhold cat greetings-in-fifty-languages greetings.tsv | head
commonhold cat big-corpus clips/sw_000001.mp3 > one.mp3
"""


@click.command("cat", cls=Command, epilog=_EXAMPLES)
@click.argument("dataset")
@click.argument("members", nargs=-1, required=True, metavar="MEMBER...")
@click.option("--version", type=click.IntRange(1), help="A version other than the current one.")
@proof_option
@site_options
def command(site: Site, *, dataset: str, members: tuple[str, ...], version: int | None, proof: Proof) -> None:
    """Write each MEMBER of the archive of a DATASET to stdout, fetching only its part of the archive.

    The first one spends a download of the day's quota; all that follow, of this version and from any command,
    use the same address while it lives.
    """
    facts: list[dict[str, object]] = []
    with (
        site.client() as client,
        Archive(client, dataset, version=version, proof=proof, note=site.output.message) as archive,
    ):
        found = [archive.find(name) for name in members]
        for member in found:
            if not member.is_file:
                raise click.UsageError(f"{member.name} is a {member.kind}, which has no content.")
        for member in found:
            for content in archive.contents([member]):
                facts.append(_written(content, as_json=site.output.as_json))
                if not content.proof:
                    site.output.message(f"{member.name} is not proven; --proof always would cost more.")
        cost = archive.cost
    site.output.data({"members": facts, "receivedBytes": cost.received, "sessions": cost.sessions})


def _written(content: Content, *, as_json: bool) -> dict[str, object]:
    facts: dict[str, object] = {
        "name": content.member.name,
        "sizeBytes": content.member.size,
        "proof": content.proof or None,
    }
    if not as_json:
        for chunk in content.chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()
        return facts
    whole = b"".join(content.chunks)
    try:
        return facts | {"text": whole.decode()}
    except UnicodeDecodeError:
        return facts | {"base64": base64.b64encode(whole).decode()}
