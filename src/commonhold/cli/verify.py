"""``commonhold verify``: is a downloaded file what it should be, and if not, mend it."""

from pathlib import Path

import click

from commonhold.cli.fetching import tell
from commonhold.cli.options import Command, Site, site_options
from commonhold.cli.output import size
from commonhold.cli.progress import watcher_for
from commonhold.client import errors
from commonhold.client.fields import sha256
from commonhold.client.transfer.engine import Options
from commonhold.client.transfer.request import Request
from commonhold.client.transfer.verify import (
    Finding,
    Verifier,
    go_on,
    recorded_checksum,
    unfinished,
    verify_against,
)

_EXAMPLES = """\
commonhold verify corpus.tar.gz
commonhold verify corpus.tar.gz --dataset greetings-in-fifty-languages
commonhold verify corpus.tar.gz --repair
"""


@click.command("verify", cls=Command, epilog=_EXAMPLES)
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--checksum", metavar="SHA256", help="What it should be, as sha256:… or bare hex.")
@click.option("--dataset", metavar="ID", help="The dataset it should be.")
@click.option("--version", type=click.IntRange(1), help="The version it should be, with --dataset.")
@click.option("--repair", is_flag=True, help="Fetch the pieces that are wrong, and only these.")
@site_options
def command(
    site: Site, *, path: Path, checksum: str | None, dataset: str | None, version: int | None, repair: bool
) -> None:
    """Check the file at PATH.

    Without an option it is held against what was recorded when it was downloaded, and no request is made.
    With --dataset, or --repair, it is held piece by piece against what the site tells.
    """
    watcher = watcher_for(site.output)
    if checksum and (dataset or repair):
        raise click.UsageError("--checksum goes with neither --dataset nor --repair.")
    if not dataset and not repair:
        expected = _read_checksum(checksum) if checksum else recorded_checksum(path)
        _tell(site, verify_against(path, expected, "checksum" if checksum else "record", watcher))
        return
    request = Request("", path.parent, options=Options(max_wait=site.max_wait))
    with site.client() as client:
        begun = unfinished(path) if repair else None
        if begun:
            tell(site, [go_on(client, begun, path, request, watcher)])
            return
        verifier = Verifier(client, dataset, version, path)
        finding = verifier.verify(watcher)
        if finding.is_good or not repair:
            _tell(site, finding)
            return
        site.output.message(_what_is_wrong(finding))
        tell(site, [verifier.repair(finding, watcher, request)])


def _read_checksum(text: str) -> str:
    try:
        found = sha256(text)
    except errors.ProtocolError:
        found = None
    if found is None:
        raise click.BadParameter("a SHA-256 has 64 hexadecimal digits.", param_hint="--checksum")
    return found


def _what_is_wrong(finding: Finding) -> str:
    if finding.pieces:
        return f"{len(finding.bad)} of {finding.pieces} pieces are wrong."
    return "It does not have the expected SHA-256."


def _tell(site: Site, finding: Finding) -> None:
    facts = {
        "path": str(finding.path),
        "sizeBytes": finding.size,
        "expected": f"sha256:{finding.expected}",
        "good": finding.is_good,
        "pieces": finding.pieces or None,
        "badPieces": list(finding.bad),
        "basis": finding.basis,
    }
    if not site.output.data(facts) and finding.is_good:
        site.output.line(f"{finding.path}: good ({size(finding.size)})")
    if not finding.is_good:
        raise errors.CorruptError(
            f"{finding.path} is not what it should be. {_what_is_wrong(finding)}",
            hint="Mend it: commonhold verify --repair; or fetch it anew: commonhold download --overwrite",
        )
