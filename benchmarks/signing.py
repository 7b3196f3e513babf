"""What one signed URL costs: our two signers beside boto3, which signs the same S3 URL.

``python -m benchmarks.signing [--rounds N]``. The three are measured in turns; what counts is the median round.
"""

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Callable

from commonhold.server.storage.s3 import S3Store
from commonhold.server.storage.s3_client import S3Settings
from commonhold.server.storage.signing import UrlSigner

KEY = "datasets/cm0examplecc0000000000000/cm0exampleversion00000000/greetings-in-fifty-languages-v3.tar.gz"
NAME = "greetings-in-fifty-languages-v3.tar.gz"
TYPE = "application/gzip"
# boto3's 186 us on an idle machine, against the 20 us that are promised.
LEAST_RATIO = 9


def cost(sign: Callable[[], str], seconds: float = 0.3) -> float:
    """Return microseconds of processor time for one call."""
    calls, begun, end = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(20):
            sign()
        calls += 20
    return (time.process_time() - begun) / calls * 1e6


def main() -> int:
    """Measure, print, and return 1 if our S3 signer is slower than promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    settings = S3Settings(
        bucket="commonhold", prefix="site/", endpoint="https://objects.example.org", public_endpoint="",
        region="eu-central-1", access_key_id="AKIAEXAMPLE", secret_access_key="secret", virtual_host=False,
    )  # fmt: skip
    store, embedded = S3Store(settings), UrlSigner(("secret" * 8,), "https://storage.example.org")
    moment = dt.datetime.now(dt.UTC) + dt.timedelta(hours=12)
    parameters = {
        "Bucket": "commonhold", "Key": f"site/{KEY}", "ResponseCacheControl": "private, no-transform",
        "ResponseContentDisposition": f'attachment; filename="{NAME}"', "ResponseContentType": TYPE,
    }  # fmt: skip
    signers = {
        "S3, ours": lambda: store.download_url(KEY, filename=NAME, content_type=TYPE, expires_at=moment),
        "S3, part": lambda: store.part_url(KEY, "u" * 72, 17, expires_at=moment),
        "S3, boto3": lambda: store.client.generate_presigned_url(
            "get_object", Params=parameters, ExpiresIn=43200
        ),
        "embedded": lambda: embedded.url(KEY, filename=NAME, content_type=TYPE, expires_at=moment),
    }
    taken: dict[str, list[float]] = {name: [] for name in signers}
    for _ in range(rounds):
        for name, sign in signers.items():
            taken[name].append(cost(sign))
    medians = {name: statistics.median(values) for name, values in taken.items()}
    for name, microseconds in medians.items():
        print(f"{name:<10} {microseconds:7.1f} us")
    ratio = medians["S3, boto3"] / medians["S3, ours"]
    print(f"boto3 takes {ratio:.1f} times as long as our signer; at least {LEAST_RATIO} is asked")
    return int(ratio < LEAST_RATIO)


if __name__ == "__main__":
    raise SystemExit(main())
