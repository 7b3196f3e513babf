"""Many datasets at once: bounded, fair, and none hindering another."""

import threading
from pathlib import Path
from urllib.parse import urlsplit

from commonhold import client
from commonhold.client import errors
from commonhold.client.transfer.many import Many, Result
from commonhold.client.transfer.share import Share
from tests.faults.conftest import leftovers, options, random_bytes, until
from tests.faults.server import Fault, File, Seen, Site

PIECE = 64 << 10


def shelf(count: int, size: int = 1_000_000) -> dict[str, File]:
    """Datasets with as many files, each of its own content."""
    files = [
        File(random_bytes(size, n), f"file-{n}.tar.gz", f"cm0file{n:02d}", f"file-{n}", piece_size=PIECE)
        for n in range(count)
    ]
    return {file.slug: file for file in files}


def fetch_all(site: Site, folder: Path, names: list[str], share: Share, **changes: object) -> list[Result]:
    with client.Client(client.Settings(site.api, None, "the test", folder)) as connected:
        many = Many(connected, share, **changes)
        return list(many.run(client.Request(name, folder, options=options()) for name in names))


def test_all_come_right_within_the_bounds(tmp_path: Path) -> None:
    files = shelf(6)
    running: list[int] = []
    share = Share(5)

    def look(_seen: Seen) -> None:
        if not running:
            until(lambda: share._transfers > 1)
        running.append(share._transfers)

    with Site(*files.values()) as site:
        site.on_storage = look
        results = fetch_all(site, tmp_path, list(files), share, at_once=3)
        assert all(result.outcome for result in results)
        assert site.sessions == 6
    assert {path.name: path.read_bytes() for path in tmp_path.glob("*.tar.gz")} == {
        file.filename: file.content for file in files.values()
    }
    assert leftovers(tmp_path) == []
    assert 1 < share.most_held <= 5
    until(lambda: share._held == 0)
    assert 1 < max(running) <= 3


def test_a_bound_of_one_connection_is_kept(tmp_path: Path) -> None:
    files = shelf(3, 300_000)
    with Site(*files.values()) as site:
        share = Share(1)
        assert all(result.outcome for result in fetch_all(site, tmp_path, list(files), share, at_once=4))
    assert share.most_held == 1


def test_those_that_fail_do_not_hinder_the_others(tmp_path: Path) -> None:
    files = shelf(4, 300_000)
    bad = files["file-1"]
    with Site(*files.values()) as site:
        site.on_storage = lambda seen: Fault("status", status=410) if bad.id in seen.path else None
        files["file-2"].refusal = (403, {"error": "no", "reason": "terms"}, {})
        results = fetch_all(site, tmp_path, [*files, "nowhere"], Share(4))
    failed = {result.request.name: type(result.failure) for result in results if result.failure}
    assert failed == {
        "file-1": errors.GoneError,
        "file-2": errors.NotAllowedError,
        "nowhere": errors.NotFoundError,
    }
    assert sum(result.outcome is not None for result in results) == 2


def test_what_is_here_costs_no_request(tmp_path: Path) -> None:
    files = shelf(5, 200_000)
    with Site(*files.values()) as site:
        fetch_all(site, tmp_path, list(files), Share())
        before = len(site.seen)
        results = fetch_all(site, tmp_path, [*files, *(file.id for file in files.values())], Share())
        assert len(site.seen) == before
    assert [result.outcome.was_present for result in results if result.outcome] == [True] * 10


def test_without_a_key_the_rest_is_not_tried(tmp_path: Path) -> None:
    files = shelf(20, 1000)
    with Site(*files.values()) as site:
        site.key = "chk_another"
        results = fetch_all(site, tmp_path, list(files), Share(), at_once=2)
        assert len(results) <= 4
        assert len(site.seen) <= 4
    assert all(isinstance(result.failure, errors.NotSignedInError) for result in results)


def test_two_names_of_one_dataset_fetch_it_once(tmp_path: Path) -> None:
    files = shelf(1, 500_000)
    with Site(*files.values(), rate=1_000_000) as site:
        results = fetch_all(site, tmp_path, ["file-0", files["file-0"].id], Share())
        assert site.sessions == 1
    assert sorted(result.outcome.was_present for result in results if result.outcome) == [False, True]


def test_stopping_stops_all_and_keeps_what_is_here(tmp_path: Path) -> None:
    """One of them ends, and whoever asked wants no more."""
    files = shelf(3, 2_000_000) | {"tiny": File(b"x", "tiny.tar.gz", "cm0tiny", "tiny", piece_size=PIECE)}
    begun, go_on = set[str](), threading.Event()

    def hold(seen: Seen) -> None:
        if "tiny" in seen.path:
            until(lambda: len(begun) == 3)
        else:
            begun.add(urlsplit(seen.path).path)
            go_on.wait(120)

    with Site(*files.values()) as site:
        site.on_storage = hold
        share = Share()
        with client.Client(client.Settings(site.api, None, "the test", tmp_path)) as connected:
            requests = (client.Request(name, tmp_path, options=options()) for name in files)
            results = Many(connected, share).run(requests)
            first = next(results)
            assert first.request.name == "tiny"
            results.close()
            until(lambda: share._held == 0)
            until(lambda: not list(tmp_path.glob("*.lock")))
        assert len(list(tmp_path.glob("file-*.part"))) == 3
        go_on.set()
        assert all(result.outcome for result in fetch_all(site, tmp_path, list(files), Share()))
        assert site.sessions == 4
