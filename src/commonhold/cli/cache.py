"""``commonhold cache``: the files that programs share."""

from dataclasses import replace
from typing import Any

import click

from commonhold.cli.options import Command, output_options
from commonhold.cli.output import Output, size
from commonhold.client import errors
from commonhold.client.cache import Cache, Entry, intact

_EXAMPLES = """\
commonhold cache ls
commonhold cache rm greetings-in-fifty-languages
"""


@click.group("cache")
def command() -> None:
    """See, clear and check the cache: the verified files that programs share.

    Programs put files there with `commonhold.client.cached`. It stands in `COMMONHOLD_CACHE`, or else in
    `~/.cache/commonhold`.
    """


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "dataset": entry.record.dataset,
        "slug": entry.record.slug,
        "version": entry.record.version,
        "sizeBytes": entry.record.size,
        "path": str(entry.path),
        "site": entry.record.api_url,
        "intact": entry.is_intact,
    }


@command.command("ls")
@output_options
def ls(output: Output) -> None:
    """List what is in the cache."""
    cache = Cache()
    entries, unfinished = list(cache.entries()), list(cache.unfinished())
    facts = {
        "folder": str(cache.folder),
        "files": [_facts(entry) for entry in entries],
        "unfinished": [{"path": str(path), "sizeBytes": taken} for path, taken in unfinished],
    }
    if output.data(facts):
        return
    rows = [
        (
            entry.record.slug or entry.record.dataset,
            str(entry.record.version or ""),
            size(entry.record.size),
            str(entry.path) if entry.is_intact else f"{entry.path} (changed since)",
        )
        for entry in entries
    ]
    rows += [("(unfinished)", "", size(taken), str(path)) for path, taken in unfinished]
    output.table(("DATASET", "VERSION", "SIZE", "PATH"), rows, shrink=3)
    whole = sum(entry.record.size for entry in entries) + sum(taken for _, taken in unfinished)
    output.message(f"{len(rows)} files, {size(whole)}, in {cache.folder}.")


@command.command("rm", cls=Command, epilog=_EXAMPLES)
@click.argument("datasets", nargs=-1, metavar="[DATASET...]")
@click.option("--version", type=click.IntRange(1), help="Only this version.")
@click.option(
    "--all", "everything", is_flag=True, help="Everything, unfinished downloads and kept addresses too."
)
@output_options
def rm(output: Output, *, datasets: tuple[str, ...], version: int | None, everything: bool) -> None:
    """Remove each DATASET, by id or slug, from the cache.

    What is being downloaded right now stays.
    """
    if everything == bool(datasets) or (everything and version):
        raise click.UsageError("Name datasets, or give --all.")
    names = None if everything else frozenset(datasets)
    count, taken = Cache().remove(names, version=version)
    if not output.data({"removed": count, "sizeBytes": taken}):
        output.message(f"{count} files removed, {size(taken)}.")
    if datasets and not count:
        raise errors.NotFoundError(
            "No such dataset is in the cache.", hint="See what is: commonhold cache ls"
        )


@command.command("verify")
@click.option("--remove", is_flag=True, help="Remove what is damaged; it is fetched again when it is needed.")
@output_options
def verify(output: Output, *, remove: bool) -> None:
    """Hold every file in the cache against its SHA-256."""
    cache = Cache()
    found = [_looked_at(entry) for entry in cache.entries() if entry.record.checksum]
    damaged = [entry for entry in found if not entry.is_intact]
    if not output.data({"files": [_facts(entry) for entry in found]}):
        for entry in found:
            output.line(f"{entry.path}: {'good' if entry.is_intact else 'DAMAGED'}")
    if remove:
        for entry in damaged:
            cache.remove(frozenset({entry.record.dataset}), version=entry.record.version)
        output.message(f"{len(damaged)} files removed.")
    elif damaged:
        raise errors.CorruptError(
            f"{len(damaged)} of {len(found)} files are damaged.", hint="commonhold cache verify --remove"
        )


def _looked_at(entry: Entry) -> Entry:
    try:
        return intact(entry)
    except errors.LocalFileError:
        return replace(entry, is_intact=False)
