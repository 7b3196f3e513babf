"""Whatever goes wrong, the command ends with the code that is documented, says the next step, and keeps nothing wrong."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.conftest import SMALL_PIECE, Command, random_bytes
from tests.faults.server import Fault, File, Seen, Site

CONTENT = random_bytes(2_000_000)
REFUSALS = {401: 3, 402: 3, 403: 3, 404: 4, 410: 4, 451: 4, 429: 5, 500: 7, 503: 7}


def download(command: Command, site: Site, folder: Path, max_wait: int) -> tuple[int, dict]:
    result = command(
        "download",
        "greetings",
        "--json",
        "--max-wait",
        str(max_wait),
        "--api-url",
        site.api,
        "-o",
        str(folder),
    )
    assert "Traceback" not in result.stderr
    facts = json.loads(result.stdout)["downloads"][0]
    assert "error" not in facts or facts["error"]["exitCode"] == result.returncode
    assert "error" not in facts or facts["error"]["hint"]
    final = folder / "greetings.tar.gz"
    assert not final.exists() or final.read_bytes() == CONTENT
    assert final.exists() == (result.returncode == 0)
    return result.returncode, facts


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (lambda _seen: Fault("flip", after=1_000_000), 6),
        (lambda _seen: Fault("truncated"), 6),
        (lambda _seen: Fault("wrong-range"), 6),
        (lambda _seen: Fault("gzip"), 6),
        (lambda _seen: Fault("long"), 6),
        (lambda _seen: Fault("close"), 7),
        (lambda _seen: Fault("status", status=503, header="3600"), 7),
        (lambda _seen: Fault("status", status=500), 7),
        (lambda _seen: Fault("status", status=404), 4),
        (lambda _seen: Fault("status", status=410), 4),
        (lambda _seen: Fault("status", status=403), 3),
        (lambda seen: Fault("redirect", header=seen.path), 6),
        (lambda seen: Fault("cut", after=30_000) if seen.number % 2 else None, 0),
        (lambda _seen: Fault("whole"), 0),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else "",
)
def test_faults_of_the_storage(
    tmp_path: Path, command: Command, fault: Callable[[Seen], Fault | None], code: int
) -> None:
    with Site(File(CONTENT, piece_size=SMALL_PIECE)) as site:
        site.on_storage = fault
        # What comes to a good end must have the time for it.
        assert download(command, site, tmp_path, 1 if code else 60)[0] == code
        assert site.sessions == 1


def test_refusals_of_the_site(tmp_path: Path, command: Command) -> None:
    with Site(File(CONTENT)) as site:
        for status, code in REFUSALS.items():
            site.on_api = lambda _seen, status=status: (status, {"error": "No."}, {"Retry-After": "3600"})
            assert download(command, site, tmp_path, 1)[0] == code
        site.on_api = lambda _seen: None
        assert site.storage == []
