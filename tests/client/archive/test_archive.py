"""Members listed and read by range from a real site, with what that moves and what it costs."""

import concurrent.futures
import json

import pytest

from commonhold.client import errors
from tests.client.archive.conftest import entries


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
@pytest.mark.parametrize("proof", ["auto", "always", "never"])
def test_every_way_to_read_brings_the_right_bytes(shelve, filename: str, proof: str) -> None:
    content = entries()
    shelf = shelve(filename, content)
    with shelf.open(proof=proof) as archive:
        assert [member.name for member in archive] == list(content)
        assert len(archive) == len(content)
        for name in ("clips/1.txt", "noise/1.bin", "empty", "small/0299.txt", "clips/0.txt"):
            assert archive.read(name) == content[name]
        chosen = [m for m in archive if m.name.startswith(("noise/", "small/"))]
        before = archive.cost.received
        found = {one.member.name: b"".join(one.chunks) for one in archive.contents(reversed(chosen))}
        assert found == {
            name: data for name, data in content.items() if name.startswith(("noise/", "small/"))
        }
        # In one go: not the way to its restart point for each of three hundred neighbors.
        assert archive.cost.received - before < 2 * shelf.size
        assert [m.name for m in archive.list("clips/")] == [f"clips/{n}.txt" for n in range(2)]
    assert shelf.used() == 1


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_a_member_as_a_file(shelve, filename: str) -> None:
    content = entries()
    shelf = shelve(filename, content)
    whole = content["clips/1.txt"]
    with shelf.open() as archive, archive.open("clips/1.txt") as file:
        assert file.read(10) == whole[:10]
        assert file.seek(4_000_000) == 4_000_000
        assert file.read(1000) == whole[4_000_000:4_001_000]
        assert file.seek(-100, 2) == len(whole) - 100
        assert file.read() == whole[-100:]
        assert file.seek(5) == 5
        assert file.read(5) == whole[5:10]
        assert archive.read("clips/1.txt", 1_000_000, 1_000_100) == whole[1_000_000:1_000_100]


def test_one_session_serves_all_readers_and_is_nobody_elses_business(shelve) -> None:
    shelf = shelve("a.zip", entries())
    with concurrent.futures.ThreadPoolExecutor(4) as pool:

        def read(name: str) -> bytes:
            with shelf.open() as archive:
                return archive.read(name)

        names = ["clips/0.txt", "clips/1.txt", "small/0000.txt", "noise/0.bin"]
        assert list(pool.map(read, names)) == [shelf.content[name] for name in names]
    assert shelf.used() == 1
    [kept] = shelf.cache.iterdir()
    assert "http" in json.loads(kept.read_text())["url"]
    assert kept.stat().st_mode & 0o077 == 0
    assert shelf.cache.stat().st_mode & 0o077 == 0


def test_listing_costs_no_quota_and_terms_come_first(shelve, site, make) -> None:
    shelf = shelve("a.zip", {"a": b"a"})
    with shelf.open() as archive:
        assert [(m.name, m.size, m.kind) for m in archive] == [("a", 1, "file")]
        with pytest.raises(errors.NotFoundError):
            archive.open("b")
    assert shelf.used() == 0
    organization = make.organization()
    _, key = make.person(organization)
    shelf.name, shelf.key = make.dataset(organization), key
    make.load()
    with pytest.raises(errors.NotAllowedError) as caught, shelf.open():
        pass
    assert caught.value.reason == "terms"


@pytest.mark.parametrize("filename", ["a.tar.gz", "a.zip"])
def test_a_small_member_moves_little(shelve, filename: str) -> None:
    content = {f"noise/{n:02d}.bin": bytes([n]) * 1000 + entries()["noise/0.bin"] for n in range(8)}
    shelf = shelve(filename, {**content, "noise/last": b"here"})
    with shelf.open(proof="never") as archive:
        assert archive.read("noise/last") == b"here"
        limit = 6 << 20 if filename == "a.tar.gz" else 10_000
        assert archive.cost.received < limit < shelf.size / 4
    with shelf.open(proof="always") as archive:
        assert archive.read("noise/last") == b"here"
        assert archive.cost.received <= 16 << 20
        before = archive.cost.received
        assert archive.read("noise/last") == b"here"
        assert archive.cost.received == before  # the last pieces are kept


def test_a_session_that_the_storage_refuses_is_replaced_once(shelve) -> None:
    shelf = shelve("a.zip", {"a": b"a" * 100})
    with shelf.open() as archive:
        assert archive.read("a") == b"a" * 100
    [kept] = shelf.cache.iterdir()
    about = json.loads(kept.read_text())
    kept.write_text(json.dumps({**about, "url": about["url"] + "0"}))
    with shelf.open() as archive:
        assert archive.read("a") == b"a" * 100
        assert archive.cost.sessions == 1
    assert shelf.used() == 2
