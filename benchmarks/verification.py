"""Verifying an archive beside merely hashing it: MB/s of the archive, and the ratio to ``sha256sum``.

``python -m benchmarks.verification [--rounds N] [--mebibytes N] [--folder DIR]``. Each round reads each archive with both, in
turns, from the page cache; what counts is the median of the rounds' ratios.
"""

import argparse
import gzip
import io
import random
import statistics
import subprocess
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

from commonhold.server.storage.verification import verify_file

MIB = 1 << 20
CLIP = 48 * 1024


def contents(size: int, *, compressible: bool) -> Iterator[tuple[str, bytes]]:
    """Yield members: clips that are compressed already, or text."""
    chance = random.Random(1)
    words = [chance.randbytes(4).hex() for _ in range(4000)]
    for number in range(size // CLIP):
        if compressible:
            data = " ".join(chance.choices(words, k=CLIP // 9)).encode()
        else:
            data = chance.randbytes(CLIP)
        yield f"clips/{number:07d}", data


def write(path: Path, size: int, *, compressible: bool) -> None:
    """Write an archive whose members have ``size`` bytes in all."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            for name, data in contents(size, compressible=compressible):
                archive.writestr(name, data)
        return
    with gzip.open(path, "wb", 1) as file, tarfile.open(fileobj=file, mode="w|") as archive:
        for name, data in contents(size, compressible=compressible):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def measure(path: Path) -> tuple[float, float]:
    """Return seconds of hashing alone, and of verifying."""
    begun = time.perf_counter()
    subprocess.run(["sha256sum", path], check=True, stdout=subprocess.DEVNULL)
    hashed = time.perf_counter()
    with path.open("rb") as file:
        verify_file(file, filename=path.name)
    return hashed - begun, time.perf_counter() - hashed


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mebibytes", type=int, default=256)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for name, compressible in [
            ("clips.tar.gz", False),
            ("text.tar.gz", True),
            ("clips.zip", False),
            ("text.zip", True),
        ]:
            path = Path(folder) / name
            write(path, options.mebibytes * MIB, compressible=compressible)
            size = path.stat().st_size
            measured = [measure(path) for _ in range(options.rounds)]
            hashing = size / statistics.median(seconds for seconds, _ in measured) / 1e6
            verifying = size / statistics.median(seconds for _, seconds in measured) / 1e6
            ratio = statistics.median(hashed / verified for hashed, verified in measured)
            print(
                f"{name:<13} {size / MIB:5.0f} MiB   sha256sum {hashing:6.0f} MB/s   verify {verifying:6.0f} MB/s   ratio {ratio:.2f}"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
