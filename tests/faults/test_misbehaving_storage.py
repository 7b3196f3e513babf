"""A download ends with the right bytes, or with an error and none, whatever the storage does."""

import contextlib
import itertools
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from commonhold.client import errors
from commonhold.client.transfer import engine
from commonhold.client.transfer.record import Record
from commonhold.client.transfer.request import Watcher
from commonhold.client.transfer.resume import Workplace
from commonhold.client.transfer.source import Identity, Source
from commonhold.client.transfer.worker import Worker
from tests.faults.conftest import SMALL_PIECE, Listener, fetch, is_right, leftovers, options, random_bytes
from tests.faults.server import Fault, File, Seen, Site

SIZE = 5_000_001
CONTENT = random_bytes(SIZE)
BOTH = pytest.mark.parametrize("known_pieces", [True, False], ids=["pieces", "whole"])


def small(*, known_pieces: bool = True, **changes: object) -> File:
    return File(CONTENT, piece_size=SMALL_PIECE, known_pieces=known_pieces, **changes)


def first_times(count: int, fault: Fault) -> Callable[[Seen], Fault | None]:
    """Misbehave so many times, then behave."""
    left = iter(range(count))
    return lambda _seen: fault if next(left, None) is not None else None


@BOTH
def test_a_download_arrives_whole_and_leaves_nothing_else(tmp_path: Path, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, CONTENT)
    assert outcome.is_verified
    assert outcome.received == SIZE
    assert (site.sessions, leftovers(tmp_path)) == (1, [])


def test_an_empty_file_arrives(tmp_path: Path) -> None:
    with Site(File(b"")) as site:
        assert fetch(site, tmp_path).path.read_bytes() == b""


def test_a_file_of_which_the_site_knows_no_hash_is_not_called_verified(tmp_path: Path) -> None:
    with Site(small(known_pieces=False, checksum=None)) as site:
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, CONTENT)
    assert not outcome.is_verified


@BOTH
def test_what_is_here_and_proven_costs_no_request(tmp_path: Path, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        fetch(site, tmp_path)
        before = len(site.seen)
        for name in (site.find("greetings").id, "greetings"):
            assert fetch(site, tmp_path, name=name).was_present
        assert len(site.seen) == before


def test_a_file_of_unknown_origin_is_proven_from_details_alone(tmp_path: Path) -> None:
    (tmp_path / "greetings.tar.gz").write_bytes(CONTENT)
    with Site(small()) as site:
        outcome = fetch(site, tmp_path)
        assert outcome.was_present
        assert [seen.method for seen in site.seen] == ["GET"]
        assert fetch(site, tmp_path).was_present
        assert len(site.seen) == 1


def test_two_who_prove_a_file_of_unknown_origin_do_not_write_its_record_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "greetings.tar.gz").write_bytes(CONTENT)
    both, met = threading.Barrier(2), []
    write = Record.write

    def slowly(record: Record, path: Path) -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait(1)
            met.append(path)
        write(record, path)

    monkeypatch.setattr(Record, "write", slowly)
    with Site(small()) as site, ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda _: fetch(site, tmp_path), range(2)))
    assert all(outcome.was_present for outcome in outcomes)
    assert met == []


@pytest.mark.parametrize("content", [CONTENT[:-1], bytes(SIZE), b""])
def test_another_file_of_its_name_is_left_alone(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "greetings.tar.gz").write_bytes(content)
    with Site(small()) as site:
        with pytest.raises(errors.LocalFileError, match="is there already"):
            fetch(site, tmp_path)
        assert (tmp_path / "greetings.tar.gz").read_bytes() == content
        assert site.asked == 0
        assert is_right(fetch(site, tmp_path, overwrite=True), CONTENT)


