"""Engines that a site can stand on, each the real one, started for the run."""

from collections.abc import Iterator

import pytest

from tests.support.seaweedfs import SeaweedFS


@pytest.fixture(scope="session")
def seaweedfs() -> Iterator[SeaweedFS]:
    server = SeaweedFS()
    try:
        server.start()
        yield server
    finally:
        server.stop()
