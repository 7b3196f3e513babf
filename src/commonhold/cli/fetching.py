"""What ``download`` and ``sample`` have in common: fetch, tell, and say how it went."""

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import click

from commonhold.cli.errors import described, exit_code, report
from commonhold.cli.options import Site
from commonhold.cli.output import size
from commonhold.cli.progress import Board, watcher_for
from commonhold.client import errors
from commonhold.client.api import Client
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.request import Outcome, Request, Watcher

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Rate(click.ParamType[int]):
    """Bytes per second as people write them: 500K, 2M, 1G."""

    name = "rate"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read one."""
        if isinstance(value, int):
            return value
        text = str(value).upper().removesuffix("/S").removesuffix("B").removesuffix("I")
        digits, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS and text else (text, "")
        try:
            rate = int(float(digits) * _UNITS[unit])
        except (ValueError, OverflowError):
            rate = 0
        if rate < 1024:
            self.fail(f"{value!r} is no rate of at least 1K; write 500K, 2M or 1G.", param, ctx)
        return rate


def obtain(site: Client, request: Request, watcher: Watcher, *, keep_archive: bool = False) -> Outcome:
    """Bring what one request asks for: an archive, what lies in it, or both."""
    if not request.extract:
        return download(site, request, watcher)
    from commonhold.client.transfer import extract  # noqa: PLC0415 -- needs tarfile, which most runs do not

    if not keep_archive:
        return extract.extract(site, request, watcher)
    outcome = download(site, replace(request, extract=False), watcher)
    path, links = extract.extract_kept(outcome, overwrite=request.overwrite)
    return replace(outcome, path=path, links=links, was_present=False)


def fetch_one(site: Site, request: Request, *, keep_archive: bool = False) -> None:
    """Fetch one dataset and say how it went."""
    with site.client() as client:
        request = replace(request, folder=_folder(client, request.folder))
        try:
            outcome = obtain(client, request, watcher_for(site.output), keep_archive=keep_archive)
        except errors.CommonholdError as error:
            if not site.output.as_json:
                raise
            site.output.data({"downloads": [_failed(request, error)]})
            raise click.exceptions.Exit(exit_code(error)) from error
    tell(site, [outcome])


def fetch_many(
    site: Site,
    client: Client,
    requests: Iterable[Request],
    *,
    connections: int,
    at_once: int,
    rate: int | None,
    keep_archive: bool = False,
) -> None:
    """Fetch several side by side; go on after a failure, and leave with the highest of the exit codes."""
    from commonhold.client.transfer.many import Many  # noqa: PLC0415 -- one dataset does not need it
    from commonhold.client.transfer.share import Share  # noqa: PLC0415

    board = Board(site.output)

    def fetch(connected: Client, request: Request, watcher: Watcher) -> Outcome:
        return obtain(connected, request, watcher, keep_archive=keep_archive)

    many = Many(
        client,
        Share(connections, rate),
        at_once=at_once,
        watcher=board.watcher,
        fetch=fetch if keep_archive else None,
    )
    facts: list[dict[str, object]] = []
    failures: list[tuple[Request, errors.CommonholdError]] = []
    outcomes: list[Outcome] = []
    folder = _folder(client, Path())
    placed = (replace(one, folder=folder if one.folder == Path() else one.folder) for one in requests)
    with closing(many.run(placed)) as results:
        for result in results:
            if result.outcome:
                outcomes.append(result.outcome)
                facts.append(_facts(result.outcome))
                _tell(site, result.outcome, is_one=False)
            elif result.failure:
                failures.append((result.request, result.failure))
                facts.append(_failed(result.request, result.failure))
    summary = _summary(outcomes, len(failures))
    site.output.data({"downloads": facts, "summary": summary})
    if not site.output.as_json:
        _tell_summary(site, summary, failures)
    if failures:
        raise click.exceptions.Exit(max(exit_code(failure) for _, failure in failures))


def tell(site: Site, outcomes: Sequence[Outcome]) -> None:
    """Say what was fetched."""
    site.output.data({"downloads": [_facts(outcome) for outcome in outcomes]})
    for outcome in outcomes:
        _tell(site, outcome)


def _folder(client: Client, named: Path) -> Path:
    return client.settings.download_folder if named == Path() else named


def _facts(outcome: Outcome) -> dict[str, object]:
    return {
        "dataset": outcome.dataset,
        "status": "present" if outcome.was_present else "downloaded",
        "path": str(outcome.path),
        "version": outcome.version,
        "sizeBytes": outcome.size,
        "checksum": f"sha256:{outcome.checksum}" if outcome.checksum else None,
        "verified": outcome.is_verified,
        "receivedBytes": outcome.received,
        "seconds": round(outcome.seconds, 3),
        "sessions": outcome.sessions,
    }


def _failed(request: Request, error: errors.CommonholdError) -> dict[str, object]:
    return {"dataset": request.name, "status": "failed", "error": described(error)}


def _summary(outcomes: Sequence[Outcome], failed: int) -> dict[str, int]:
    present = sum(outcome.was_present for outcome in outcomes)
    return {
        "downloaded": len(outcomes) - present,
        "present": present,
        "failed": failed,
        "receivedBytes": sum(outcome.received for outcome in outcomes),
        "sessions": sum(outcome.sessions for outcome in outcomes),
    }


def _tell_summary(
    site: Site, summary: dict[str, int], failures: Sequence[tuple[Request, errors.CommonholdError]]
) -> None:
    site.output.message(
        f"{summary['downloaded']} downloaded ({size(summary['receivedBytes'])}), {summary['present']} were "
        f"here already, {summary['failed']} failed."
    )
    for request, failure in failures:
        failure.message = f"{request.name}: {failure.message}"
        report(failure, as_json=False)


def _tell(site: Site, outcome: Outcome, *, is_one: bool = True) -> None:
    output = site.output
    if output.as_json:
        return
    output.line(str(outcome.path))
    name = "" if is_one else f"{outcome.path.name}: "
    if outcome.was_present:
        output.message(f"{name}It was here already, verified ({size(outcome.size)}); no quota was spent.")
        return
    pace = f", {size(int(outcome.received / outcome.seconds))}/s" if outcome.seconds > 0.5 else ""
    proof = "verified" if outcome.is_verified else "NOT verified: the site tells no checksum"
    output.message(f"{name}{size(outcome.size)}{pace}, {proof}.")
    if outcome.links:
        output.message(f"{name}{outcome.links} links were left out.")
