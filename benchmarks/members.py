"""What reading one member of 1 MB out of a large archive moves, from a real site.

``python -m benchmarks.members [--gibibytes N] [--reads N] [--folder DIR]``. The archives hold clips of 1 MB that
cannot be packed, the worst case for reading from a restart point of a tar.gz. Each read is one of its own, by a
client that knows nothing yet but shares the session; what is counted is every byte that the storage sent. Wants
three times the archive's size of disk.
"""

import argparse
import gzip
import io
import logging
import os
import random
import statistics
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import django
from tests.support.collection import Maker
from tests.support.site import start_site

from commonhold import client
from commonhold.client.archive.sessions import SessionStore
from commonhold.server.config.prepare import prepare

CLIP = 1_000_000
MOST_MOVED = 20_000_000
NOISE = random.Random(1).randbytes(64 << 20)


def clip(number: int) -> bytes:
    """Return the content of one clip: noise, begun at a place of its own."""
    start = number * 7919 % (len(NOISE) - CLIP)
    return NOISE[start : start + CLIP]


def write(path: Path, count: int) -> None:
    """Write an archive of so many clips."""
    names = [f"clips/{number:06d}.bin" for number in range(count)]
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
            for number, name in enumerate(names):
                archive.writestr(name, clip(number))
        return
    with gzip.open(path, "wb", 0) as file, tarfile.open(fileobj=file, mode="w|", bufsize=1 << 20) as archive:
        for number, name in enumerate(names):
            info = tarfile.TarInfo(name)
            info.size = CLIP
            archive.addfile(info, io.BytesIO(clip(number)))


def measured(
    api: str, key: str, slug: str, cache: Path, numbers: list[int]
) -> Iterator[tuple[int, float, str]]:
    """Yield for each clip how many bytes were moved, the seconds, and what the content was held against."""
    for number in numbers:
        settings = client.Settings(api, key, "the benchmark", Path())
        begun = time.perf_counter()
        with (
            client.Client(settings) as site,
            client.Archive(site, slug, sessions=SessionStore(cache)) as archive,
        ):
            member = archive.find(f"clips/{number:06d}.bin")
            found = archive.read(member)
            seconds = time.perf_counter() - begun
            if found != clip(number):
                raise SystemExit(f"clip {number} came wrong")
            yield archive.cost.received, seconds, archive.proof_of(member) or "its form"


def main() -> int:
    """Measure, print, and return 1 if a read moves more than promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--gibibytes", type=float, default=10)
    parser.add_argument("--reads", type=int, default=20)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    count = int(given.gibibytes * (1 << 30) / CLIP) + 1
    worst = 0
    with tempfile.TemporaryDirectory(dir=given.folder, prefix="commonhold-bench-") as name:
        folder = Path(name)
        os.environ |= {
            "COMMONHOLD_DATA": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "commonhold.server.config.settings",
        }
        logging.disable(logging.INFO)
        django.setup()
        prepare()
        make = Maker(folder / "collection")
        organization = make.organization()
        email, key = make.person(organization)
        numbers = random.Random(2).choices(range(count), k=given.reads)
        for kind in ("tar.gz", "zip"):
            path = folder / f"clips.{kind}"
            write(path, count)
            size = path.stat().st_size
            slug = make.dataset(organization, file=str(path), agreed_by=[email])
            make.load()
            path.unlink()
            with start_site() as site:
                reads = list(measured(site.api, key, slug, folder / "sessions", numbers))
            moved = [received for received, _, _ in reads]
            worst = max(worst, *moved)
            proofs = ", ".join(sorted({proof for _, _, proof in reads}))
            print(
                f"{kind:<7} {size / 1e9:5.1f} GB   one clip of 1 MB moves {statistics.mean(moved) / 1e6:5.1f} MB, "
                f"at most {max(moved) / 1e6:5.1f} MB, in {statistics.median(s for _, s, _ in reads) * 1000:.0f} ms; "
                f"held against {proofs}",
                flush=True,
            )
    print(f"at most {worst / 1e6:.1f} MB; below {MOST_MOVED / 1e6:.0f} MB is asked")
    return int(worst >= MOST_MOVED)


if __name__ == "__main__":
    raise SystemExit(main())
