"""What ``download`` and ``sample`` have in common: fetch, tell, and say how it went."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click

from commonhold.cli.errors import described, exit_code, report
from commonhold.cli.options import Site
from commonhold.cli.output import size
from commonhold.cli.progress import watcher_for
from commonhold.client import errors
from commonhold.client.transfer.fetch import download
from commonhold.client.transfer.request import Outcome, Request

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


def fetch_all(
    site: Site, names: Sequence[str], make: Callable[[str, Path], Request], output: Path | None
) -> None:
    """Fetch one after the other; go on after a failure, and leave with the code of the first."""
    facts: list[dict[str, object]] = []
    first_failure: errors.CommonholdError | None = None
    with site.client() as client:
        folder = output or client.settings.download_folder
        for name in names:
            try:
                outcome = download(client, make(name, folder), watcher_for(site.output))
            except errors.CommonholdError as error:
                first_failure = first_failure or error
                facts.append({"dataset": name, "status": "failed", "error": described(error)})
                if not site.output.as_json:
                    report(error, as_json=False)
                if isinstance(error, errors.NotSignedInError):
                    break
                continue
            facts.append(_facts(outcome))
            _tell(site, outcome)
    site.output.data({"downloads": facts})
    if first_failure:
        raise click.exceptions.Exit(exit_code(first_failure))


def tell(site: Site, outcomes: Sequence[Outcome]) -> None:
    """Say what was fetched."""
    site.output.data({"downloads": [_facts(outcome) for outcome in outcomes]})
    for outcome in outcomes:
        _tell(site, outcome)


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


def _tell(site: Site, outcome: Outcome) -> None:
    output = site.output
    if output.as_json:
        return
    output.line(str(outcome.path))
    if outcome.was_present:
        output.message(f"It was here already, verified ({size(outcome.size)}); no quota was spent.")
        return
    pace = f", {size(int(outcome.received / outcome.seconds))}/s" if outcome.seconds > 0.5 else ""
    proof = "verified" if outcome.is_verified else "NOT verified: the site tells no checksum"
    output.message(f"{size(outcome.size)}{pace}, {proof}.")