@BOTH
def test_cuts_at_any_point_cost_only_what_was_lost(tmp_path: Path, known_pieces: bool) -> None:
    chance = random.Random(4)
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = lambda _seen: (
            Fault("cut", after=chance.randrange(SIZE)) if chance.random() < 0.6 else None
        )
        outcome = fetch(site, tmp_path)
        assert is_right(outcome, CONTENT)
        assert outcome.received == SIZE
        assert site.sessions == 1


@BOTH
def test_connections_that_close_without_an_answer_are_tried_again(tmp_path: Path, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = first_times(3, Fault("close"))
        assert is_right(fetch(site, tmp_path), CONTENT)


@BOTH
def test_the_whole_file_for_a_part_is_never_trusted_and_wholes_are_asked_for(
    tmp_path: Path, known_pieces: bool
) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = lambda _seen: Fault("whole")
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert "Range" not in site.storage[-1].headers


def test_storage_without_ranges_that_breaks_off_still_ends_well(tmp_path: Path) -> None:
    cuts = iter([1_000_000, 3_000_000])

    def misbehave(seen: Seen) -> Fault:
        after = next(cuts, None) if "Range" not in seen.headers else None
        return Fault("whole") if after is None else Fault("cut", after=after)

    with Site(small(known_pieces=False)) as site:
        site.on_storage = misbehave
        assert is_right(fetch(site, tmp_path), CONTENT)


def test_the_whole_file_once_for_a_part_does_no_harm(tmp_path: Path) -> None:
    with Site(small()) as site:
        site.on_storage = first_times(1, Fault("whole"))
        assert is_right(fetch(site, tmp_path), CONTENT)


def test_a_bit_flipped_once_costs_one_piece(tmp_path: Path) -> None:
    with Site(small()) as site:
        flips = iter([Fault("flip", after=123)])
        site.on_storage = lambda seen: next(flips, None) if seen.first == 0 else None
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, CONTENT)
    assert outcome.received == SIZE + SMALL_PIECE


def test_a_bit_flipped_always_is_never_kept_and_its_piece_is_named(tmp_path: Path) -> None:
    with Site(small()) as site:
        site.on_storage = lambda _seen: Fault("flip", after=3 * SMALL_PIECE + 5)
        with pytest.raises(errors.CorruptError, match=r"Piece 4 of 20"):
            fetch(site, tmp_path)
        assert not (tmp_path / "greetings.tar.gz").exists()
        site.on_storage = lambda _seen: None
        outcome = fetch(site, tmp_path)
        assert is_right(outcome, CONTENT)
        assert outcome.received <= SIZE
        assert site.sessions == 1


def test_a_bit_flipped_without_hashes_of_pieces_is_found_and_nothing_is_kept(tmp_path: Path) -> None:
    with Site(small(known_pieces=False)) as site:
        site.on_storage = lambda _seen: Fault("flip", after=4_000_000)
        with pytest.raises(errors.CorruptError, match="SHA-256"):
            fetch(site, tmp_path)
        assert not (tmp_path / "greetings.tar.gz").exists()
        assert not (tmp_path / "greetings.tar.gz.part").exists()
        site.on_storage = lambda _seen: None
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert site.sessions == 1


@BOTH
def test_storage_that_holds_less_than_promised_is_found_out(tmp_path: Path, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = lambda _seen: Fault("truncated")
        with pytest.raises(errors.CorruptError, match="does not hold what the site promises"):
            fetch(site, tmp_path)
        assert leftovers(tmp_path) == ["greetings.tar.gz.part.journal"]
        site.on_storage = lambda _seen: None
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert site.sessions == 1


@BOTH
@pytest.mark.parametrize("kind", ["long", "short", "wrong-range", "gzip"])
def test_an_answer_that_does_not_fit_is_not_used(tmp_path: Path, kind: str, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = first_times(3, Fault(kind))
        assert is_right(fetch(site, tmp_path), CONTENT)


@pytest.mark.parametrize("kind", ["long", "wrong-range", "gzip"])
def test_storage_that_never_fits_is_given_up(tmp_path: Path, kind: str) -> None:
    with Site(small()) as site:
        site.on_storage = lambda _seen: Fault(kind)
        with pytest.raises(errors.ProtocolError, match="cannot be trusted"):
            fetch(site, tmp_path)
        assert not (tmp_path / "greetings.tar.gz").exists()


@BOTH
def test_a_version_published_meanwhile_is_fetched_instead(tmp_path: Path, known_pieces: bool) -> None:
    older, newer = random_bytes(20_000_000, seed=5), random_bytes(20_000_001, seed=2)
    with Site(File(older, known_pieces=known_pieces)) as site:
        published = File(newer, version=2, known_pieces=known_pieces)

        def publish(seen: Seen) -> None:
            if seen.turn >= 2:
                site.replace(published)

        site.on_storage = publish
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, newer)
    assert (outcome.version, site.sessions) == (2, 2)
    assert leftovers(tmp_path) == []


def test_a_version_published_between_description_and_grant_is_fetched(tmp_path: Path) -> None:
    newer = random_bytes(SIZE + 9, seed=3)
    with Site(small(version=None)) as site:

        def publish(seen: Seen) -> None:
            if seen.method == "POST":
                site.replace(File(newer, version=None, piece_size=SMALL_PIECE))

        site.on_api = publish
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, newer)
    assert site.sessions == 1


@pytest.mark.parametrize(
    ("connections", "told"),
    [
        (1, "names its content by another tag now"),
        # With several, the odd tag may be the first that is seen; asked for it, the storage refuses.
        (4, "names its content by another tag now|holds other content now"),
    ],
)
def test_another_entity_tag_for_the_same_content_is_not_mixed_in(
    tmp_path: Path, connections: int, told: str
) -> None:
    with Site(small()) as site:
        site.on_storage = lambda seen: Fault("other-tag") if seen.first else None
        with pytest.raises(errors.CorruptError, match=told):
            fetch(site, tmp_path, options=options(connections=connections))
        assert leftovers(tmp_path) == ["greetings.tar.gz.part.journal"]


def test_a_file_that_only_moved_to_another_tag_is_fetched_anew(tmp_path: Path) -> None:
    with Site(small()) as site:

        def move(seen: Seen) -> None:
            if seen.turn >= 4:
                site.find("greetings").etag = '"moved"'

        site.on_storage = move
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert site.sessions == 1


@pytest.mark.parametrize("status", [429, 503])
def test_the_pause_that_the_storage_asks_for_is_kept(tmp_path: Path, status: int) -> None:
    with Site(small()) as site:
        site.on_storage = first_times(2, Fault("status", status=status, header="1"))
        assert is_right(fetch(site, tmp_path), CONTENT)


def test_a_pause_longer_than_our_patience_ends_the_attempt_but_keeps_what_is_here(tmp_path: Path) -> None:
    with Site(small()) as site:
        turns = itertools.count()
        site.on_storage = lambda _seen: Fault("status", header="3600") if next(turns) > 4 else None
        with pytest.raises(errors.BusyError, match="pause"):
            fetch(site, tmp_path, options=options(connections=1))
        site.on_storage = lambda _seen: None
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, CONTENT)
    assert outcome.received < SIZE
    assert site.sessions == 1


@BOTH
def test_a_stalled_connection_is_replaced(tmp_path: Path, known_pieces: bool) -> None:
    with Site(small(known_pieces=known_pieces)) as site:
        site.on_storage = first_times(2, Fault("stall", after=100_000))
        outcome = fetch(site, tmp_path, options=options(silence=0.3))
    assert is_right(outcome, CONTENT)
    assert outcome.received == SIZE


def test_server_errors_of_the_storage_pass(tmp_path: Path) -> None:
    with Site(small()) as site:
        site.on_storage = first_times(4, Fault("status", status=500))
        assert is_right(fetch(site, tmp_path), CONTENT)


def test_storage_that_is_silent_for_good_is_given_up(tmp_path: Path) -> None:
    with Site(small()) as site:
        site.on_storage = lambda _seen: Fault("status", status=502)
        with pytest.raises(errors.UnreachableError, match="502") as caught:
            fetch(site, tmp_path, options=options(max_wait=0.5))
    assert "goes on from there" in caught.value.hint


@pytest.mark.parametrize(
    ("status", "kind"), [(404, errors.NotFoundError), (410, errors.GoneError), (451, errors.WithheldError)]
)
def test_a_file_that_the_storage_lost_is_told_at_once(
    tmp_path: Path, status: int, kind: type[errors.CommonholdError]
) -> None:
    with Site(small()) as site:
        site.on_storage = lambda _seen: Fault("status", status=status)
        with pytest.raises(kind):
            fetch(site, tmp_path)


def test_an_address_that_expires_is_renewed_once_for_all_connections(tmp_path: Path) -> None:
    with Site(small()) as site:

        def expire(seen: Seen) -> None:
            if (
                seen.turn == 6
            ):  # the first four are sent at once, and the fifth after one of them was answered
                site.expire()

        site.on_storage = expire
        outcome = fetch(site, tmp_path)
    assert is_right(outcome, CONTENT)
    assert (outcome.sessions, site.sessions) == (2, 2)


def test_an_address_that_never_works_is_not_asked_for_again_and_again(tmp_path: Path) -> None:
    with Site(small()) as site:
        site.on_storage = lambda _seen: Fault("status", status=403)
        with pytest.raises(errors.NotAllowedError, match="just granted"):
            fetch(site, tmp_path)
        assert site.asked == 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The clock by which addresses live, ``ahead`` seconds before the machine's; there is always much left to do."""
    made = SimpleNamespace(ahead=0.0, time=lambda: time.time() + made.ahead, monotonic=time.monotonic)
    for module in ("source", "fetch"):
        monkeypatch.setattr(f"commonhold.client.transfer.{module}.time", made)
    monkeypatch.setattr(Source, "remaining", property(lambda _: 9000.0, lambda *_: None), raising=False)
    return made


def test_an_address_near_its_end_is_renewed_before_it_fails(tmp_path: Path, clock: SimpleNamespace) -> None:
    with Site(small()) as site:
        site.lifetime = 10_000.0

        def grow_old(seen: Seen) -> None:
            if seen.turn == 5:
                clock.ahead = 8500.0

        site.on_storage = grow_old
        outcome = fetch(site, tmp_path, options=options(connections=2))
    assert is_right(outcome, CONTENT)
    assert (outcome.sessions, site.sessions) == (2, 2)


def test_a_spent_quota_does_not_hurt_an_address_that_still_lives(
    tmp_path: Path, clock: SimpleNamespace
) -> None:
    with Site(small()) as site:
        site.lifetime = 10_000.0

        def spent(seen: Seen) -> tuple[int, dict, dict] | None:
            if seen.method != "POST" or not site.sessions:
                return None
            return 429, {"error": "Rate limit exceeded"}, {"Retry-After": "9999"}

        def grow_old(_seen: Seen) -> None:
            clock.ahead = 8500.0

        site.on_api, site.on_storage = spent, grow_old
        outcome = fetch(site, tmp_path, options=options(connections=4))
        assert is_right(outcome, CONTENT)
        assert (site.asked, site.sessions) == (2, 1)


def test_redirects_of_the_storage_are_followed(tmp_path: Path) -> None:
    with Site(small()) as site, Site(small()) as other:
        other.addresses["x"] = f"{site.find('greetings').id}/file"
        target = f"{other.origin}/storage/{site.find('greetings').id}/file?signature=x"
        site.on_storage = lambda _seen: Fault("redirect", status=302, header=target)
        assert is_right(fetch(site, tmp_path, key="secret"), CONTENT)
        assert all("Authorization" not in seen.headers for seen in (*site.storage, *other.storage))
        assert all("Authorization" in seen.headers for seen in site.seen if seen.path.startswith("/api"))


@pytest.mark.parametrize(
    "name",
    [
        "../escaped.tar.gz", "/etc/escaped.tar.gz", "a/b.tar.gz", "a\\b.tar.gz", "..", ".hidden",
        "two\nlines.tar.gz", "turned\u202egz.rat", "x.tar.gz.part", "x.part.journal", "-rf", "a:b.zip",
        "nul.tar.gz", "n" * 300,
    ],
)  # fmt: skip
def test_a_hostile_file_name_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "inside"
    folder.mkdir()
    with Site(small(filename=name)) as site:
        with pytest.raises(errors.ProtocolError, match="file name"):
            fetch(site, folder)
        assert site.asked == 0
    assert list(folder.iterdir()) == []
    assert list(tmp_path.iterdir()) == [folder]


def test_a_site_that_tells_as_little_as_the_contract_asks_still_resumes_without_quota(tmp_path: Path) -> None:
    file = File(CONTENT, known_pieces=False, tells_little=True, version=None)
    with Site(file) as site:
        site.on_storage = lambda seen: (
            Fault("status", header="3600") if seen.turn > 1 else Fault("cut", 2_000_000)
        )
        with pytest.raises(errors.BusyError):
            fetch(site, tmp_path)
        site.on_storage = lambda _seen: None
        outcome = fetch(site, tmp_path)
        assert is_right(outcome, CONTENT)
        assert outcome.received == SIZE - 2_000_000
        assert site.sessions == 1


def test_a_connection_that_hears_of_the_end_late_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answer is there, and before it is noted the download was given up, and maybe taken up by somebody else."""
    arrived, go_on, noted = threading.Event(), threading.Event(), threading.Event()
    note = Workplace.note_identity

    def late(notes: Workplace, identity: Identity) -> None:
        arrived.set()
        go_on.wait(60)
        note(notes, identity)
        noted.set()

    class Impatient(Watcher):
        def advance(self, _done: int, _connections: int) -> None:
            if arrived.is_set():
                raise errors.GivenUpError("enough")

    monkeypatch.setattr(Workplace, "note_identity", late)
    monkeypatch.setattr(engine, "_FAREWELL", 0.01)
    with Site(small()) as site:
        with pytest.raises(errors.GivenUpError):
            fetch(site, tmp_path, listener=Impatient())
        journal = tmp_path / "greetings.tar.gz.part.journal"
        journal.unlink()
        go_on.set()
        assert noted.wait(60)
        assert not journal.exists()


def test_an_interrupt_while_a_connection_is_opened_is_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_worker: Worker) -> None:
        raise KeyboardInterrupt

    with Site(small()) as site:
        with monkeypatch.context() as patched:
            patched.setattr(Worker, "start", interrupted)
            with pytest.raises(KeyboardInterrupt):
                fetch(site, tmp_path)
        assert is_right(fetch(site, tmp_path), CONTENT)
        assert site.sessions == 1


def test_the_rate_is_bounded(tmp_path: Path) -> None:
    with Site(small()) as site:
        outcome = fetch(site, tmp_path, options=options(rate=2_500_000))
    assert is_right(outcome, CONTENT)
    assert SIZE / outcome.seconds < 2_500_000 * 1.25


def test_waiting_is_told(tmp_path: Path) -> None:
    listener = Listener()
    with Site(small()) as site:
        site.on_storage = first_times(2, Fault("status", header="3"))
        fetch(site, tmp_path, listener=listener)
    assert any("pause" in note for note in listener.notes)


def test_a_sample_is_fetched_and_spends_nothing(tmp_path: Path) -> None:
    sample = random_bytes(70_000, seed=9)
    with Site(small(sample=sample)) as site:
        outcome = fetch(site, tmp_path, sample=True)
        assert is_right(outcome, sample)
        assert outcome.is_verified
        assert site.asked == 0
        assert fetch(site, tmp_path, sample=True).was_present
        assert is_right(fetch(site, tmp_path), CONTENT)
